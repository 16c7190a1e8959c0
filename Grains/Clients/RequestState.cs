using System.Collections.Immutable;

namespace Pythia.Grains.Clients;

/// <summary>Nonces that are used up.</summary>
[GenerateSerializer, Immutable, Alias("pythia.NonceState")]
public sealed record NonceState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Digest of key id and nonce → until when it counts, Unix seconds.</summary>
    [Id(1)] public ImmutableSortedDictionary<string, long> Used { get; init; } = ImmutableSortedDictionary<string, long>.Empty;
}

/// <summary>Requests under idempotency keys.</summary>
[GenerateSerializer, Immutable, Alias("pythia.KeptRequestState")]
public sealed record KeptRequestState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Digest of caller and key → what became of it.</summary>
    [Id(1)] public ImmutableSortedDictionary<string, KeptRequest> Requests { get; init; } = ImmutableSortedDictionary<string, KeptRequest>.Empty;
}

/// <param name="Fingerprint">Digest of what was asked for.</param>
/// <param name="UntilUnixSeconds">Dropped after it.</param>
/// <param name="Answer">Null while it is under way.</param>
[GenerateSerializer, Immutable, Alias("pythia.KeptRequest")]
public sealed record KeptRequest(
    [property: Id(0)] string Fingerprint,
    [property: Id(1)] long UntilUnixSeconds,
    [property: Id(2)] KeptAnswer? Answer);
