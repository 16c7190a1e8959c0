using System.Collections.Immutable;

namespace Pythia.Grains.Ledgers;

/// <summary>A follower's cursor as it is stored: after delivery, so that after a crash some events come twice and none is missing.</summary>
[GenerateSerializer, Immutable, Alias("pythia.LedgerState")]
public sealed record LedgerState
{
    /// <summary>How many delivered blocks are remembered, and how far a reorganised chain is followed back.</summary>
    public const int Depth = 64;

    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The block to read next; 0 before the first start.</summary>
    [Id(1)] public ulong Next { get; init; }

    /// <summary>How often the follower had to step back.</summary>
    [Id(2)] public uint Branch { get; init; }

    /// <summary>The newest delivered blocks, oldest first.</summary>
    [Id(3)] public ImmutableArray<DeliveredBlock> Delivered { get; init; } = [];

    /// <summary>After a block was delivered.</summary>
    public LedgerState After(DeliveredBlock block) => this with
    {
        Next = block.Number + 1,
        Delivered = [.. Delivered.Length < Depth ? Delivered : Delivered.RemoveAt(0), block],
    };

    /// <summary>After the newest delivered block was found to be abandoned.</summary>
    public LedgerState Back() => this with { Next = Next - 1, Delivered = Delivered.RemoveAt(Delivered.Length - 1) };
}

/// <summary>A block whose events were all delivered.</summary>
/// <param name="Outcomes">Digests of the intents whose outcome it held: they are open again should it leave the chain.</param>
[GenerateSerializer, Immutable, Alias("pythia.DeliveredBlock")]
public sealed record DeliveredBlock(
    [property: Id(0)] ulong Number,
    [property: Id(1)] string Hash,
    [property: Id(2)] ulong UnixSeconds,
    [property: Id(3)] ImmutableArray<string> Outcomes);
