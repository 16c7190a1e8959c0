using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Grains.Pythia;
using Pythia.Tests.Support;
using Pythia.Vectors;

namespace Pythia.Tests.Pythia;

/// <summary>Whom the follower hears of: whichever enclave has a head, whatever the others do, and whenever they come.</summary>
public sealed class EnclaveDirectoryTests : IDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedPlatform _platform;
    private readonly QuotingEnclave _one;
    private readonly QuotingEnclave _two;
    private readonly EnclaveDirectory _directory;

    public EnclaveDirectoryTests()
    {
        _platform = SimulatedPlatform.Create(_time);
        (_one, _two) = (new QuotingEnclave("one", _platform), new QuotingEnclave("two", _platform));
        _directory = new EnclaveDirectory([_one, _two], Options.Create(new AttestationOptions()), _time);
    }

    public void Dispose() => _platform.Dispose();

    [Fact]
    public async Task WaitForHeadAsync_OneComesWhileTheOtherStands_IsFollowed()
    {
        // The first is not up yet; the second answers, and its head goes on no more.
        _one.IsGone = true;
        var waiting = _directory.WaitForHeadAsync(MirrorWorld.ChainId, 1, [], CancellationToken.None);
        (_one.IsGone, _two.IsGone) = (false, true);
        _one.Mine();
        _time.Advance(Round);
        var (enclave, head) = await waiting.WaitAsync(Patience);
        Assert.Same(_one, enclave);
        Assert.Equal(2UL, head.Block);
    }

    [Fact]
    public async Task WaitForHeadAsync_NothingNewForManyRounds_GoesOnWaiting()
    {
        var waiting = _directory.WaitForHeadAsync(MirrorWorld.ChainId, 1, [], CancellationToken.None);
        for (var round = 0; round < 5; round++) _time.Advance(Round);
        Assert.False(waiting.IsCompleted);
        _two.Mine();
        Assert.Same(_two, (await waiting.WaitAsync(Patience)).Enclave);
    }

    [Fact]
    public async Task WaitForHeadAsync_AllGoWhileItWaits_IsRefusedAfterARound()
    {
        var waiting = _directory.WaitForHeadAsync(MirrorWorld.ChainId, 1, [], CancellationToken.None);
        _one.IsGone = _two.IsGone = true;
        _time.Advance(Round);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => waiting.WaitAsync(Patience));
        Assert.Equal("No enclave for chain 31337 beside this silo; one is gone: its process is not there; one is gone: its process is not there", error.Message);
    }
}
