using Orleans.Concurrency;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Consents;

/// <summary>One consent. The key is {chain id}/{consent id}: keccak256(device id, device epoch, grantee, scope), as on the chain.</summary>
/// <remarks>Takes grant, acceptance and revocation.</remarks>
[Alias("pythia.IConsentGrain")]
public interface IConsentGrain : ISubjectGrain
{
    /// <summary>The consent as the ledger has it, ended where its device's epoch or its grantee's floor has passed it.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<ConsentView> GetAsync();
}

/// <summary>Status of a consent. 1 to 3 as in the contract; 0: never granted.</summary>
[GenerateSerializer]
public enum ConsentStatus { None = 0, Offered = 1, Active = 2, Revoked = 3 }

/// <summary>What a consent allows. Numbers as in the contract.</summary>
[GenerateSerializer]
public enum ConsentKind { None = 0, Data = 1, Command = 2 }

/// <summary>A consent as the ledger has it.</summary>
/// <param name="ConsentId">0x and 64 hex digits.</param>
/// <param name="DeviceId">0x and 64 hex digits; null if never granted.</param>
/// <param name="DeviceEpoch">The device's epoch that it was granted in.</param>
/// <param name="Owner">Who granted it, 0x and 40 hex digits.</param>
/// <param name="Grantee">0x and 40 hex digits.</param>
/// <param name="Scope">keccak256 of the scope's name, 0x and 64 hex digits.</param>
/// <param name="Policy">Policy id, 0x and 64 hex digits.</param>
/// <param name="BondWei">Decimal.</param>
/// <param name="EndedBy">What ended it: <c>revocation</c>, <c>grantee revocation</c>, <c>device epoch</c>, or <c>time</c>
/// once a block later than its not-after was told here; empty while it lives.</param>
/// <param name="GrantEpoch">The owner's at the grant; part of the terms' hash that an acceptance signs.</param>
[GenerateSerializer, Immutable, Alias("pythia.ConsentView")]
public sealed record ConsentView(
    [property: Id(0)] string ConsentId,
    [property: Id(1)] ConsentStatus Status,
    [property: Id(2)] ConsentKind Kind,
    [property: Id(3)] string? DeviceId,
    [property: Id(4)] ulong DeviceEpoch,
    [property: Id(5)] string? Owner,
    [property: Id(6)] string? Grantee,
    [property: Id(7)] string? Scope,
    [property: Id(8)] ulong NotBeforeUnixSeconds,
    [property: Id(9)] ulong NotAfterUnixSeconds,
    [property: Id(10)] string? Policy,
    [property: Id(11)] string BondWei,
    [property: Id(12)] string EndedBy,
    [property: Id(13)] LedgerPosition? Position,
    [property: Id(14)] int Pending,
    [property: Id(15)] ulong GrantEpoch);
