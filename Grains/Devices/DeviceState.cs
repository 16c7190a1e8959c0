using Pythia.Grains.Subjects;

namespace Pythia.Grains.Devices;

/// <summary>A device as it is stored: the chain's record, and the acts under way.</summary>
[GenerateSerializer, Immutable, Alias("pythia.DeviceState")]
public sealed record DeviceState : SubjectState<DeviceRecord>;

/// <summary>What the chain says of a device.</summary>
[GenerateSerializer, Immutable, Alias("pythia.DeviceRecord")]
public sealed record DeviceRecord : MirroredRecord
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
public sealed record ManufacturerState : SubjectState<ManufacturerRecord>;

/// <summary>What the chain says of a manufacturer. Its batches are grains of their own.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ManufacturerRecord")]
public sealed record ManufacturerRecord : MirroredRecord
{
    [Id(0)] public long Batches { get; init; }

    [Id(1)] public long Devices { get; init; }
}

/// <summary>A batch as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.DeviceBatchState")]
public sealed record DeviceBatchState : MirroredState<DeviceBatchRecord>;

/// <summary>What the chain says of a batch.</summary>
[GenerateSerializer, Immutable, Alias("pythia.DeviceBatchRecord")]
public sealed record DeviceBatchRecord : MirroredRecord
{
    /// <summary>Null if it is not registered.</summary>
    [Id(0)] public DeviceBatchView? Batch { get; init; }
}
