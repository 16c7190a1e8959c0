using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Grains;
using Pythia.Grains.Pythia;
using Pythia.Vectors;

namespace Pythia.Tests.Pythia;

/// <summary>Nothing that a source of collateral does may end the silo: a background service that throws stops its host.</summary>
public sealed class CollateralRefresherTests
{
    private static readonly CollateralKey Key = new("51ad00000000", PlatformCa: false);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(TaskCanceledException))] // such as a client's own patience: not this silo's stop
    [InlineData(typeof(IndexOutOfRangeException))]
    public async Task ExecuteAsync_SourceThatThrowsAnything_AsksAgain(Type thrown)
    {
        var time = new ManualTimeProvider();
        using var platform = SimulatedPlatform.Create(time);
        var trust = QuoteTrust.Of(platform.RootKey);
        using var source = new Source(platform);
        using var store = new CollateralStore(source, trust, new CollateralOptions(), time, folder: null);
        var good = (await store.GetAsync(Key)).Collateral;

        using var refresher = Refresher(time, trust, store, out var provider);
        await using var disposed = provider;
        await refresher.StartAsync(CancellationToken.None);

        source.Throws = (Exception)Activator.CreateInstance(thrown)!;
        time.Advance(TimeSpan.FromHours(13));
        await source.AskedAsync(time);
        await source.AskedAsync(time);
        Assert.False(refresher.ExecuteTask!.IsCompleted);
        Assert.Same(good, (await store.GetAsync(Key)).Collateral);

        await refresher.StopAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.True(refresher.ExecuteTask.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task ExecuteAsync_SourceThatHangs_HoldsUpNeitherWhatIsKeptNorTheStop()
    {
        var time = new ManualTimeProvider();
        using var platform = SimulatedPlatform.Create(time);
        var trust = QuoteTrust.Of(platform.RootKey);
        using var source = new Source(platform);
        using var store = new CollateralStore(source, trust, new CollateralOptions(), time, folder: null);
        var good = (await store.GetAsync(Key)).Collateral;

        using var refresher = Refresher(time, trust, store, out var provider);
        await using (provider)
        {
            await refresher.StartAsync(CancellationToken.None);
            source.Hangs = true;
            time.Advance(TimeSpan.FromHours(13));
            await source.AskedAsync(time);
            Assert.Same(good, (await store.GetAsync(Key).WaitAsync(Patience)).Collateral);

            await refresher.StopAsync(CancellationToken.None).WaitAsync(Patience);
            Assert.True(refresher.ExecuteTask!.IsCompletedSuccessfully);
        }
    }

    private static BackgroundService Refresher(ManualTimeProvider time, QuoteTrust trust, CollateralStore store, out ServiceProvider provider)
    {
        var services = new ServiceCollection().AddLogging().AddPythiaTier().AddSingleton<TimeProvider>(time)
            .AddSingleton(_ => new AttestationSetup(AttestationMode.Simulated, QuotePolicy.Strict with { Trust = trust }, store));
        var type = services.Single(service => service.ImplementationType?.Name == "CollateralRefresher").ImplementationType!;
        provider = services.BuildServiceProvider();
        return (BackgroundService)ActivatorUtilities.CreateInstance(provider, type);
    }

    private sealed class Source(SimulatedPlatform platform) : ICollateralSource, IDisposable
    {
        private readonly SemaphoreSlim _asked = new(0);

        public void Dispose() => _asked.Dispose();

        public Exception? Throws { get; set; }

        /// <summary>Until it is cancelled.</summary>
        public bool Hangs { get; set; }

        // The service begins when its host's threads let it: its next tick is brought about until it is there.
        public async Task AskedAsync(ManualTimeProvider time)
        {
            using var patience = new CancellationTokenSource(Patience);
            do time.Advance(TimeSpan.FromSeconds(10));
            while (!await _asked.WaitAsync(TimeSpan.FromMilliseconds(20), patience.Token));
        }

        public async ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
        {
            if (!Hangs && Throws is null) return await new SimulatedCollateralSource(platform).GetAsync(key, cancellationToken);

            _asked.Release();
            if (Hangs) await Task.Delay(Timeout.Infinite, cancellationToken);
            throw Throws!;
        }
    }
}
