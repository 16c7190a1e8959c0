// The kinds of messages that a codec is generated for.
using System.Collections.Immutable;

namespace Pythia.Embedded.Tests.Serialization;

[GenerateSerializer, Immutable, Alias("test.Id")]
public readonly record struct TestId([property: Id(0)] string Hex);

[GenerateSerializer, Alias("test.Verdict")]
public enum Verdict : byte { No = 0, Yes = 200 }

[GenerateSerializer, Immutable, Alias("test.Sealed")]
public sealed record SealedMessage(
    [property: Id(0)] TestId Device,
    [property: Id(1)] ulong Counter,
    [property: Id(2)] ImmutableArray<byte> Signature,
    [property: Id(3)] Verdict Verdict,
    [property: Id(7)] string? Note = null);

[GenerateSerializer, Alias("test.State")]
public sealed record StateMessage
{
    [Id(0)] public long Counter { get; init; } = 5;

    [Id(1)] public ImmutableArray<SealedMessage> Outbox { get; init; } = [];

    [Id(2)] public required Dictionary<string, List<int>> Map { get; init; }

    [field: NonSerialized]
    public int NotWritten { get; set; }
}

[GenerateSerializer, Alias("test.Shape")]
public abstract record Shape([property: Id(0)] string Name);

[GenerateSerializer, Alias("test.Circle")]
public record Circle(string Name, [property: Id(0)] double Radius) : Shape(Name);

[GenerateSerializer, Alias("test.Ring")]
public sealed record Ring(string Name, double Radius, [property: Id(0)] double Hole) : Circle(Name, Radius);

[GenerateSerializer, Alias("test.Page`1")]
public sealed record Page<T>([property: Id(0)] List<T> Items, [property: Id(1)] string? Next)
    where T : notnull;

[GenerateSerializer, Alias("test.PageOfIds")]
public sealed class PageOfIds : KeptBase<TestId>
{
    [Id(0)] private readonly int _secret;

    private PageOfIds()
    {
    }

    public PageOfIds(int secret, TestId kept)
        : base(kept) => _secret = secret;

    public int Secret => _secret;
}

[GenerateSerializer, Alias("test.KeptBase`1")]
public abstract class KeptBase<T>
{
    protected KeptBase()
    {
    }

    protected KeptBase(T kept) => Kept = kept;

    [Id(0)] public T? Kept { get; private set; }
}

[GenerateSerializer, Alias("test.Mutable")]
public struct MutableStruct
{
    [Id(0)] public int[]? Numbers;

    [Id(1)] public (int A, string B) Pair { get; set; }
}

[GenerateSerializer, Alias("test.Node")]
public sealed class Node
{
    [Id(0)] public Node? Next { get; set; }

    [Id(1)] public object? Anything { get; set; }

    [Id(2)] public List<Node> Others { get; set; } = [];
}

[GenerateSerializer, Alias("test.Marked")]
public sealed class MarkedException(string message, int code, Exception? inner = null) : InvalidOperationException(message, inner)
{
    [Id(0)] public int Code { get; } = code;
}

public sealed class PlainException(string message) : Exception(message);

/// <summary>A type that knows nothing of Orleans.</summary>
public sealed class Foreign(int value)
{
    public int Value { get; } = value;
}

[GenerateSerializer, Alias("test.ForeignSurrogate")]
public readonly struct ForeignSurrogate(int value)
{
    [Id(0)] public int Value { get; } = value;
}

[RegisterConverter]
public sealed class ForeignConverter : IConverter<Foreign, ForeignSurrogate>
{
    public Foreign ConvertFromSurrogate(in ForeignSurrogate surrogate) => new(surrogate.Value);

    public ForeignSurrogate ConvertToSurrogate(in Foreign value) => new(value.Value);
}

[GenerateSerializer, Alias("test.Old")]
public sealed record OldForm([property: Id(0)] string A, [property: Id(1)] int B);

/// <summary>A later form of <see cref="OldForm"/>: B went, C and D came.</summary>
[GenerateSerializer, Alias("test.New")]
public sealed record NewForm([property: Id(0)] string A, [property: Id(2)] List<string>? C, [property: Id(3)] ulong D);
