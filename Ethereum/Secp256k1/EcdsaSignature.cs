namespace Pythia.Ethereum;

/// <summary>Why 65 bytes are not an owner's signature. The numbers travel: add at the end.</summary>
public enum SignatureFault
{
    None = 0,

    /// <summary>Not 65 bytes.</summary>
    WrongLength = 1,

    /// <summary>The last byte is neither 27 nor 28.</summary>
    WrongV = 2,

    /// <summary>r or s is zero, or not below the order n.</summary>
    OutOfRange = 3,

    /// <summary>s is above n / 2: the other of two signatures that anyone can make of one (EIP-2).</summary>
    HighS = 4,

    /// <summary>No key belongs to these numbers.</summary>
    NoSuchKey = 5,
}

/// <summary>An Ethereum account's signature of a 32-byte digest: r 32 ‖ s 32 ‖ v 1, s low, v 27 or 28.</summary>
public readonly record struct EcdsaSignature
{
    /// <summary>Bytes of r ‖ s ‖ v.</summary>
    public const int Size = 65;

    private EcdsaSignature(Hash32 r, Hash32 s, byte recoveryId) => (R, S, RecoveryId) = (r, s, recoveryId);

    public Hash32 R { get; }

    public Hash32 S { get; }

    /// <summary>0 or 1: whether y of the signature's point is odd. v is 27 more.</summary>
    public byte RecoveryId { get; }

    /// <summary>Reads r ‖ s ‖ v with the same rules as OpenZeppelin's ECDSA, so that what is taken here is taken by the contracts.</summary>
    public static SignatureFault Check(ReadOnlySpan<byte> signature65, out EcdsaSignature signature)
    {
        signature = default;
        if (signature65.Length != Size) return SignatureFault.WrongLength;
        if (signature65[64] is not (27 or 28)) return SignatureFault.WrongV;
        return Check(signature65[..64], signature65[64] - 27, out signature);
    }

    /// <summary>Reads r ‖ s with its recovery id, 0 or 1.</summary>
    public static SignatureFault Check(ReadOnlySpan<byte> signature64, int recoveryId, out EcdsaSignature signature)
    {
        signature = default;
        if (signature64.Length != Secp256k1.SignatureSize) return SignatureFault.WrongLength;
        if (recoveryId is not (0 or 1)) return SignatureFault.WrongV;
        if (!CurveScalar.TryCreate(Limbs.Read(signature64), out var r) || r.IsZero) return SignatureFault.OutOfRange;
        if (!CurveScalar.TryCreate(Limbs.Read(signature64[32..]), out var s) || s.IsZero) return SignatureFault.OutOfRange;
        if (Limbs.IsBelow(CurveScalar.Half, s.Value)) return SignatureFault.HighS;

        signature = new EcdsaSignature(Hash32.FromSpan(signature64[..32]), Hash32.FromSpan(signature64[32..]), (byte)recoveryId);
        return SignatureFault.None;
    }

    /// <summary>Finds who signed <paramref name="digest"/>.</summary>
    public static SignatureFault Recover(Hash32 digest, ReadOnlySpan<byte> signature65, out Address signer)
    {
        signer = default;
        var fault = Check(signature65, out var signature);
        if (fault is not SignatureFault.None) return fault;
        return signature.TryRecover(digest, out signer) ? SignatureFault.None : SignatureFault.NoSuchKey;
    }

    /// <summary>The account whose key made this signature; false if no key belongs to it.</summary>
    public bool TryRecover(Hash32 digest, out Address signer)
    {
        Span<byte> signature = stackalloc byte[Size];
        CopyTo(signature);
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeySize];
        var recovered = Secp256k1.TryRecover(digest, signature[..64], RecoveryId, publicKey);
        signer = recovered ? Address.FromPublicKey(publicKey) : default;
        return recovered;
    }

    /// <summary>Makes s low in place: n − s where s is high; the recovery id's lowest bit turns with it.</summary>
    /// <param name="signature64">r ‖ s with s below n.</param>
    /// <returns>True if s was high.</returns>
    public static bool NormalizeS(Span<byte> signature64)
    {
        if (signature64.Length != Secp256k1.SignatureSize || !CurveScalar.TryCreate(Limbs.Read(signature64[32..]), out var s))
            throw new ArgumentException("r and s below the order expected, 64 bytes", nameof(signature64));
        if (!Limbs.IsBelow(CurveScalar.Half, s.Value)) return false;

        s.Negate().Write(signature64[32..]);
        return true;
    }

    /// <summary>Writes 65 bytes: r ‖ s ‖ v.</summary>
    public void CopyTo(Span<byte> destination)
    {
        R.CopyTo(destination);
        S.CopyTo(destination[32..]);
        destination[64] = (byte)(27 + RecoveryId);
    }

    /// <summary>65 bytes: r ‖ s ‖ v.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The 65 bytes in hex.</summary>
    public override string ToString() => Hex.Format(ToArray());
}
