using Pythia.Grains.Pythia;
using Pythia.Tests.Support;

namespace Pythia.Tests.Pythia;

/// <summary>The way to an enclave passes bytes and adds nothing.</summary>
public sealed class PythiaGrainTests : IAsyncLifetime
{
    private MirrorWorld _world = null!;

    public async Task InitializeAsync() => _world = await MirrorWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Answer_Question_PassesTheBytesBothWays()
    {
        var reply = await Pythia("model").AnswerAsync([1, 2, 3]);

        Assert.Equal([1, 2, 3], reply.Answer.ToArray());
        Assert.Empty(reply.Reason);
    }

    [Fact]
    public async Task Answer_Refusal_PassesTheProblemAndItsName()
    {
        var reply = await Pythia("model").AnswerAsync([1]);

        Assert.Empty(reply.Answer);
        Assert.Equal([0xa0], reply.Problem.ToArray());
        Assert.Equal("BadRequest", reply.Reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_025)]
    public async Task Answer_RequestOutOfSize_IsRefusedWithoutAskingTheEnclave(int bytes)
        => Assert.StartsWith("BadRequest", (await Pythia("model").AnswerAsync([.. new byte[bytes]])).Reason);

    [Fact]
    public async Task Identify_Enclave_NamesItsHead()
    {
        var identity = await Pythia("model").IdentifyAsync();

        Assert.Equal(("model", _world.Chain.Head, 64), (identity.EnclaveId, identity.HeadBlock, identity.SigningKey.Length));
    }

    [Fact]
    public async Task Answer_EnclaveThatIsNotHere_FailsByName()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => Pythia("another").AnswerAsync([1, 2]));

        // One process has no placement and names the enclave; a cluster finds no silo for the grain's type.
        Assert.Contains(error is OrleansException ? "pythia" : "another", error.ToString());
    }

    [Fact]
    public async Task ListHealthy_EnclaveThatReportsTrouble_IsNotListed()
    {
        var directory = _world.Grains.GetGrain<IPythiaDirectoryGrain>(MirrorWorld.Key("0"));
        await directory.ReportAsync(Report("a", EnclaveState.Healthy));
        await directory.ReportAsync(Report("b", EnclaveState.Silent));
        Assert.Contains("a", await directory.ListHealthyAsync());
        Assert.DoesNotContain("b", await directory.ListHealthyAsync());

        await directory.ReportAsync(Report("a", EnclaveState.Drained));
        Assert.DoesNotContain("a", await directory.ListHealthyAsync());
        Assert.Equal([("a", EnclaveState.Drained), ("b", EnclaveState.Silent)], (await directory.ListAsync()).Where(r => r.EnclaveId is "a" or "b").Select(r => (r.EnclaveId, r.State)));
    }

    private static EnclaveReport Report(string id, EnclaveState state)
        => new(id, state, "unattested", state == EnclaveState.Healthy ? [] : [new EnclaveReason("NoHead", "none")], 1, 0, []);

    private IPythiaGrain Pythia(string enclave) => _world.Grains.GetGrain<IPythiaGrain>(MirrorWorld.Key(enclave));
}
