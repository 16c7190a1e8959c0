namespace Pythia.Engine.Grains;

/// <summary>Says its key.</summary>
[Alias("engine.IGuidKeyGrain")]
public interface IGuidKeyGrain : IGrainWithGuidKey
{
    [Alias("Key")]
    Task<Guid> KeyAsync();
}

[Alias("engine.IIntegerKeyGrain")]
public interface IIntegerKeyGrain : IGrainWithIntegerKey
{
    [Alias("Key")]
    Task<long> KeyAsync();
}

[Alias("engine.IStringKeyGrain")]
public interface IStringKeyGrain : IGrainWithStringKey
{
    [Alias("Key")]
    Task<string> KeyAsync();
}

[Alias("engine.IGuidCompoundKeyGrain")]
public interface IGuidCompoundKeyGrain : IGrainWithGuidCompoundKey
{
    [Alias("Key")]
    Task<(Guid Key, string? Extension)> KeyAsync();
}

[Alias("engine.IIntegerCompoundKeyGrain")]
public interface IIntegerCompoundKeyGrain : IGrainWithIntegerCompoundKey
{
    [Alias("Key")]
    Task<(long Key, string? Extension)> KeyAsync();
}

[GrainType("engine.guidkey")]
public sealed class GuidKeyGrain : Grain, IGuidKeyGrain
{
    public Task<Guid> KeyAsync() => Task.FromResult(this.GetPrimaryKey());
}

[GrainType("engine.integerkey")]
public sealed class IntegerKeyGrain : Grain, IIntegerKeyGrain
{
    public Task<long> KeyAsync() => Task.FromResult(this.GetPrimaryKeyLong());
}

[GrainType("engine.stringkey")]
public sealed class StringKeyGrain : Grain, IStringKeyGrain
{
    public Task<string> KeyAsync() => Task.FromResult(this.GetPrimaryKeyString());
}

[GrainType("engine.guidcompoundkey")]
public sealed class GuidCompoundKeyGrain : Grain, IGuidCompoundKeyGrain
{
    public Task<(Guid Key, string? Extension)> KeyAsync()
    {
        var key = this.GetPrimaryKey(out var extension);
        return Task.FromResult((key, (string?)extension));
    }
}

[GrainType("engine.integercompoundkey")]
public sealed class IntegerCompoundKeyGrain : Grain, IIntegerCompoundKeyGrain
{
    public Task<(long Key, string? Extension)> KeyAsync()
    {
        var key = this.GetPrimaryKeyLong(out var extension);
        return Task.FromResult((key, (string?)extension));
    }
}
