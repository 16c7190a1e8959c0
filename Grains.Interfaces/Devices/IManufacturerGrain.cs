using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Devices;

/// <summary>One manufacturer's registered batches. The key is {chain id}/{address}.</summary>
/// <remarks>Takes registrations of batches.</remarks>
[Alias("pythia.IManufacturerGrain")]
public interface IManufacturerGrain : ISubjectGrain
{
    /// <summary>The batches that the ledger has, oldest first.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<ManufacturerView> GetAsync();
}

/// <summary>A manufacturer as the ledger has it.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ManufacturerView")]
public sealed record ManufacturerView(
    [property: Id(0)] string Address,
    [property: Id(1)] ImmutableArray<DeviceBatchView> Batches,
    [property: Id(2)] int Pending);

/// <summary>A registered batch of devices.</summary>
/// <param name="Root">Merkle root, 0x and 64 hex digits.</param>
/// <param name="Count">Devices in it, as its manufacturer says.</param>
[GenerateSerializer, Immutable, Alias("pythia.DeviceBatchView")]
public sealed record DeviceBatchView(
    [property: Id(0)] string Root,
    [property: Id(1)] uint Count,
    [property: Id(2)] LedgerPosition Position);
