using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Verifier.Passports;

/// <summary>Reads a passport's claims in the order in which <see cref="Passport"/> draws them. That they are deterministic CBOR and all known is checked before.</summary>
internal static class PassportReader
{
    private const int ClaimsWithoutNonce = 9;
    private const ulong EllipticCurve = 2; // COSE key type EC2, RFC 9053 §7.1
    private const ulong P256 = 1; // COSE elliptic curve, RFC 9053 §7.1

    public static PassportClaimsError Read(ReadOnlySpan<byte> encoded, out Passport? passport)
    {
        passport = null;
        var reader = new CborReader(encoded, Passport.MaxBytes);
        if (!reader.TryReadMap(ClaimsWithoutNonce, ClaimsWithoutNonce + 1, out var count)
            || !IsKey(ref reader, 2) || !reader.TryReadText(out var name) || !Passport.IsOperator(name)
            || !IsKey(ref reader, 4) || !reader.TryReadUnsigned(out var expires)
            || !IsKey(ref reader, 6) || !reader.TryReadUnsigned(out var issued) || issued >= expires
            || !IsKey(ref reader, 8) || !TryReadConfirmation(ref reader, out var signingKey)
            || !TryReadNonce(ref reader, count > ClaimsWithoutNonce, out var nonce)
            || !IsKey(ref reader, 256) || !reader.TryReadBytes(1 + Passport.PlatformBytes, out var ueid) || ueid[0] != Passport.UeidRandom
            || !IsKey(ref reader, 263) || !reader.TryReadUnsigned(out var debugStatus) || debugStatus > 1
            || !IsKey(ref reader, 265) || !reader.TryReadText(out var profile))
        {
            return PassportClaimsError.Form;
        }

        if (!string.Equals(profile, Passport.Profile, StringComparison.Ordinal)) return PassportClaimsError.Profile;

        if (!IsKey(ref reader, 1000) || !reader.TryReadUnsigned(out var tier) || !Enum.IsDefined((PassportTier)tier)
            || !reader.TryReadNegative(out var own) || own != Passport.PythiaClaim
            || !reader.TryReadArray(5)
            || !reader.TryReadBytes(Passport.HashBytes, out var measurement)
            || !reader.TryReadBytes(Passport.HashBytes, out var configuration)
            || !reader.TryReadBytes(Passport.HashBytes, out var anchor)
            || !reader.TryReadBytes(Passport.AgreementKeyBytes, out var agreementKey) || agreementKey[0] is not (2 or 3)
            || !reader.TryReadUnsigned(out var status) || status is < (ulong)PlatformStatus.UpToDate or > (ulong)PlatformStatus.Revoked)
        {
            return PassportClaimsError.Form;
        }

        passport = new Passport
        {
            Operator = name,
            ExpiresUnixSeconds = expires,
            IssuedUnixSeconds = issued,
            SigningKey = [.. signingKey],
            Nonce = nonce is null ? null : [.. nonce],
            Platform = [.. ueid[1..]],
            IsDebug = debugStatus == 0,
            Tier = (PassportTier)tier,
            Measurement = [.. measurement],
            ConfigurationHash = [.. configuration],
            AnchorHash = [.. anchor],
            AgreementKey = [.. agreementKey],
            PlatformStatus = (PlatformStatus)status,
        };
        return PassportClaimsError.None;
    }

    private static bool IsKey(ref CborReader reader, ulong key) => reader.TryReadUnsigned(out var found) && found == key;

    private static bool TryReadNonce(ref CborReader reader, bool isDue, out byte[]? nonce)
    {
        nonce = null;
        if (!isDue) return true;
        if (!IsKey(ref reader, 10) || !reader.TryReadBytes(Passport.NonceBytes, out var bytes)) return false;

        nonce = bytes.ToArray();
        return true;
    }

    // {1: {1: 2, -1: 1, -2: x, -3: y}}
    private static bool TryReadConfirmation(ref CborReader reader, out byte[] publicKey)
    {
        publicKey = [];
        if (!reader.TryReadMap(1, 1, out _) || !IsKey(ref reader, 1) || !reader.TryReadMap(4, 4, out _)
            || !IsKey(ref reader, 1) || !reader.TryReadUnsigned(out var type) || type != EllipticCurve
            || !reader.TryReadNegative(out var curveKey) || curveKey != -1 || !reader.TryReadUnsigned(out var curve) || curve != P256
            || !reader.TryReadNegative(out var xKey) || xKey != -2 || !reader.TryReadBytes(Passport.CoordinateBytes, out var x)
            || !reader.TryReadNegative(out var yKey) || yKey != -3 || !reader.TryReadBytes(Passport.CoordinateBytes, out var y))
        {
            return false;
        }

        publicKey = [.. x, .. y];
        return true;
    }
}
