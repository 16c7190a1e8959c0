using System.Collections.Immutable;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Devices;

/// <summary>A device as it is stored: the chain's record, and the acts under way.</summary>
[GenerateSerializer, Immutable, Alias("pythia.DeviceState")]
public sealed record DeviceState : SubjectState
{
    [Id(0)] public DeviceStatus Status { get; init; }

    [Id(1)] public string? Owner { get; init; }

    [Id(2)] public string? Manufacturer { get; init; }

    [Id(3)] public string? ModelId { get; init; }

    [Id(4)] public ulong Epoch { get; init; }

    /// <summary>x ‖ y, 0x and 128 hex digits.</summary>
    [Id(5)] public string? PublicKey { get; init; }

    [Id(6)] public ulong SecurityCounter { get; init; }
}

/// <summary>A manufacturer as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ManufacturerState")]
public sealed record ManufacturerState : SubjectState
{
    /// <summary>Oldest first.</summary>
    [Id(0)] public ImmutableArray<DeviceBatchView> Batches { get; init; } = [];
}
