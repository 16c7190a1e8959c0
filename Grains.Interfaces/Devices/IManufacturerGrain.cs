using Orleans.Concurrency;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Devices;

/// <summary>One manufacturer's registered batches. The key is {chain id}/{address}.</summary>
/// <remarks>Takes registrations of batches.</remarks>
[Alias("pythia.IManufacturerGrain")]
public interface IManufacturerGrain : ISubjectGrain
{
    /// <summary>How much the ledger has of it; the batches themselves are a list of the address (<c>batches</c>).</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<ManufacturerView> GetAsync();
}

/// <summary>A manufacturer as the ledger has it.</summary>
/// <param name="Batches">How many it registered.</param>
/// <param name="Devices">How many devices are in them, as it says.</param>
[GenerateSerializer, Immutable, Alias("pythia.ManufacturerView")]
public sealed record ManufacturerView(
    [property: Id(0)] string Address,
    [property: Id(1)] long Batches,
    [property: Id(2)] int Pending,
    [property: Id(3)] long Devices,
    [property: Id(4)] LedgerPosition? Position);

/// <summary>One batch of a manufacturer. The key is {chain id}/{manufacturer}/{root}.</summary>
[Alias("pythia.IDeviceBatchGrain")]
public interface IDeviceBatchGrain : IMirroredGrain
{
    /// <summary>The batch as the ledger has it; null if it is not registered.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<DeviceBatchView?> GetAsync();
}

/// <summary>A registered batch of devices.</summary>
/// <param name="Root">Merkle root, 0x and 64 hex digits.</param>
/// <param name="Count">Devices in it, as its manufacturer says.</param>
/// <param name="Uri">Where the manufacturer publishes the proofs.</param>
[GenerateSerializer, Immutable, Alias("pythia.DeviceBatchView")]
public sealed record DeviceBatchView(
    [property: Id(0)] string Root,
    [property: Id(1)] uint Count,
    [property: Id(2)] LedgerPosition Position,
    [property: Id(3)] string Uri);
