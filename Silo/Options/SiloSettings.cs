using Microsoft.Extensions.Configuration;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Gateway;
using Pythia.Gateway.Passports;
using Pythia.Gateway.Settings;
using Pythia.Gateway.Telemetry;
using Pythia.Grains.Mirror;
using Pythia.Grains.Pythia;
using Pythia.Silo.Commands;
using Pythia.Silo.Hosting;

namespace Pythia.Silo.Options;

/// <summary>All settings of the program, checked before anything is made or started.</summary>
public sealed record SiloSettings(IConfiguration Configuration, DataOptions Data, ChainOptions Chain, RelayOptions Relay, GatewayOptions Gateway, OperationsOptions Operations, TelemetryOptions Telemetry, AttestationOptions Attestation)
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
        (AttestationOptions.Section, typeof(AttestationOptions)),
        (CollateralOptions.Section, typeof(CollateralOptions)),
        (MirrorSection, typeof(MirrorOptions)),
        (GatewayOptions.Section, typeof(GatewayOptions)),
        (OperationsOptions.Section, typeof(OperationsOptions)),
        (TelemetryOptions.Section, typeof(TelemetryOptions)),
        (PassportOptions.Section, typeof(PassportOptions)),
    ];

    /// <summary>The sections that are this program's.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. Types.Select(type => type.Section)];

    /// <summary>The chain is our own anvil in the data folder.</summary>
    public bool OwnChain => Chain.Rpc.Count == 0;

    /// <summary>Reads every section.</summary>
    /// <exception cref="StartException">Each wrong or missing setting with its key, what was found and what is expected.</exception>
    public static SiloSettings Read(IConfiguration configuration)
    {
        // 1. defaults that only this program has: a chain of one's own is there to try things out, and says of its enclaves what they are
        var ownChain = !configuration.GetSection($"{ChainOptions.Section}:{nameof(ChainOptions.Rpc)}").GetChildren().Any();
        var withDefaults = new ConfigurationBuilder()
            .AddInMemoryCollection(
            [
                new($"{EnclaveOptions.Section}:{nameof(EnclaveOptions.Id)}", "enclave-1"),
                new($"{AttestationOptions.Section}:{nameof(AttestationOptions.Mode)}", (ownChain ? AttestationMode.Simulated : AttestationMode.None).ToString()),
            ])
            .AddConfiguration(configuration)
            .Build();

        // 2. what stands alone
        var problems = new List<SettingProblem>();
        var data = Take<DataOptions>(withDefaults, DataOptions.Section, problems);
        var chain = Take<ChainOptions>(withDefaults, ChainOptions.Section, problems);
        var relay = Take<RelayOptions>(withDefaults, RelayOptions.Section, problems);
        Take<MirrorOptions>(withDefaults, MirrorSection, problems);
        Take<EnclaveProcessOptions>(withDefaults, EnclaveProcessOptions.Section, problems);
        var attestation = Take<AttestationOptions>(withDefaults, AttestationOptions.Section, problems);
        var collateral = Take<CollateralOptions>(withDefaults, CollateralOptions.Section, problems);
        var telemetry = Take<TelemetryOptions>(withDefaults, TelemetryOptions.Section, problems);
        var operations = Take<OperationsOptions>(withDefaults, OperationsOptions.Section, problems);

        var passport = Take<PassportOptions>(withDefaults, PassportOptions.Section, problems);

        // 3. what is completed when the chain is known; nobody may write it by hand
        problems.AddRange(FindWritten(configuration));
        var completed = new ConfigurationBuilder().AddConfiguration(withDefaults).AddInMemoryCollection(SettingsOfChain.Any(chain)).Build();
        var gateway = Take<GatewayOptions>(completed, GatewayOptions.Section, problems);
        var enclave = Take<EnclaveOptions>(completed, EnclaveOptions.Section, problems);

        // 4. what depends on another
        problems.AddRange(relay.FindContradictions());
        problems.AddRange(passport.FindContradictions());
        if (chain.Rpc.Count > 0 && relay.Named().Count == 0 && problems.All(problem => !problem.Key.StartsWith(RelayOptions.Section, StringComparison.Ordinal)))
            problems.Add(new("Relay:KeystoreFile", "nothing", "a file (or 0x and 64 hex digits in Relay:Key), since Chain:Rpc names nodes that are not our own"));
        if (chain.Rpc.Count == 0 && chain.HeadRpc is { Length: > 0 })
            problems.Add(new("Chain:HeadRpc", $"'{chain.HeadRpc}'", "nothing, since Chain:Rpc names no nodes"));
        problems.AddRange(FindContradictions(attestation, collateral));
        var messages = problems.Select(problem => problem.ToString()).ToList();
        if (problems.Count == 0) messages.AddRange(EnclaveOptionsCheck.FindProblems(enclave).Concat(FindEnclaves(withDefaults, attestation.Mode, enclave)));

        return messages.Count == 0
            ? new SiloSettings(withDefaults, data, chain, relay, gateway, operations, telemetry, attestation)
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

    /// <summary>The names of the enclaves beside this silo, the first one's first.</summary>
    internal IReadOnlyList<string> EnclaveIds
        => [
            Configuration[$"{EnclaveOptions.Section}:{nameof(EnclaveOptions.Id)}"] ?? "",
            .. ReadOne<EnclaveProcessOptions>(Configuration, EnclaveProcessOptions.Section).Instances.Select(instance => instance.Id),
        ];

    /// <summary>Where last good collateral and the simulated platform are; a child process makes its quotes on the platform that the silo appraises it by.</summary>
    internal Dictionary<string, string?> AttestationDefaults(DataFolder folder)
    {
        var own = Attestation.Folder is { Length: > 0 } set ? set : folder.PathOf("attestation");
        var values = ChildAttesters.Of(Configuration, Attestation.Mode, AttestationSetup.SimulatedPlatformFolder(own));
        values[$"{AttestationOptions.Section}:{nameof(AttestationOptions.Folder)}"] = own;
        var files = $"{EnclaveProcessOptions.Section}:{nameof(EnclaveProcessOptions.Folder)}";
        if (string.IsNullOrEmpty(Configuration[files])) values[files] = folder.PathOf("enclaves");
        return values;
    }

    // As they will be when the data folder is known.
    private static IReadOnlyList<string> FindEnclaves(IConfiguration configuration, AttestationMode mode, EnclaveOptions enclave)
    {
        var completed = new ConfigurationBuilder().AddConfiguration(configuration).AddInMemoryCollection(ChildAttesters.Of(configuration, mode, "simulated")).Build();
        return EnclaveProcessCheck.FindProblems(completed.GetSection(EnclaveProcessOptions.Section).Get<EnclaveProcessOptions>() ?? new(), enclave);
    }

    private static IEnumerable<SettingProblem> FindContradictions(AttestationOptions attestation, CollateralOptions collateral)
    {
        if (attestation.PolicyFile is { Length: > 0 } file && !File.Exists(file))
            yield return new($"{AttestationOptions.Section}:{nameof(AttestationOptions.PolicyFile)}", $"'{file}'", "a file that is there");
        if (attestation.Mode == AttestationMode.Gramine && collateral.Url.Length == 0)
            yield return new($"{CollateralOptions.Section}:{nameof(CollateralOptions.Url)}", "nothing", $"an address ({AttestationOptions.Section}:{nameof(AttestationOptions.Mode)} is Gramine)");
        foreach (var (name, url) in collateral.FindUnusable())
            yield return new($"{CollateralOptions.Section}:{name}", $"'{url}'", CollateralOptions.UsableAddress);
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
