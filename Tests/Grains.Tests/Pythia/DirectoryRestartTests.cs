using Microsoft.Extensions.DependencyInjection;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Grains;
using Pythia.Grains.Pythia;
using Pythia.Tests.Support;

namespace Pythia.Tests.Pythia;

/// <summary>The directory keeps nothing: when it begins anew, the silos have it know every enclave within seconds, however far their next report is.</summary>
public sealed class DirectoryRestartTests : IAsyncLifetime
{
    // Less than what is left of ReportSeconds when the directory begins anew.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(TimeProvider.System);
    private QuotingEnclave _one = null!;
    private EngineHost _host = null!;

    private IPythiaDirectoryGrain Directory => _host.Grains.GetGrain<IPythiaDirectoryGrain>(MirrorWorld.Key("0"));

    public async Task InitializeAsync()
    {
        _one = new QuotingEnclave("one", _platform);
        var policy = QuotePolicy.Strict with { Trust = QuoteTrust.Of(_platform.RootKey) };
        _host = await EngineHost.StartAsync(silo =>
        {
            silo.Services.AddSingleton<IEnclave>(_one);
            silo.Services.AddSingleton<IEnclave>(new QuotingEnclave("two", _platform));
            silo.Services.AddSingleton(_ => new AttestationSetup(
                AttestationMode.Simulated, policy, new CollateralStore(new SimulatedCollateralSource(_platform), policy.Trust, new CollateralOptions(), TimeProvider.System, folder: null)));
            silo.Services.Configure<AttestationOptions>(options => options.ReportSeconds = 30);
            silo.Services.AddPythiaTier();
        });
        await UntilBothAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _platform.Dispose();
    }

    [Fact]
    public async Task List_DirectoryBeginsAnew_HasBothAgainLongBeforeTheirNextReport()
    {
        for (var i = 0; i < 2; i++)
        {
            await EndDirectoryAsync();
            await UntilBothAsync();
        }
    }

    [Fact]
    public async Task List_EnclaveTurnsBadWhileTheDirectoryIsGone_IsLookedAtAnewAndDrained()
    {
        _one.Says = QuotingEnclave.Code with { Flags = QuotingEnclave.Code.Flags | SimulatedEnclave.DebugFlag };
        _one.RenewKeys();
        await EndDirectoryAsync();
        await UntilAsync(list => list.Any(report => report is { EnclaveId: "one", State: EnclaveState.Drained }));
    }

    [Fact]
    public async Task Knows_EntryOfAnother_IsNotEnough()
    {
        Assert.True(await Directory.KnowsAsync("one"));
        Assert.False(await Directory.KnowsAsync("three"));
    }

    private Task EndDirectoryAsync() => _host.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    private Task UntilBothAsync() => UntilAsync(list => list.Count(report => report.State == EnclaveState.Healthy) == 2);

    private async Task UntilAsync(Func<EnclaveReport[], bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        EnclaveReport[] list;
        while (!holds(list = [.. await Directory.ListAsync()]))
        {
            if (patience.IsCancellationRequested) throw new TimeoutException($"found after {Patience}: {string.Join("; ", list.Select(r => $"{r.EnclaveId} {r.State}"))}");
            await Task.Delay(50);
        }
    }
}
