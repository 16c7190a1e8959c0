namespace Pythia.Ethereum;

/// <summary>ECDSA on secp256k1 over public data: recovering and checking, never signing (SEC 1, 4.1.4 and 4.1.6).</summary>
/// <remarks>Pure: no heap, any bytes of the right lengths get an answer. High s is arithmetically valid and taken here;
/// <see cref="EcdsaSignature"/> refuses it for owners' signatures. Time depends on the values: never give it a secret.</remarks>
public static class Secp256k1
{
    /// <summary>r 32, s 32, big-endian.</summary>
    public const int SignatureSize = 64;

    /// <summary>x 32, y 32, big-endian.</summary>
    public const int PublicKeySize = 64;

    /// <summary>Finds the key that signed.</summary>
    /// <param name="hash32">32 bytes: what was signed, hashed.</param>
    /// <param name="signature64">64 bytes: r ‖ s.</param>
    /// <param name="recoveryId">Bit 0: y of the signature's point is odd; bit 1: its x was r + n.</param>
    /// <param name="publicKey64">64 bytes: x ‖ y; written only when true.</param>
    /// <returns>False if r or s is 0 or not below n, if the recovery id names no point, or if a length is wrong.</returns>
    public static bool TryRecover(ReadOnlySpan<byte> hash32, ReadOnlySpan<byte> signature64, int recoveryId, Span<byte> publicKey64)
    {
        if (hash32.Length != Hash32.Size || publicKey64.Length != PublicKeySize || recoveryId is < 0 or > 3) return false;
        if (!TryReadSignature(signature64, out var r, out var s)) return false;

        // 1. the signature's point, from r and the recovery id
        var xLimbs = r.Value;
        if ((recoveryId & 2) != 0 && Limbs.Add(xLimbs, CurveScalar.Modulus, out xLimbs) != 0) return false;
        if (!CurveField.TryCreate(xLimbs, out var x) || !AffinePoint.TryFromX(x, (recoveryId & 1) != 0, out var point)) return false;

        // 2. Q = (s·R − z·G) / r
        var inverse = r.Invert();
        var z = CurveScalar.FromHash(Limbs.Read(hash32));
        var key = CurvePoint.MultiplyAdd((z * inverse).Negate(), s * inverse, point);
        if (key.IsInfinity) return false;

        var affine = key.ToAffine();
        affine.X.Write(publicKey64);
        affine.Y.Write(publicKey64[32..]);
        return true;
    }

    /// <inheritdoc cref="TryRecover(ReadOnlySpan{byte}, ReadOnlySpan{byte}, int, Span{byte})"/>
    public static bool TryRecover(Hash32 hash32, ReadOnlySpan<byte> signature64, int recoveryId, Span<byte> publicKey64)
    {
        Span<byte> hash = stackalloc byte[Hash32.Size];
        hash32.CopyTo(hash);
        return TryRecover(hash, signature64, recoveryId, publicKey64);
    }

    /// <summary>Says whether the key signed the hash.</summary>
    /// <param name="hash32">32 bytes: what was signed, hashed.</param>
    /// <param name="signature64">64 bytes: r ‖ s.</param>
    /// <param name="publicKey64">64 bytes: x ‖ y.</param>
    /// <returns>False also for any wrong length, r or s out of range, and a key that is no point of the curve.</returns>
    public static bool Verify(ReadOnlySpan<byte> hash32, ReadOnlySpan<byte> signature64, ReadOnlySpan<byte> publicKey64)
    {
        if (hash32.Length != Hash32.Size || !TryReadSignature(signature64, out var r, out var s)) return false;
        if (!TryReadPublicKey(publicKey64, out var key)) return false;

        var inverse = s.Invert();
        var z = CurveScalar.FromHash(Limbs.Read(hash32));
        var point = CurvePoint.MultiplyAdd(z * inverse, r * inverse, key);
        return !point.IsInfinity && HasXCongruentTo(point, r);
    }

    /// <summary>Says whether 64 bytes x ‖ y are a point of the curve.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> publicKey64) => TryReadPublicKey(publicKey64, out _);

    private static bool TryReadSignature(ReadOnlySpan<byte> signature64, out CurveScalar r, out CurveScalar s)
    {
        r = default;
        s = default;
        return signature64.Length == SignatureSize
            && CurveScalar.TryCreate(Limbs.Read(signature64), out r) && !r.IsZero
            && CurveScalar.TryCreate(Limbs.Read(signature64[32..]), out s) && !s.IsZero;
    }

    private static bool TryReadPublicKey(ReadOnlySpan<byte> publicKey64, out AffinePoint key)
    {
        key = default;
        if (publicKey64.Length != PublicKeySize
            || !CurveField.TryCreate(Limbs.Read(publicKey64), out var x)
            || !CurveField.TryCreate(Limbs.Read(publicKey64[32..]), out var y)) return false;

        key = new AffinePoint(x, y);
        return key.IsOnCurve();
    }

    // x mod n = r means x = r or, where that is below p, x = r + n; compared times Z², which saves an inversion.
    private static bool HasXCongruentTo(in CurvePoint point, in CurveScalar r)
    {
        var zz = point.Z * point.Z;
        if (CurveField.TryCreate(r.Value, out var x) && x * zz == point.X) return true;

        return Limbs.Add(r.Value, CurveScalar.Modulus, out var sum) == 0
            && CurveField.TryCreate(sum, out x)
            && x * zz == point.X;
    }
}
