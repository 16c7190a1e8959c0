using Microsoft.Extensions.Configuration;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Gateway;
using Pythia.Gateway.Settings;
using Pythia.Gateway.Telemetry;
using Pythia.Grains.Mirror;
using Pythia.Silo.Commands;

namespace Pythia.Silo.Options;

/// <summary>All settings of the program, checked before anything is made or started.</summary>
public sealed record SiloSettings(IConfiguration Configuration, DataOptions Data, ChainOptions Chain, RelayOptions Relay, GatewayOptions Gateway, OperationsOptions Operations, TelemetryOptions Telemetry)
{
    /// <summary>Section of <see cref="MirrorOptions"/>.</summary>
    public const string MirrorSection = "Mirror";

    /// <summary>Every section with the type that it binds to.</summary>
    public static IReadOnlyList<(string Section, Type Options)> Types { get; } =
    [
        (DataOptions.Section, typeof(DataOptions)),
        (ChainOptions.Section, typeof(ChainOptions)),
        (RelayOptions.Section, typeof(RelayOptions)),
        (EnclaveOptions.Section, typeof(EnclaveOptions)),
        (EnclaveProcessOptions.Section, typeof(EnclaveProcessOptions)),
        (MirrorSection, typeof(MirrorOptions)),
        (GatewayOptions.Section, typeof(GatewayOptions)),
        (OperationsOptions.Section, typeof(OperationsOptions)),
        (TelemetryOptions.Section, typeof(TelemetryOptions)),
    ];

    /// <summary>The sections that are this program's.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. Types.Select(type => type.Section)];

    /// <summary>The chain is our own anvil in the data folder.</summary>
    public bool OwnChain => Chain.Rpc.Count == 0;

    /// <summary>Reads every section.</summary>
    /// <exception cref="StartException">Each wrong or missing setting with its key, what was found and what is expected.</exception>
    public static SiloSettings Read(IConfiguration configuration)
    {
        // 1. defaults that only this program has
        var withDefaults = new ConfigurationBuilder()
            .AddInMemoryCollection([new($"{EnclaveOptions.Section}:{nameof(EnclaveOptions.Id)}", "enclave-1")])
            .AddConfiguration(configuration)
            .Build();

        // 2. what stands alone
        var problems = new List<SettingProblem>();
        var data = Take<DataOptions>(withDefaults, DataOptions.Section, problems);
        var chain = Take<ChainOptions>(withDefaults, ChainOptions.Section, problems);
        var relay = Take<RelayOptions>(withDefaults, RelayOptions.Section, problems);
        Take<MirrorOptions>(withDefaults, MirrorSection, problems);
        Take<EnclaveProcessOptions>(withDefaults, EnclaveProcessOptions.Section, problems);
        var telemetry = Take<TelemetryOptions>(withDefaults, TelemetryOptions.Section, problems);
        var operations = Take<OperationsOptions>(withDefaults, OperationsOptions.Section, problems);

        // 3. what is completed when the chain is known; nobody may write it by hand
        problems.AddRange(FindWritten(configuration));
        var completed = new ConfigurationBuilder().AddConfiguration(withDefaults).AddInMemoryCollection(SettingsOfChain.Any(chain)).Build();
        var gateway = Take<GatewayOptions>(completed, GatewayOptions.Section, problems);
        var enclave = Take<EnclaveOptions>(completed, EnclaveOptions.Section, problems);

        // 4. what depends on another
        problems.AddRange(relay.FindContradictions());
        if (chain.Rpc.Count > 0 && relay.Named().Count == 0 && problems.All(problem => !problem.Key.StartsWith(RelayOptions.Section, StringComparison.Ordinal)))
            problems.Add(new("Relay:KeystoreFile", "nothing", "a file (or 0x and 64 hex digits in Relay:Key), since Chain:Rpc names nodes that are not our own"));
        if (chain.Rpc.Count == 0 && chain.HeadRpc is { Length: > 0 })
            problems.Add(new("Chain:HeadRpc", $"'{chain.HeadRpc}'", "nothing, since Chain:Rpc names no nodes"));
        var messages = problems.Select(problem => problem.ToString()).ToList();
        if (problems.Count == 0) messages.AddRange(EnclaveOptionsCheck.FindProblems(enclave));

        return messages.Count == 0
            ? new SiloSettings(withDefaults, data, chain, relay, gateway, operations, telemetry)
            : throw new StartException(string.Join(Environment.NewLine, messages.Distinct(StringComparer.Ordinal).Prepend("Settings that can't be used:")), SiloCommandLine.WrongInput);
    }

    /// <summary>Reads one section, for a command that needs no other.</summary>
    /// <exception cref="StartException">Each wrong or missing setting of it.</exception>
    public static T ReadOne<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        var problems = new List<SettingProblem>();
        var options = Take<T>(configuration, section, problems);
        return problems.Count == 0
            ? options
            : throw new StartException(string.Join(Environment.NewLine, problems.Select(problem => problem.ToString()).Prepend("Settings that can't be used:")), SiloCommandLine.WrongInput);
    }

    private static IEnumerable<SettingProblem> FindWritten(IConfiguration configuration)
        => SettingsOfChain.Any(new ChainOptions()).Keys
            .Select(key => configuration.GetSection(key))
            .Where(setting => setting.Value is not null)
            .Select(setting => new SettingProblem(setting.Path, $"'{setting.Value}'", "nothing: it follows from Chain and the manifest of the contracts"));

    private static T Take<T>(IConfiguration configuration, string section, List<SettingProblem> problems)
        where T : class, new()
    {
        var found = StrictSettings.Check<T>(configuration, section);
        problems.AddRange(found);
        return found.Count == 0 ? configuration.GetSection(section).Get<T>() ?? new T() : new T();
    }
}
