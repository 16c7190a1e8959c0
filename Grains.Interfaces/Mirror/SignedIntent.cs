using System.Collections.Immutable;

namespace Pythia.Grains.Mirror;

/// <summary>An act as its signer handed it over. Its EIP-712 digest is its id and its idempotency key.</summary>
/// <param name="Act">The act in the JSON form of <c>Pythia.Contracts.Registries.SignedActJson</c>, UTF-8: contract, act, signer, nonce,
/// deadline and the act's own fields. The grain parses it and computes the digest itself.</param>
/// <param name="Signature">65 bytes r ‖ s ‖ v of a key, or the bytes that an ERC-1271 wallet expects (at most 4,096).</param>
[GenerateSerializer, Immutable, Alias("pythia.SignedIntent")]
public sealed record SignedIntent(
    [property: Id(0)] string Act,
    [property: Id(1)] ImmutableArray<byte> Signature);

/// <summary>What became of a submission.</summary>
/// <param name="Verdict">Accepted, or why not.</param>
/// <param name="Digest">0x and 64 hex digits, where the act could be read; follow it at <see cref="IIntentGrain"/>.</param>
/// <param name="Detail">The thing, the value found and the value expected; empty when accepted.</param>
[GenerateSerializer, Immutable, Alias("pythia.IntentReceipt")]
public sealed record IntentReceipt(
    [property: Id(0)] IntentVerdict Verdict,
    [property: Id(1)] string? Digest,
    [property: Id(2)] string Detail);

/// <summary>Why an intent was taken or refused. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum IntentVerdict
{
    /// <summary>Stored; it will be carried out once or reported failed.</summary>
    Accepted = 0,

    /// <summary>The same digest was accepted before; follow that one.</summary>
    AlreadyAccepted = 1,

    /// <summary>The act can't be read: a field is missing, unknown or out of form.</summary>
    Malformed = 2,

    /// <summary>The act names another chain, contract, device, consent or policy than the grain it was handed to.</summary>
    WrongSubject = 3,

    /// <summary>The signature is not the signer's.</summary>
    BadSignature = 4,

    /// <summary>The deadline has passed or is too near to be carried out.</summary>
    Expired = 5,

    /// <summary>The signer may not do this: not the owner, not the grantee, not the publisher.</summary>
    NotAllowed = 6,

    /// <summary>The act carries a grant epoch or device epoch that has moved since.</summary>
    StaleEpoch = 7,

    /// <summary>The state forbids it: already claimed, retired, revoked, expired, unknown.</summary>
    WrongState = 8,

    /// <summary>Too much is waiting; try again later.</summary>
    Busy = 9,
}
