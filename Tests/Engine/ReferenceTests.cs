using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Keys, references and extensions.</summary>
[Collection(nameof(EngineCollection))]
public sealed class ReferenceTests(EngineFixture engine)
{
    private static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");
    private readonly string _key = Keys.New();

    [Fact]
    public async Task Key_OfEachKind_IsWhatTheGrainSees()
    {
        Assert.Equal(Id, await engine.Client.GetGrain<IGuidKeyGrain>(Id).KeyAsync());
        Assert.Equal("a/b #1 ü", await engine.Client.GetGrain<IStringKeyGrain>("a/b #1 ü").KeyAsync());
        Assert.Equal((Id, "x+y"), await engine.Client.GetGrain<IGuidCompoundKeyGrain>(Id, "x+y").KeyAsync());
        Assert.Equal((-7, "x+y"), await engine.Client.GetGrain<IIntegerCompoundKeyGrain>(-7, "x+y").KeyAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task Key_Integer_IsWhatTheGrainSees(long key) => Assert.Equal(key, await engine.Client.GetGrain<IIntegerKeyGrain>(key).KeyAsync());

    [Fact]
    public void Key_OfAReference_IsReadWithoutACall()
    {
        Assert.Equal(Id, engine.Client.GetGrain<IGuidKeyGrain>(Id).GetPrimaryKey());
        Assert.Equal(-7, engine.Client.GetGrain<IIntegerCompoundKeyGrain>(-7, "x").GetPrimaryKeyLong(out var extension));
        Assert.Equal("x", extension);
    }

    [Fact]
    public void Id_OfEachKind_IsWrittenAsOrleansDoes()
    {
        Assert.Equal("engine.guidkey/00112233445566778899aabbccddeeff", engine.Client.GetGrain<IGuidKeyGrain>(Id).GetGrainId().ToString());
        Assert.Equal("engine.integerkey/FF", engine.Client.GetGrain<IIntegerKeyGrain>(255).GetGrainId().ToString());
        Assert.Equal("engine.integercompoundkey/FF+x", engine.Client.GetGrain<IIntegerCompoundKeyGrain>(255, "x").GetGrainId().ToString());
        Assert.Equal("engine.stringkey/a/b", engine.Client.GetGrain<IStringKeyGrain>("a/b").GetGrainId().ToString());
    }

    [Fact]
    public async Task Reference_MadeByTypeOrById_LeadsToTheSameGrain()
    {
        var grain = engine.Client.GetGrain<IStringKeyGrain>(_key);
        var byType = (IStringKeyGrain)engine.Client.GetGrain(typeof(IStringKeyGrain), _key);
        var byId = engine.Client.GetGrain<IStringKeyGrain>(grain.GetGrainId());
        Assert.Equal(grain, byType);
        Assert.Equal(grain, byId);
        Assert.Equal(grain.GetHashCode(), byId.GetHashCode());
        Assert.NotEqual(grain, engine.Client.GetGrain<IStringKeyGrain>(_key + "-other"));
        Assert.Equal(_key, await byType.KeyAsync());
        Assert.Equal(_key, await byId.KeyAsync());
    }

    [Fact]
    public async Task Reference_OfAnUnknownKind_IsRefused()
        => await Assert.ThrowsAnyAsync<Exception>(() => engine.Client.GetGrain<IStringKeyGrain>(GrainId.Create("engine.nothing", _key)).KeyAsync());

    [Fact]
    public async Task Extension_OfAGrain_IsOneForItsActivation()
    {
        var pulse = engine.Client.GetGrain<ITurnGrain>(_key).AsReference<IPulseExtension>();
        Assert.Equal(_key + " 1", await pulse.PulseAsync());
        Assert.Equal(_key + " 2", await pulse.PulseAsync());
        Assert.Equal(_key + "-other 1", await engine.Client.GetGrain<ITurnGrain>(_key + "-other").AsReference<IPulseExtension>().PulseAsync());
    }

    [Fact]
    public async Task Extension_ThatIsNotThere_IsRefusedByName()
        => await Assert.ThrowsAsync<GrainExtensionNotInstalledException>(
            () => engine.Client.GetGrain<ITurnGrain>(_key).AsReference<IMissingExtension>().TouchAsync());
}
