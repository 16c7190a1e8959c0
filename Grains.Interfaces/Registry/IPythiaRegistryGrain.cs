using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Registry;

/// <summary>What endorsers stand for on a chain: measurements, configurations, and who they are. The key is {chain id}/0.</summary>
[Alias("pythia.IPythiaRegistryGrain")]
public interface IPythiaRegistryGrain : IMirroredGrain
{
    /// <summary>The lists and the endorsers as the ledger has them.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<PythiaRegistryView> GetAsync();

    /// <summary>What stands at two places of the lists.</summary>
    /// <returns>Each value, 0x and 64 hex digits; null where there is none, or none any more.</returns>
    [Alias("Under"), AlwaysInterleave]
    Task<EndorsedPair> GetUnderAsync(uint measurement, uint configuration);
}

/// <summary>One enclave key. The key is {chain id}/{key id}: SHA-256 of x ‖ y.</summary>
[Alias("pythia.IEnclaveKeyGrain")]
public interface IEnclaveKeyGrain : IMirroredGrain
{
    /// <summary>The key as the ledger has it, ended where its measurement or configuration is.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<EnclaveKeyView> GetAsync();

    /// <summary>Keeps the key's own word that it ends, until the chain has it: once it is stored, anybody can carry it there.</summary>
    /// <param name="signingKey">P-256 x ‖ y, 64 bytes: this grain's key.</param>
    /// <param name="signature">r ‖ s, 64 bytes.</param>
    /// <returns>False if it is not this key's word for this chain's PythiaRegistry; nothing is kept then.</returns>
    [Alias("KeepOwnRevocation")]
    Task<bool> KeepOwnRevocationAsync(ImmutableArray<byte> signingKey, ImmutableArray<byte> signature);
}

/// <summary>Status of an enclave's key. Numbers as in the contract and in the fact PythiaKey.</summary>
[GenerateSerializer]
public enum EnclaveKeyStatus { Unknown = 0, Active = 1, Revoked = 2, Faulted = 3, Withdrawn = 4, Expired = 5 }

/// <summary>What a place in a list holds.</summary>
/// <param name="Index">The place, from 1; never used twice.</param>
/// <param name="Value">0x and 64 hex digits: a measurement (MRENCLAVE) or a configuration hash.</param>
/// <param name="Endorsed">Where on the chain it was endorsed.</param>
/// <param name="Withdrawn">Where it ended; null while it stands.</param>
[GenerateSerializer, Immutable, Alias("pythia.EndorsedValue")]
public sealed record EndorsedValue(
    [property: Id(0)] uint Index,
    [property: Id(1)] string Value,
    [property: Id(2)] LedgerPosition Endorsed,
    [property: Id(3)] LedgerPosition? Withdrawn);

/// <summary>The values at a key's two places; null for one that does not stand.</summary>
[GenerateSerializer, Immutable, Alias("pythia.EndorsedPair")]
public sealed record EndorsedPair([property: Id(0)] string? Measurement, [property: Id(1)] string? Configuration);

/// <summary>The registry as the ledger has it.</summary>
/// <param name="Measurements">By place, those withdrawn too.</param>
/// <param name="Configurations">By place, those withdrawn too.</param>
/// <param name="Endorsers">Addresses, 0x and 40 hex digits, in the contract's order: an endorser's number is its place here.</param>
/// <param name="Threshold">How many of them an act needs; 0 if unknown.</param>
/// <param name="EndorsersVersion">Of the set: from 1, one more with each change; 0 if unknown.</param>
[GenerateSerializer, Immutable, Alias("pythia.PythiaRegistryView")]
public sealed record PythiaRegistryView(
    [property: Id(0)] ImmutableArray<EndorsedValue> Measurements,
    [property: Id(1)] ImmutableArray<EndorsedValue> Configurations,
    [property: Id(2)] ImmutableArray<string> Endorsers,
    [property: Id(3)] int Threshold,
    [property: Id(4)] uint EndorsersVersion,
    [property: Id(5)] LedgerPosition? Position);

/// <summary>A key as the ledger has it.</summary>
/// <param name="KeyId">0x and 64 hex digits.</param>
/// <param name="Status">Expired by this silo's clock; what counts for a device is a block's time, which an enclave proves.</param>
/// <param name="SigningKey">P-256 x ‖ y, 0x and 128 hex digits; null if it was revoked before it was registered, or is unknown.</param>
/// <param name="AgreementKeyHash">SHA-256 of x ‖ y of its key-agreement key.</param>
/// <param name="NotAfterUnixSeconds">Its last second.</param>
/// <param name="Measurement">What stands at its place; null once withdrawn.</param>
/// <param name="Configuration">What stands at its place; null once withdrawn.</param>
/// <param name="Operator">16 bytes, 0x and 32 hex digits: the first of SHA-256 of the operator's name.</param>
/// <param name="Evidence">SHA-256 of what its endorsers checked.</param>
/// <param name="EndedBy">Empty while the ledger has it registered; <c>endorsers</c>, <c>itself</c>, or a fault: <c>contradiction</c>, <c>block</c>,
/// <c>not canonical</c>, <c>storage</c>.</param>
/// <param name="OwnRevocation">The key's own word that it ends, x ‖ y ‖ r ‖ s, 0x and 256 hex digits: the key signs nothing any more, whatever the chain says;
/// null where it gave none.</param>
[GenerateSerializer, Immutable, Alias("pythia.EnclaveKeyView")]
public sealed record EnclaveKeyView(
    [property: Id(0)] string KeyId,
    [property: Id(1)] EnclaveKeyStatus Status,
    [property: Id(2)] string? SigningKey,
    [property: Id(3)] string? AgreementKeyHash,
    [property: Id(4)] ulong NotAfterUnixSeconds,
    [property: Id(5)] string? Measurement,
    [property: Id(6)] string? Configuration,
    [property: Id(7)] string? Operator,
    [property: Id(8)] string? Evidence,
    [property: Id(9)] string EndedBy,
    [property: Id(10)] LedgerPosition? Position,
    [property: Id(11)] string? OwnRevocation = null);
