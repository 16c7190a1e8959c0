using System.Numerics;
using System.Security.Cryptography;

namespace Pythia.Contracts.Keys;

/// <summary>How a keystore's password becomes a key, with the limits inside of which that is done.</summary>
/// <param name="Salt">16 to 64 bytes.</param>
public abstract record KeyDerivation(byte[] Salt)
{
    /// <summary>Bytes of a salt made here.</summary>
    public const int SaltSize = 32;

    /// <summary>What new files get: scrypt with N 131,072, r 8, p 1, which takes 128 MiB once.</summary>
    public static KeyDerivation Default { get; } = new ScryptDerivation(1 << 17, 8, 1, new byte[SaltSize]);

    /// <summary>Fills 32 bytes.</summary>
    public abstract void DeriveKey(ReadOnlySpan<byte> password, Span<byte> derived);

    /// <summary>Whether it is done at all: neither too cheap nor too costly.</summary>
    public (KeystoreFault Fault, string Detail) Judge()
        => Salt.Length is < 16 or > 64
            ? (Salt.Length < 16 ? KeystoreFault.WeakDerivation : KeystoreFault.HugeDerivation, $"{Salt.Length} bytes of salt found, 16 to 64 expected")
            : JudgeCost();

    protected abstract (KeystoreFault Fault, string Detail) JudgeCost();
}

/// <summary>scrypt (RFC 7914): at least 4 MiB, as geth's light files; at most 256 MiB and 2^23 blocks mixed.</summary>
public sealed record ScryptDerivation(long N, long R, long P, byte[] Salt) : KeyDerivation(Salt)
{
    private const long LeastBytes = 1L << 22;
    private const long MostBytes = 1L << 28;
    private const long MostBlocks = 1L << 23;

    public override void DeriveKey(ReadOnlySpan<byte> password, Span<byte> derived)
        => Scrypt.DeriveKey(password, Salt, (int)N, (int)R, (int)P, derived);

    protected override (KeystoreFault Fault, string Detail) JudgeCost()
    {
        const long Most = 1L << 30; // so that no product below overflows
        if (N < 2 || !BitOperations.IsPow2(N) || R < 1 || P < 1)
            return (KeystoreFault.Malformed, $"scrypt n {N}, r {R}, p {P} found, n a power of two above 1, r and p from 1 expected");
        if (N > Most || R > Most || P > Most || 128 * (Int128)N * R > MostBytes)
            return (KeystoreFault.HugeDerivation, $"scrypt n {N}, r {R}, p {P} found, at most {MostBytes} bytes of memory (128 · n · r) expected");
        if ((Int128)N * R * P > MostBlocks)
            return (KeystoreFault.HugeDerivation, $"scrypt n {N}, r {R}, p {P} found, n · r · p of at most {MostBlocks} expected");
        return 128 * N * R < LeastBytes
            ? (KeystoreFault.WeakDerivation, $"scrypt n {N}, r {R}, p {P} found, at least {LeastBytes} bytes of memory (128 · n · r) expected")
            : (KeystoreFault.None, "");
    }
}

/// <summary>PBKDF2 with HMAC-SHA-256 (RFC 8018): 100,000 to 10,000,000 turns.</summary>
public sealed record Pbkdf2Derivation(long Turns, byte[] Salt) : KeyDerivation(Salt)
{
    private const long LeastTurns = 100_000;
    private const long MostTurns = 10_000_000;

    public override void DeriveKey(ReadOnlySpan<byte> password, Span<byte> derived)
        => Rfc2898DeriveBytes.Pbkdf2(password, Salt, derived, (int)Turns, HashAlgorithmName.SHA256);

    protected override (KeystoreFault Fault, string Detail) JudgeCost()
        => Turns is >= LeastTurns and <= MostTurns
            ? (KeystoreFault.None, "")
            : (Turns < LeastTurns ? KeystoreFault.WeakDerivation : KeystoreFault.HugeDerivation, $"pbkdf2 c {Turns} found, {LeastTurns} to {MostTurns} expected");
}
