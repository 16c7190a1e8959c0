using System.Collections.Immutable;

namespace Pythia.Grains.Registry;

/// <summary>
/// Where a chain's endorsers meet to register keys of enclaves: one proposes what he is ready to sign, with the evidence that he checked, and others add their
/// signatures to what their own check lets through. The key is {chain id}/0.
/// </summary>
/// <remarks>It is a notice board and trusted for nothing: each endorser computes what it signs by itself and checks it against its own look at enclave and
/// chain, and the contract checks signatures. It only keeps out what is of no endorser, so that nobody else fills it.</remarks>
[Alias("pythia.IRegistrationDeskGrain")]
public interface IRegistrationDeskGrain : IGrainWithStringKey
{
    /// <summary>Most evidence of a proposal, in bytes.</summary>
    const int LongestEvidence = 64 * 1_024;

    /// <summary>Proposals that one endorser may have open: with one more its oldest goes, never another's.</summary>
    const int MostOfOneEndorser = 32;

    /// <summary>Seconds that a proposal may stay open.</summary>
    const int LongestOpenSeconds = 7 * 86_400;

    /// <summary>Takes a proposal, stored with its evidence before this returns. An endorser has one a key: a later one takes the place of its former. Terms that are open
    /// already, by whomever, get one more signature and nothing else.</summary>
    [Alias("Propose")]
    Task<DeskReceipt> ProposeAsync(RegistrationProposal proposal);

    /// <summary>Adds an endorser's signature to a proposal, one an endorser, stored before this returns.</summary>
    /// <param name="digest">0x and 64 hex digits.</param>
    /// <param name="signature">65 bytes r ‖ s ‖ v over the digest.</param>
    [Alias("Sign")]
    Task<DeskReceipt> SignAsync(string digest, ImmutableArray<byte> signature);

    /// <summary>The proposals that can still be carried out, oldest first.</summary>
    [Alias("List")]
    Task<ImmutableArray<RegistrationView>> ListAsync();
}

/// <summary>The evidence that a proposer checked. The key is {chain id}/{digest of the proposal}.</summary>
[Alias("pythia.IRegistrationEvidenceGrain")]
public interface IRegistrationEvidenceGrain : IGrainWithStringKey
{
    [Alias("Put")]
    Task PutAsync(ImmutableArray<byte> evidence);

    /// <returns>Empty where there is none (any more).</returns>
    [Alias("Get")]
    Task<ImmutableArray<byte>> GetAsync();

    [Alias("Clear")]
    Task ClearAsync();
}

/// <summary>What endorsers sign of a key: the struct RegisterKey of PythiaRegistry. Hex in lower case with 0x.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 64 bytes.</param>
/// <param name="AgreementKeyHash">SHA-256 of x ‖ y of its key-agreement key.</param>
/// <param name="Measurement">32 bytes, as it stands in the registry's list.</param>
/// <param name="Configuration">32 bytes, as it stands in the registry's list.</param>
/// <param name="Operator">16 bytes: the first of SHA-256 of the operator's name.</param>
/// <param name="NotAfterUnixSeconds">The key's last second.</param>
/// <param name="Evidence">SHA-256 of the proposer's evidence.</param>
/// <param name="DeadlineUnixSeconds">Last second of block time at which it may be registered.</param>
[GenerateSerializer, Immutable, Alias("pythia.RegistrationTerms")]
public sealed record RegistrationTerms(
    [property: Id(0)] string SigningKey,
    [property: Id(1)] string AgreementKeyHash,
    [property: Id(2)] string Measurement,
    [property: Id(3)] string Configuration,
    [property: Id(4)] string Operator,
    [property: Id(5)] ulong NotAfterUnixSeconds,
    [property: Id(6)] string Evidence,
    [property: Id(7)] ulong DeadlineUnixSeconds);

/// <summary>What an endorser is ready to sign, signed.</summary>
/// <param name="EvidenceBytes">What <see cref="RegistrationTerms.Evidence"/> is the hash of.</param>
/// <param name="Signature">65 bytes r ‖ s ‖ v over the struct's digest; its signer is the proposer.</param>
[GenerateSerializer, Immutable, Alias("pythia.RegistrationProposal")]
public sealed record RegistrationProposal(
    [property: Id(0)] RegistrationTerms Terms,
    [property: Id(1)] ImmutableArray<byte> EvidenceBytes,
    [property: Id(2)] ImmutableArray<byte> Signature);

/// <summary>A proposal and who has signed it.</summary>
/// <param name="Digest">EIP-712 digest of the terms; compute it, do not take it from here.</param>
/// <param name="KeyId">SHA-256 of the signing key.</param>
/// <param name="Proposer">Address of the endorser that proposed it.</param>
/// <param name="Signatures">Of present endorsers, one each, the proposer's first.</param>
[GenerateSerializer, Immutable, Alias("pythia.RegistrationView")]
public sealed record RegistrationView(
    [property: Id(0)] string Digest,
    [property: Id(1)] string KeyId,
    [property: Id(2)] RegistrationTerms Terms,
    [property: Id(3)] string Proposer,
    [property: Id(4)] ImmutableArray<EndorserSignature> Signatures);

/// <param name="Endorser">Address.</param>
/// <param name="Signature">65 bytes, 0x and 130 hex digits.</param>
[GenerateSerializer, Immutable, Alias("pythia.EndorserSignature")]
public sealed record EndorserSignature([property: Id(0)] string Endorser, [property: Id(1)] string Signature);

/// <summary>What the desk made of what it was handed.</summary>
/// <param name="Digest">Of the terms; null where they can't be read.</param>
/// <param name="Detail">The thing, the value found and the value expected; empty when accepted.</param>
[GenerateSerializer, Immutable, Alias("pythia.DeskReceipt")]
public sealed record DeskReceipt(
    [property: Id(0)] DeskVerdict Verdict,
    [property: Id(1)] string? Digest,
    [property: Id(2)] string Detail);

/// <summary>Why the desk took something or not. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum DeskVerdict
{
    /// <summary>Stored.</summary>
    Accepted = 0,

    /// <summary>The same endorser has signed it before.</summary>
    AlreadyAccepted = 1,

    /// <summary>A member is out of form, or the evidence is not what its hash says.</summary>
    Malformed = 2,

    /// <summary>No present endorser signed this; endorsers that are contracts sign by other means.</summary>
    NotAnEndorser = 3,

    /// <summary>The deadline or the key's end has passed, or is too far away.</summary>
    Expired = 4,

    /// <summary>The key is registered, or has ended; or its measurement or configuration does not stand.</summary>
    WrongState = 5,

    /// <summary>There is no such proposal (any more).</summary>
    Unknown = 6,
}
