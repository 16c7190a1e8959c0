using Pythia.Tests.Support;

namespace Pythia.Tests.Ledgers;

/// <summary>An enclave that answers everything but what is in a block must not stop the mirror while another one reads it.</summary>
public sealed class FrozenEnclaveTests
{
    [Fact]
    public async Task Follow_FirstEnclaveReadsForEver_TheOtherReadsAndGoesOnReading()
    {
        await using var world = await MirrorWorld.StartAsync(options => options.ReadSeconds = 1);
        var frozen = new FrozenEnclave(world.Chain, _ => true);
        world.First = frozen;
        await world.RestartAsync();
        world.Chain.Mine();
        await world.FollowedAsync();
        Assert.True(frozen.Asked.IsCompleted, "it was asked first");

        // From now on it comes last: its silence is not waited for at each block.
        var reads = frozen.Reads;
        for (var i = 0; i < 3; i++)
        {
            world.Chain.Mine();
            await world.FollowedAsync();
        }

        Assert.Equal(reads, frozen.Reads);
    }

    [Fact]
    public async Task Follow_FirstEnclaveFreezesWhereBranchesPart_TheOtherStepsBack()
    {
        await using var world = await MirrorWorld.StartAsync(options => options.ReadSeconds = 1);
        await world.ClaimedDeviceAsync(world.People.Alice);
        await world.StopHostAsync();

        // The block that was told last is another one now; what stood below it has to be read to know so.
        var head = world.Chain.Head;
        world.Chain.Reorganise(1);
        var frozen = new FrozenEnclave(world.Chain, block => block < head);
        world.First = frozen;
        await world.StartHostAsync();
        await world.FollowedAsync();
        Assert.True(frozen.Asked.IsCompleted, "it was asked first");
        Assert.Equal("", (await world.Ledger.GetAsync()).Trouble);
    }
}
