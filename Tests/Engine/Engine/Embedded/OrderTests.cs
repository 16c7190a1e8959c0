using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>This engine promises more than Orleans does: calls of one caller begin in the order in which they were made.</summary>
[Collection(nameof(EngineCollection))]
public sealed class OrderTests(EngineFixture engine)
{
    [Fact]
    public async Task Call_OneCallerInARow_KeepsItsOrder()
    {
        var grain = engine.Client.GetGrain<ITurnGrain>(Keys.New());
        var counts = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => grain.CountAsync()));
        Assert.Equal(Enumerable.Range(1, 30), counts);
    }
}
