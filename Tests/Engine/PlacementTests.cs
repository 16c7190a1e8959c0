using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Which grains may have a silo.</summary>
[Collection(nameof(EngineCollection))]
public sealed class PlacementTests(EngineFixture engine)
{
    [Fact]
    public async Task Filter_LeavesASilo_TheGrainAnswers()
        => Assert.Equal("here", await engine.Client.GetGrain<IPlacedGrain>("here" + Keys.New()).TouchAsync());

    [Fact]
    public async Task Filter_LeavesNone_TheCallFails()
        => await Assert.ThrowsAnyAsync<OrleansException>(() => engine.Client.GetGrain<IPlacedGrain>(Keys.New()).TouchAsync());
}
