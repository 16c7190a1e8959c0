using Orleans.Concurrency;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Devices;

/// <summary>One device. The key is {chain id}/{device id}: decimal, then 0x and 64 lower-case hex digits.</summary>
/// <remarks>Takes claim, transfer, freeze, unfreeze, end of consents, key rotation and retirement.</remarks>
[Alias("pythia.IDeviceGrain")]
public interface IDeviceGrain : ISubjectGrain
{
    /// <summary>What the ledger says of the device, as far as the follower has come.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<DeviceView> GetAsync();
}

/// <summary>A device's lifecycle on the chain. Numbers as in the contract; 0: not claimed.</summary>
[GenerateSerializer]
public enum DeviceStatus { Unclaimed = 0, Active = 1, Frozen = 2, Retired = 3 }

/// <summary>A device as the ledger has it.</summary>
/// <param name="DeviceId">0x and 64 hex digits.</param>
/// <param name="Owner">0x and 40 hex digits; null before the claim.</param>
/// <param name="Manufacturer">0x and 40 hex digits; null before the claim.</param>
/// <param name="ModelId">0x and 64 hex digits; null before the claim.</param>
/// <param name="Epoch">Grows with each transfer and each end of consents.</param>
/// <param name="PublicKey">x ‖ y of the device's P-256 key, 0x and 128 hex digits; null before the claim.</param>
/// <param name="Position">The last event that changed it.</param>
/// <param name="Pending">Acts that are stored and not mined.</param>
[GenerateSerializer, Immutable, Alias("pythia.DeviceView")]
public sealed record DeviceView(
    [property: Id(0)] string DeviceId,
    [property: Id(1)] DeviceStatus Status,
    [property: Id(2)] string? Owner,
    [property: Id(3)] string? Manufacturer,
    [property: Id(4)] string? ModelId,
    [property: Id(5)] ulong Epoch,
    [property: Id(6)] string? PublicKey,
    [property: Id(7)] LedgerPosition? Position,
    [property: Id(8)] int Pending);
