using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Silo.Endorsing;

/// <summary>What an endorser goes by.</summary>
/// <param name="Policy">Whom it vouches for, and who runs which platform.</param>
/// <param name="KeyLifetime">How long a key may be good at most: 2 to 90 days.</param>
/// <param name="OpenTime">How long its own proposals stay open.</param>
internal sealed record EndorserTerms(PassportPolicy Policy, TimeSpan KeyLifetime, TimeSpan OpenTime);

/// <summary>What evidence says of an enclave by one endorser's policy, or why that endorser does not stand for it. Pure.</summary>
/// <param name="Claims">Null with any reason.</param>
/// <param name="Evidence">Null where the bytes are none.</param>
/// <param name="EvidenceHash">SHA-256 of the bytes.</param>
/// <param name="Reasons">Each by its name, then what was found and expected; empty with claims.</param>
internal sealed record EnclaveLook(Passport? Claims, EnclaveEvidence? Evidence, Hash32 EvidenceHash, ImmutableArray<string> Reasons)
{
    /// <summary>
    /// What a registration must hold at the least, whenever within its deadline it is sent: a key is registered once, so that one which is over after a minute is over for ever.
    /// </summary>
    public static readonly TimeSpan LeastLifetime = TimeSpan.FromDays(1);

    // How long a proposal of one's own can be open at the least.
    private static readonly TimeSpan LeastOpen = TimeSpan.FromHours(1);

    public static EnclaveLook At(byte[] evidenceBytes, EndorserTerms terms, TimeSpan lifetime, DateTimeOffset now)
    {
        var hash = Hash32.FromSpan(SHA256.HashData(evidenceBytes));
        var error = EnclaveEvidence.Decode(evidenceBytes, out var evidence);
        if (error != CborError.None) return new(null, null, hash, [$"{nameof(PassportRefusal.EvidenceMalformed)}: {evidenceBytes.Length} bytes that are no evidence: {error}"]);

        // When the key ends is the host's word, bound by no quote: it can't shorten what is registered.
        evidence = evidence! with { KeyEndsUnixSeconds = null };

        // Fresh by one's own nonce (FindOthers); another's evidence is judged beside a look of one's own, and need not be.
        var verdict = EvidenceJudge.Judge(evidence, terms.Policy, QuoteFreshness.OwnNonce, now, lifetime);
        return new(verdict.Claims, evidence, hash, [.. verdict.Reasons.Select(reason => $"{reason.Name}: {reason.Detail}")]);
    }

    /// <summary>What is wrong with a look that was to be at this key, for this nonce, and is to be registered now.</summary>
    public ImmutableArray<string> FindOthers(byte[] signingKey, byte[] nonce, DateTimeOffset now)
    {
        if (Claims is null) return Reasons;

        var reasons = ImmutableArray.CreateBuilder<string>();
        if (!Claims.SigningKey.AsSpan().SequenceEqual(signingKey)) reasons.Add($"KeyMismatch: evidence of {Hex.Format(Claims.SigningKey.AsSpan())} found, of {Hex.Format(signingKey)} expected");
        if (Claims.Nonce is not { } bound || !bound.AsSpan().SequenceEqual(nonce))
            reasons.Add($"NonceMismatch: {(Claims.Nonce is { } other ? Hex.Format(other.AsSpan()) : "none")} found, {Hex.Format(nonce)} expected");

        // Collateral that is nearly over is genuine too, and a gateway picks what it shows.
        if (EndsAt < now + LeastLifetime + LeastOpen) reasons.Add($"EndsTooSoon: {EndsAt:u} found, {now + LeastLifetime + LeastOpen:u} or later expected");
        return reasons.ToImmutable();
    }

    /// <summary>When a proposal of this look has to be closed: as one wants it, and so that it is worth its place whenever it is sent.</summary>
    public ulong DeadlineOf(DateTimeOffset now, TimeSpan open)
        => (ulong)Math.Min((now + open).ToUnixTimeSeconds(), (EndsAt - LeastLifetime).ToUnixTimeSeconds());

    private DateTimeOffset EndsAt => DateTimeOffset.FromUnixTimeSeconds((long)Claims!.ExpiresUnixSeconds);

    /// <summary>The act that this look is ready to sign.</summary>
    public RegisterKeyAct ToAct(Address contract, ulong deadline)
    {
        var key = Claims!.SigningKey.AsSpan();
        var registration = new KeyRegistration(
            Hash32.FromSpan(key[..32]),
            Hash32.FromSpan(key[32..]),
            Hash32.FromSpan(SHA256.HashData(Evidence!.Binding.AgreementKey.Span)),
            0,
            0,
            KeyRegistration.OperatorOf(Claims.Operator),
            Claims.ExpiresUnixSeconds,
            EvidenceHash);
        return new RegisterKeyAct(contract, deadline, registration, Hash32.FromSpan(Claims.Measurement.AsSpan()), Hash32.FromSpan(Claims.ConfigurationHash.AsSpan()));
    }
}
