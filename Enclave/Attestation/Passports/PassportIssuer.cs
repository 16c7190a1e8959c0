using System.Collections.Immutable;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Enclave.Attestation.Passports;

/// <summary>A passport, or every reason against one.</summary>
/// <param name="Passport">COSE_Sign1 bytes; null with any reason.</param>
/// <param name="Claims">What it says; null with any reason.</param>
/// <param name="Reasons">Empty with a passport.</param>
public sealed record PassportOutcome(byte[]? Passport, Passport? Claims, ImmutableArray<PolicyReason> Reasons)
{
    public bool IsIssued => Passport is not null;

    /// <summary>All reasons on one line, for people.</summary>
    public string Describe() => string.Join("; ", Reasons.Select(reason => $"{reason.Name}: {reason.Detail}"));
}

/// <summary>
/// An attestation verifier (RFC 9334): evidence in, a signed passport out, or why not. It signs for quotes over a challenge of its own that is not over, and for no
/// others. Safe for concurrent calls.
/// </summary>
/// <param name="policy">Whom to vouch for.</param>
/// <param name="signer">The verifier's key; the caller disposes of it.</param>
/// <param name="lifetime">How long a passport holds at most.</param>
/// <param name="challengeLifetime">How old a challenge may be.</param>
/// <param name="time">A clock to be trusted.</param>
public sealed class PassportIssuer(PassportPolicy policy, PassportSigner signer, TimeSpan lifetime, TimeSpan challengeLifetime, TimeProvider time)
{
    private readonly PassportChallenges _challenges = signer.DeriveChallenges(challengeLifetime);
    private readonly CollateralCache _cache = new();

    /// <summary>x ‖ y, 64 bytes: what devices pin.</summary>
    public ReadOnlyMemory<byte> PublicKey => signer.PublicKey;

    /// <summary>How long a challenge holds.</summary>
    public TimeSpan ChallengeLifetime => _challenges.Lifetime;

    /// <summary>24 bytes that a quote's nonce ends with, for evidence that is to be judged within <see cref="ChallengeLifetime"/>.</summary>
    public byte[] MakeChallenge() => _challenges.Make(time.GetUtcNow());

    /// <summary>Judges encoded evidence; any bytes get an outcome.</summary>
    public PassportOutcome Issue(ReadOnlySpan<byte> evidence)
    {
        var error = EnclaveEvidence.Decode(evidence, out var read);
        return error == CborError.None
            ? Issue(read!)
            : new PassportOutcome(null, null, [new PolicyReason(nameof(PassportRefusal.EvidenceMalformed), $"{evidence.Length} bytes that are no evidence: {error}")]);
    }

    /// <summary>Judges evidence at this moment and signs what was found.</summary>
    public PassportOutcome Issue(EnclaveEvidence evidence)
    {
        var verdict = EvidenceJudge.Judge(evidence, policy, QuoteFreshness.Challenged(_challenges), time.GetUtcNow(), lifetime, _cache);
        return verdict.Claims is { } claims
            ? new PassportOutcome(signer.Sign(claims), claims, [])
            : new PassportOutcome(null, null, verdict.Reasons);
    }
}
