using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Hosting;
using Pythia.Gateway;
using Pythia.Gateway.Health;
using Pythia.Gateway.Telemetry;
using Pythia.Grains;
using Pythia.Grains.Mirror;
using Pythia.Grains.Pythia;
using Pythia.Silo.Commands;
using Pythia.Silo.Health;
using Pythia.Silo.Options;

namespace Pythia.Silo.Hosting;

/// <summary>Silo, its enclaves and, where the engine has it in the same process, gateway: one host on one chain.</summary>
public sealed class PythiaProgram : IAsyncDisposable
{
    private static readonly TimeSpan HeadPatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ReportPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan WordPatience = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;

    private PythiaProgram(WebApplication app, ChainAccess chain) => (_app, Chain) = (app, chain);

    public ChainAccess Chain { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Where gateway and health pages are.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <summary>Where operators look.</summary>
    public Uri OperationsUrl => Services.GetRequiredService<OperationsServer>().Url;

    /// <summary>Completes when the host has stopped, asked or not.</summary>
    public Task Stopped { get; private set; } = Task.CompletedTask;

    /// <summary>Starts everything and waits until the enclave has verified a head.</summary>
    /// <param name="proofNode">Where the enclave reads all but the head; null: from the chain's nodes.</param>
    /// <param name="configure">Called when everything is registered, to put something else in its place.</param>
    public static async Task<PythiaProgram> StartAsync(
        SiloSettings settings, ChainAccess chain, DataFolder folder, Progress progress, CancellationToken cancellationToken, Uri? proofNode = null,
        Action<IServiceCollection>? configure = null)
    {
        var app = Build(settings, chain, folder, proofNode, configure);
        var program = new PythiaProgram(app, chain);
        try
        {
            await progress.RunAsync("starting silo, enclave and gateway", () => app.StartAsync(cancellationToken));
            program.Stopped = app.WaitForShutdownAsync(CancellationToken.None);
            await progress.RunAsync("waiting for the first verified head", () => program.WaitForEnclaveAsync(cancellationToken));
            return program;
        }
        catch (Exception e)
        {
            await program.DisposeAsync();

            // A port in use, a damaged store, a setting: the message says it, the trace adds nothing.
            if (e is OperationCanceledException or StartException) throw;
            throw new StartException($"can't start: {e.Message}", e);
        }
    }

    /// <summary>What people want to know when it is up.</summary>
    public IEnumerable<string> Describe()
        => Chain.Describe().Concat(
        [
            $"Devices ask      POST {Url}pythia/{Chain.Contracts.ChainId}/answer",
            $"Attestation      {Attestation()}",
            $"Enclaves to pin  GET  {Url}pythia/{Chain.Contracts.ChainId}/enclaves",
            $"REST             {Url}v1/chains/{Chain.Contracts.ChainId}/…",
            $"Health           GET  {Url}health/ready",
            $"Operators        GET  {OperationsUrl}health/ready and {OperationsUrl}metrics",
        ]);

    private string Attestation() => Services.GetRequiredService<AttestationSetup>() switch
    {
        { Mode: AttestationMode.Simulated, Platform: { } platform } =>
            $"simulated under root {Convert.ToHexStringLower(platform.RootKey.Span[..8])}…: no hardware stands behind it (Attestation:Mode)",
        { Mode: AttestationMode.Gramine } => "Gramine on SGX",
        _ => "none: this operator's word (Attestation:Mode)",
    };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private static WebApplication Build(SiloSettings settings, ChainAccess chain, DataFolder folder, Uri? proofNode, Action<IServiceCollection>? configure)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "Pythia.Silo" });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(settings.Configuration);
        builder.Configuration.AddInMemoryCollection(SettingsOfChain.Of(settings, chain, proofNode));
        builder.Configuration.AddInMemoryCollection(settings.AttestationDefaults(folder));
        builder.Logging.ClearProviders();
        builder.Logging.AddPythiaConsole(settings.Telemetry.LogFormat);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddConfiguration(settings.Configuration.GetSection("Logging"));
        builder.WebHost.UseUrls(settings.Gateway.Url);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(settings.Operations.StopSeconds));

        // Signals are the command line's: it stops what it started, in the reverse order.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddPythiaOperations();
        AddMirror(builder.Services, settings, chain);
        AddAttester(builder.Services, settings);
        builder.Services.AddPythiaEnclave(builder.Configuration);
        AddHealth(builder.Services, chain, folder);
        builder.UseOrleans(silo =>
        {
            EngineSetup.Configure(silo, folder, settings);

            // It costs something at each call, so only where the traces go somewhere.
            if (!string.IsNullOrEmpty(settings.Telemetry.OtlpEndpoint)) silo.AddActivityPropagation();
            silo.Services.AddPythiaGrains();
        });
        builder.Services.AddPythiaGateway(builder.Configuration);
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        if (EngineSetup.HostsGateway) app.UsePythiaGateway();
        else app.UsePythiaHealth();
        return app;
    }

    private static void AddMirror(IServiceCollection services, SiloSettings settings, ChainAccess chain)
    {
        var contracts = chain.Contracts;
        services.AddSingleton(new LedgerChain
        {
            ChainId = contracts.ChainId,
            Contracts = new LedgerContracts(contracts.DeviceRegistry, contracts.ConsentRegistry, contracts.PolicyRegistry, contracts.Relay, contracts.PythiaRegistry),
            FirstBlock = contracts.DeployedFromBlock,
            Node = new ChainNode(chain.Rpc, contracts.ChainId),
            Lanes = [.. chain.RelayKeys.Select(key => new KeyLaneSigner(key))],
        });
    }

    // An enclave in this process makes its quotes with what the silo appraises them by.
    private static void AddAttester(IServiceCollection services, SiloSettings settings)
    {
        if (settings.Attestation.Mode == AttestationMode.Gramine)
        {
            services.AddSingleton<IAttester>(provider => new GramineAttester(provider.GetRequiredService<TimeProvider>()));
        }
        else if (settings.Attestation.Mode == AttestationMode.Simulated)
        {
            services.AddSingleton<IAttester>(provider => new SimulatedAttester(provider.GetRequiredService<AttestationSetup>().Platform!, SimulatedEnclaves.OfThisCode()));
        }
    }

    private static void AddHealth(IServiceCollection services, ChainAccess chain, DataFolder folder)
    {
        services.AddSingleton(folder);
        services.AddSingleton<IHealthPart, FolderHealth>();
        services.AddSingleton<IHealthPart, LaneHealth>();
        services.AddSingleton<IHealthPart, CollateralHealth>();
        services.AddSingleton<IHealthPart, EnclaveProcessHealth>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<RelayWatch>(provider, chain.Rpc));
        AddWatch(services => ActivatorUtilities.CreateInstance<NodeWatch>(services, chain.Contracts.ChainId, chain.Rpc));
        AddWatch(services => ActivatorUtilities.CreateInstance<HeadWatch>(services));

        void AddWatch<TWatch>(Func<IServiceProvider, TWatch> create)
            where TWatch : BackgroundService, IHealthPart
        {
            services.AddSingleton(create);
            services.AddSingleton<IHealthPart>(provider => provider.GetRequiredService<TWatch>());
            services.AddHostedService(provider => provider.GetRequiredService<TWatch>());
        }
    }

    // The first answer of whoever is told that it is up must not be "no enclave". One that answers is enough, the others are in health; and where all are
    // drained, acts still go to the chain.
    private async Task WaitForEnclaveAsync(CancellationToken cancellationToken)
    {
        var members = Services.GetRequiredService<EnclaveFleet>().Members;
        var directory = Services.GetRequiredService<IGrainFactory>().GetPythiaDirectory(Chain.Contracts.ChainId);
        var started = TimeProvider.System.GetTimestamp();
        while (!(await directory.ListHealthyAsync()).Any(id => members.Any(member => member.Id == id)))
        {
            var isMistaken = members.All(member => member.Trouble is { Fault: EnclaveFault.OtherEnclave });
            if (isMistaken || TimeProvider.System.GetElapsedTime(started) > HeadPatience)
            {
                if (!isMistaken && (await directory.ListAsync()).Any(report => report.State == EnclaveState.Drained && members.Any(member => member.Id == report.EnclaveId))) return;

                var stands = await Task.WhenAll(members.Select(member => DescribeAsync(member, directory, cancellationToken)));
                throw new StartException($"{(isMistaken ? "" : $"no enclave answered within {HeadPatience.TotalSeconds} s: ")}{string.Join("; ", stands)}");
            }

            await Task.Delay(ReportPause, TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<string> DescribeAsync(EnclaveMember member, IPythiaDirectoryGrain directory, CancellationToken cancellationToken)
    {
        if (member.Trouble is { } trouble) return $"enclave {member.Id}: {trouble.Fault}, {trouble.Message}";
        if ((await directory.ListAsync()).FirstOrDefault(report => report.EnclaveId == member.Id) is { } report)
            return $"enclave {member.Id} is {report.State}: {string.Join("; ", report.Reasons.Select(reason => $"{reason.Name}, {reason.Detail}"))}";

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(WordPatience);
        try
        {
            var health = await member.Enclave.HealthAsync(patience.Token).AsTask().WaitAsync(patience.Token);
            return $"enclave {member.Id}: no head was verified: {health.Trouble?.Reason} {health.Trouble?.Detail}";
        }
        catch (Exception e) when (e is EnclaveException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return $"enclave {member.Id}: {e.Message}";
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
