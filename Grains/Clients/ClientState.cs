using System.Collections.Immutable;

namespace Pythia.Grains.Clients;

/// <summary>What the callers of one bucket have used.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ClientState")]
public sealed record ClientState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Member → its use. Whoever has used nothing today is dropped with the next write.</summary>
    [Id(1)] public ImmutableSortedDictionary<string, QuotaUsage> Members { get; init; } = ImmutableSortedDictionary<string, QuotaUsage>.Empty;
}

/// <summary>What one caller has used in the hour and the day that are running.</summary>
/// <param name="Hour">Hours since 1970.</param>
/// <param name="Day">Days since 1970.</param>
[GenerateSerializer, Immutable, Alias("pythia.QuotaUsage")]
public sealed record QuotaUsage(
    [property: Id(0)] long Hour,
    [property: Id(1)] long GasInHour,
    [property: Id(2)] long IntentsInHour,
    [property: Id(3)] long Day,
    [property: Id(4)] long GasInDay,
    [property: Id(5)] long IntentsInDay);
