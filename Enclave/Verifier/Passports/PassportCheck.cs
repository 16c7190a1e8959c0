using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Passports;

/// <summary>Why a passport is not taken. The numbers may be stored: add at the end.</summary>
public enum PassportFault
{
    None = 0,

    /// <summary>Not deterministic CBOR, cut short, or with something behind it.</summary>
    NotDeterministicCbor = 1,

    /// <summary>Not a COSE_Sign1 of this protocol.</summary>
    NotSign1 = 2,

    /// <summary>The protected header is not exactly ES256 and an 8-byte key id.</summary>
    ProtectedHeader = 3,

    /// <summary>The unprotected header is not empty.</summary>
    UnprotectedHeader = 4,

    /// <summary>s is in the upper half.</summary>
    HighS = 5,

    /// <summary>No pinned verifier signed it.</summary>
    Signature = 6,

    /// <summary>The signed claims are not of the stated form: missing, twice, out of order.</summary>
    Claims = 7,

    /// <summary>A claim that is no part of the profile.</summary>
    UnknownClaim = 8,

    /// <summary>Another <c>eat_profile</c>.</summary>
    Profile = 9,

    /// <summary>A key in it is no point of P-256.</summary>
    Key = 10,

    /// <summary>It is for a device that sent another nonce, or a nonce is due and there is none.</summary>
    Nonce = 11,

    /// <summary>It is valid for longer than the expectation takes.</summary>
    Lifetime = 12,

    /// <summary>It was issued later than it can be now.</summary>
    NotYetValid = 13,

    /// <summary>It is over.</summary>
    Expired = 14,

    /// <summary>The enclave answers for another configuration.</summary>
    Configuration = 15,

    /// <summary>The enclave runs other code than is pinned.</summary>
    Measurement = 16,

    /// <summary>The host of a debug enclave reads its keys.</summary>
    Debug = 17,

    /// <summary>The verifier stands behind it less than is due.</summary>
    Tier = 18,

    /// <summary>The platform is none of the pinned ones.</summary>
    Platform = 19,

    /// <summary>For whoever judges evidence without a passport: it does not hold, or the own policy refuses it.</summary>
    Evidence = 20,
}

/// <summary>What a device expects of a passport. Nothing in a passport changes it.</summary>
public sealed record PassportExpectation
{
    /// <summary>32 bytes.</summary>
    public required ReadOnlyMemory<byte> ConfigurationHash { get; init; }

    /// <summary>MRENCLAVEs taken, 32 bytes each; none takes none.</summary>
    public required IReadOnlyList<byte[]> Measurements { get; init; }

    /// <summary>Platforms taken, 16 bytes each as <see cref="Passport.PlatformOf"/> makes them; null takes any that the verifier takes.</summary>
    public IReadOnlyList<byte[]>? Platforms { get; init; }

    /// <summary>The least tier taken. Default <see cref="PassportTier.Affirming"/>.</summary>
    public PassportTier LeastTier { get; init; } = PassportTier.Affirming;

    /// <summary>True takes debug enclaves: for development only.</summary>
    public bool AllowDebug { get; init; }

    /// <summary>8 bytes that the passport must carry; null takes one with or without any.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; init; }

    /// <summary>Unix seconds that it is by now, or later: the time of a head, or a clock less its error.</summary>
    public ulong NowAtLeast { get; init; }

    /// <summary>Unix seconds that it is by now at most: a clock and its error. Default: unknown.</summary>
    public ulong NowAtMost { get; init; } = ulong.MaxValue;

    /// <summary>Longest time from issue to expiry that is taken, in seconds. Default 7 days.</summary>
    public ulong MostLifetimeSeconds { get; init; } = 7 * 24 * 60 * 60;
}

/// <summary>The verdict on a passport.</summary>
/// <param name="Fault"><see cref="PassportFault.None"/> for one that is taken.</param>
/// <param name="Detail">For people: what was found, what was expected.</param>
/// <param name="Passport">What the verifier signed; only when it is taken.</param>
public sealed record PassportVerdict(PassportFault Fault, string Detail, Passport? Passport)
{
    public bool IsTaken => Fault == PassportFault.None;
}

/// <summary>Says whether bytes are a passport by a pinned verifier that meets an expectation. Pure; any bytes get a verdict.</summary>
public static class PassportCheck
{
    /// <summary>Checks form, signature, claims, keys, nonce, times, configuration, measurement, debug, tier and platform, in this order.</summary>
    /// <param name="passport">COSE_Sign1 bytes; untrusted.</param>
    /// <param name="verifierKey">The verifier's key, pinned; never from the passport.</param>
    /// <param name="expectation">What is expected.</param>
    public static PassportVerdict Check(ReadOnlySpan<byte> passport, Es256Key verifierKey, PassportExpectation expectation)
    {
        var verdict = CheckSigned(passport, verifierKey);
        return verdict.IsTaken ? Appraise(verdict.Passport!, expectation) : verdict;
    }

    /// <summary>The first half: form, signature, claims and keys. What it says is signed, and not yet what anyone expects.</summary>
    public static PassportVerdict CheckSigned(ReadOnlySpan<byte> passport, Es256Key verifierKey)
    {
        // 1. form
        var form = SignedPassport.Decode(passport, out var signed);
        if (form != SignedAnswerError.None) return Wrong(FaultOf(form), $"{passport.Length} bytes that are no passport: {form}");

        // 2. signature
        if (!Es256Key.IsLowS(signed!.Signature)) return Wrong(PassportFault.HighS, "s is above half of the curve's order");
        if (!verifierKey.Verify(SignedPassport.ToBeSigned(signed.KeyId, signed.Body), signed.Signature))
        {
            return Wrong(PassportFault.Signature, $"signed with key {Hex.Format(signed.KeyId)} by its own word, checked with {Hex.Format(verifierKey.KeyId.Span)}");
        }

        // 3. claims
        var error = Passport.Decode(signed.Body, out var claims);
        if (error != PassportClaimsError.None) return Wrong(FaultOf(error), $"{signed.Body.Length} bytes that are no claims of a passport: {error}");

        // 4. keys
        using var signingKey = Es256Key.TryImport(claims!.SigningKey.AsSpan());
        return signingKey is null
            ? Wrong(PassportFault.Key, $"{Hex.Format(claims.SigningKey.AsSpan())} found, a point of P-256 expected")
            : new PassportVerdict(PassportFault.None, "", claims);
    }

    /// <summary>The second half: whether what a verifier signed, or what an own check of the evidence found, is what is expected.</summary>
    public static PassportVerdict Appraise(Passport passport, PassportExpectation expectation)
    {
        var (fault, detail) = FindFault(passport, expectation);
        return fault == PassportFault.None ? new PassportVerdict(fault, "", passport) : Wrong(fault, detail);
    }

    private static (PassportFault Fault, string Detail) FindFault(Passport passport, PassportExpectation expectation)
        => FindFaultOfTime(passport, expectation)
            ?? (!IsSame(passport.ConfigurationHash, expectation.ConfigurationHash.Span)
                    ? (PassportFault.Configuration, $"{Show(passport.ConfigurationHash)} found, {Hex.Format(expectation.ConfigurationHash.Span)} expected")
                : !Contains(expectation.Measurements, passport.Measurement)
                    ? (PassportFault.Measurement, $"{Show(passport.Measurement)} found, {Show(expectation.Measurements)} expected")
                : passport.IsDebug && !expectation.AllowDebug
                    ? (PassportFault.Debug, "a debug enclave found, whose host reads its keys")
                : !IsEnough(passport.Tier, expectation.LeastTier)
                    ? (PassportFault.Tier, $"{passport.Tier} (platform {passport.PlatformStatus}) found, {expectation.LeastTier} or better expected")
                : expectation.Platforms is { } platforms && !Contains(platforms, passport.Platform)
                    ? (PassportFault.Platform, $"{Show(passport.Platform)} found, {Show(platforms)} expected")
                : (PassportFault.None, ""));

    private static (PassportFault Fault, string Detail)? FindFaultOfTime(Passport passport, PassportExpectation expectation)
    {
        if (expectation.Nonce is { } nonce && !(passport.Nonce is { } found && IsSame(found, nonce.Span)))
            return (PassportFault.Nonce, $"{(passport.Nonce is { } other ? Show(other) : "none")} found, {Hex.Format(nonce.Span)} expected");

        var lifetime = passport.ExpiresUnixSeconds - passport.IssuedUnixSeconds;
        return lifetime > expectation.MostLifetimeSeconds ? (PassportFault.Lifetime, $"{lifetime} s found, {expectation.MostLifetimeSeconds} s at most expected")
            : passport.IssuedUnixSeconds > expectation.NowAtMost ? (PassportFault.NotYetValid, $"issued at {passport.IssuedUnixSeconds}, and it is {expectation.NowAtMost} at most")
            : passport.ExpiresUnixSeconds <= expectation.NowAtLeast ? (PassportFault.Expired, $"over at {passport.ExpiresUnixSeconds}, and it is {expectation.NowAtLeast} at least")
            : null;
    }

    // Affirming, then Warning, then None; Contraindicated is never enough.
    private static bool IsEnough(PassportTier found, PassportTier least) => Rank(found) is { } rank && rank >= (Rank(least) ?? int.MaxValue);

    private static int? Rank(PassportTier tier) => tier switch
    {
        PassportTier.Affirming => 2,
        PassportTier.Warning => 1,
        PassportTier.None => 0,
        _ => null,
    };

    private static PassportFault FaultOf(SignedAnswerError error) => error switch
    {
        SignedAnswerError.NotDeterministicCbor => PassportFault.NotDeterministicCbor,
        SignedAnswerError.ProtectedHeader => PassportFault.ProtectedHeader,
        SignedAnswerError.UnprotectedHeader => PassportFault.UnprotectedHeader,
        _ => PassportFault.NotSign1,
    };

    private static PassportFault FaultOf(PassportClaimsError error) => error switch
    {
        PassportClaimsError.UnknownClaim => PassportFault.UnknownClaim,
        PassportClaimsError.Profile => PassportFault.Profile,
        _ => PassportFault.Claims,
    };

    private static PassportVerdict Wrong(PassportFault fault, string detail) => new(fault, detail, null);

    private static bool IsSame(ImmutableArray<byte> found, ReadOnlySpan<byte> expected) => found.AsSpan().SequenceEqual(expected);

    private static bool Contains(IReadOnlyList<byte[]> allowed, ImmutableArray<byte> found) => allowed.Any(one => IsSame(found, one));

    private static string Show(ImmutableArray<byte> bytes) => Hex.Format(bytes.AsSpan());

    private static string Show(IReadOnlyList<byte[]> list) => list.Count == 0 ? "none" : string.Join(" or ", list.Select(one => Hex.Format(one)));
}
