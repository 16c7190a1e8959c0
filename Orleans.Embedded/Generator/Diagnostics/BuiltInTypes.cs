namespace Pythia.Embedded.Generator.Diagnostics;

/// <summary>The types that have a codec by themselves, by metadata name; in step with BuiltInCodecs of the runtime, which a test compares.</summary>
internal static class BuiltInTypes
{
    public static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "System.Boolean", "System.Byte", "System.SByte", "System.Int16", "System.UInt16", "System.Int32", "System.UInt32", "System.Int64", "System.UInt64",
        "System.Char", "System.Single", "System.Double", "System.Half", "System.Int128", "System.UInt128", "System.Decimal", "System.Numerics.BigInteger",
        "System.Guid", "System.Text.Rune", "System.String", "System.DateTime", "System.DateTimeOffset", "System.TimeSpan", "System.DateOnly",
        "System.TimeOnly", "System.Uri", "System.Version", "System.Net.IPAddress", "System.Net.IPEndPoint", "System.Type", "System.Object",
        "Orleans.Runtime.GrainId",
    };

    /// <summary>Generic types that can't be changed when their arguments can't.</summary>
    public static readonly HashSet<string> ImmutableGenerics = new(StringComparer.Ordinal)
    {
        "System.Nullable`1", "System.Collections.Generic.KeyValuePair`2", "Orleans.Concurrency.Immutable`1",
        "System.Collections.Immutable.ImmutableArray`1", "System.Collections.Immutable.ImmutableList`1", "System.Collections.Immutable.ImmutableQueue`1",
        "System.Collections.Immutable.ImmutableHashSet`1", "System.Collections.Immutable.ImmutableSortedSet`1",
        "System.Collections.Immutable.ImmutableDictionary`2", "System.Collections.Immutable.ImmutableSortedDictionary`2",
        "System.Collections.Frozen.FrozenSet`1", "System.Collections.Frozen.FrozenDictionary`2",
        "System.ValueTuple`1", "System.ValueTuple`2", "System.ValueTuple`3", "System.ValueTuple`4", "System.ValueTuple`5", "System.ValueTuple`6",
        "System.ValueTuple`7", "System.Tuple`2", "System.Tuple`3", "System.Tuple`4",
    };

    /// <summary>Generic types through which a value can be changed.</summary>
    public static readonly HashSet<string> MutableGenerics = new(StringComparer.Ordinal)
    {
        "System.Collections.Generic.List`1", "System.Collections.Generic.Queue`1", "System.Collections.Generic.Stack`1",
        "System.Collections.Generic.HashSet`1", "System.Collections.Generic.SortedSet`1", "System.Collections.Generic.Dictionary`2",
        "System.Collections.Generic.SortedDictionary`2", "System.Collections.Concurrent.ConcurrentDictionary`2",
        "System.Collections.Generic.IEnumerable`1", "System.Collections.Generic.IReadOnlyCollection`1", "System.Collections.Generic.IReadOnlyList`1",
        "System.Collections.Generic.ICollection`1", "System.Collections.Generic.IList`1", "System.Collections.Generic.ISet`1",
        "System.Collections.Generic.IReadOnlySet`1", "System.Collections.Generic.IDictionary`2", "System.Collections.Generic.IReadOnlyDictionary`2",
    };

    /// <summary>Runs of bytes: no other element has a codec.</summary>
    public static readonly HashSet<string> ByteRuns = new(StringComparer.Ordinal) { "System.Memory`1", "System.ReadOnlyMemory`1" };
}
