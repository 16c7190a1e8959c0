using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Verifier.Passports;

/// <summary>What is wrong with the claims of a passport.</summary>
public enum PassportClaimsError
{
    None = 0,

    /// <summary>Not deterministic CBOR, or too long: a claim twice or out of order is that too.</summary>
    NotDeterministicCbor,

    /// <summary>A claim that is no part of this profile: it might matter, so none is passed over.</summary>
    UnknownClaim,

    /// <summary>A claim is missing, or has another form than the CDDL's.</summary>
    Form,

    /// <summary>Another <c>eat_profile</c>.</summary>
    Profile,
}

/// <summary>
/// What a verifier says of one enclave: a claims set of CWT (RFC 8392) and EAT (RFC 9711), about 330 bytes of deterministic CBOR, keys in bytewise
/// order and no others.
/// </summary>
/// <remarks><code>
/// passport = [bstr .cbor {1: -7, 4: bstr .size 8}, {}, bstr .cbor claims, bstr .size 64]      ; COSE_Sign1 (RFC 9052), ES256, low s
/// external_aad = bstr .cbor ["pythia/passport/1"]
/// claims = {
///     2: tstr .regexp "[a-z0-9.-]{1,32}",         ; sub: who operates the enclave, by the verifier's word
///     4: uint, 6: uint,                           ; exp, iat: Unix seconds, iat &lt; exp
///     8: {1: {1: 2, -1: 1, -2: x, -3: y}},        ; cnf (RFC 8747): COSE_Key that signs answers; x, y: bstr .size 32
///   ? 10: bstr .size 8,                           ; eat_nonce: of the device that asked
///     256: bstr .size 17,                         ; ueid: 0x01 ‖ SHA-256("pythia/platform/1" ‖ PPID)[0..15]
///     263: 0 / 1,                                 ; dbgstat: 0 a debug enclave, 1 not
///     265: "tag:pythia.invalid,2026:passport",    ; eat_profile
///     1000: 0 / 2 / 32 / 96,                      ; ear.status: none, affirming, warning, contraindicated
///     -65537: [measurement: bstr .size 32, configuration: bstr .size 32, anchor: bstr .size 32, agreement: bstr .size 33, tcb: 1..7],
/// }
/// </code></remarks>
public sealed record Passport
{
    /// <summary>The <c>eat_profile</c>.</summary>
    public const string Profile = "tag:pythia.invalid,2026:passport";

    public const int HashBytes = 32;
    public const int NonceBytes = 8;
    public const int PlatformBytes = 16;
    public const int AgreementKeyBytes = 33;
    public const int MostOperatorCharacters = 32;

    /// <summary>Longest claims: 347 bytes; the rest is room.</summary>
    public const int MaxBytes = 384;

    internal const int CoordinateBytes = 32;
    internal const byte UeidRandom = 0x01; // RFC 9711 §4.2.1.1
    internal const long PythiaClaim = -65537; // private use, RFC 8392 §9.1

    /// <summary>Who operates the enclave, 1 to 32 of a–z, 0–9, dot and hyphen: two names are two operators by the verifier's word.</summary>
    public required string Operator { get; init; }

    /// <summary>Unix seconds of the verifier's clock.</summary>
    public required ulong IssuedUnixSeconds { get; init; }

    /// <summary>Unix seconds; the first at which it holds no more.</summary>
    public required ulong ExpiresUnixSeconds { get; init; }

    /// <summary>P-256 x ‖ y, 64 bytes: signs answers.</summary>
    public required ImmutableArray<byte> SigningKey { get; init; }

    /// <summary>P-256, 33 bytes: 2 + (y mod 2) ‖ x (SEC 1 §2.3.3), for key agreement.</summary>
    public required ImmutableArray<byte> AgreementKey { get; init; }

    /// <summary>8 bytes of the device that asked; null in a passport that may be stored and shown to any.</summary>
    public ImmutableArray<byte>? Nonce { get; init; }

    /// <summary>16 bytes, <see cref="PlatformOf"/>.</summary>
    public required ImmutableArray<byte> Platform { get; init; }

    /// <summary>True for an enclave whose memory its host can read.</summary>
    public required bool IsDebug { get; init; }

    public required PassportTier Tier { get; init; }

    public required PlatformStatus PlatformStatus { get; init; }

    /// <summary>MRENCLAVE, 32 bytes.</summary>
    public required ImmutableArray<byte> Measurement { get; init; }

    /// <summary>32 bytes, <see cref="EnclaveConfiguration.ComputeHash"/>.</summary>
    public required ImmutableArray<byte> ConfigurationHash { get; init; }

    /// <summary>32 bytes, <see cref="Attestation.EnclaveAnchor.ComputeHash"/>; the verifier has appraised it.</summary>
    public required ImmutableArray<byte> AnchorHash { get; init; }

    /// <summary>The name of a platform in passports and allow-lists: the first 16 bytes of SHA-256("pythia/platform/1" ‖ PPID).</summary>
    /// <param name="ppid">16 bytes, from the PCK certificate.</param>
    public static ImmutableArray<byte> PlatformOf(ReadOnlySpan<byte> ppid)
        => [.. SHA256.HashData([.. "pythia/platform/1"u8, .. ppid]).AsSpan(0, PlatformBytes)];

    /// <summary>SEC 1 §2.3.3: 33 bytes of x ‖ y, 64 bytes.</summary>
    public static ImmutableArray<byte> Compress(ReadOnlySpan<byte> publicKey)
        => publicKey.Length == 2 * CoordinateBytes
            ? [(byte)(2 + (publicKey[^1] & 1)), .. publicKey[..CoordinateBytes]]
            : throw new ArgumentException($"{publicKey.Length} bytes found, 64 expected", nameof(publicKey));

    /// <summary>The claims' deterministic CBOR. What the members' comments state is not checked here; <see cref="Decode"/> refuses it.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter().Map(Nonce is null ? 9 : 10)
            .Unsigned(2).Text(Operator)
            .Unsigned(4).Unsigned(ExpiresUnixSeconds)
            .Unsigned(6).Unsigned(IssuedUnixSeconds)
            .Unsigned(8).Map(1).Unsigned(1).Map(4)
                .Unsigned(1).Unsigned(2)
                .Integer(-1).Unsigned(1)
                .Integer(-2).Bytes(SigningKey.AsSpan()[..CoordinateBytes])
                .Integer(-3).Bytes(SigningKey.AsSpan()[CoordinateBytes..]);
        if (Nonce is { } nonce)
        {
            writer.Unsigned(10).Bytes(nonce.AsSpan());
        }

        return writer
            .Unsigned(256).Bytes([UeidRandom, .. Platform])
            .Unsigned(263).Unsigned(IsDebug ? 0UL : 1UL)
            .Unsigned(265).Text(Profile)
            .Unsigned(1000).Unsigned((ulong)Tier)
            .Integer(PythiaClaim).Array(5)
                .Bytes(Measurement.AsSpan())
                .Bytes(ConfigurationHash.AsSpan())
                .Bytes(AnchorHash.AsSpan())
                .Bytes(AgreementKey.AsSpan())
                .Unsigned((ulong)PlatformStatus)
            .ToArray();
    }

    /// <summary>Reads claims; any bytes get an answer. Whether the keys are points of the curve is the check's business.</summary>
    public static PassportClaimsError Decode(ReadOnlySpan<byte> encoded, out Passport? passport)
    {
        passport = null;
        var keys = new CborReader(encoded, MaxBytes);
        if (keys.Error != CborError.None)
        {
            return PassportClaimsError.NotDeterministicCbor;
        }

        return HasUnknownClaim(ref keys) ? PassportClaimsError.UnknownClaim : PassportReader.Read(encoded, out passport);
    }

    /// <summary>True for 1 to 32 of a–z, 0–9, dot and hyphen.</summary>
    public static bool IsOperator(string name)
        => name.Length is >= 1 and <= MostOperatorCharacters && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '-');

    private static bool HasUnknownClaim(ref CborReader reader)
    {
        if (!reader.TryReadMap(0, int.MaxValue, out var count))
        {
            return false; // no map: the form is wrong
        }

        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadEncoded(out var key) || !IsKnown(key))
            {
                return true;
            }

            reader.TryReadEncoded(out _);
        }

        return false;
    }

    private static bool IsKnown(ReadOnlySpan<byte> key)
    {
        var reader = new CborReader(key, key.Length);
        return reader.IsUnsigned
            ? reader.TryReadUnsigned(out var number) && number is 2 or 4 or 6 or 8 or 10 or 256 or 263 or 265 or 1000
            : reader.TryReadNegative(out var negative) && negative == PythiaClaim;
    }
}
