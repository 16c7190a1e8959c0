using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Pythia.Contracts.Keys;

/// <summary>scrypt, the password-based key derivation that needs memory. Source: RFC 7914.</summary>
/// <remarks>
/// DK = PBKDF2(P, B', 1, dkLen) where B = PBKDF2(P, S, 1, p · 128 · r) and each of the p blocks of 128 · r bytes goes through ROMix:
/// <code>
/// 1. for i in 0 … N−1:   V[i] = X;  X = BlockMix(X)
/// 2. for i in 0 … N−1:   j = X's last 64 bytes, first word little-endian, mod N;  X = BlockMix(X xor V[j])
/// </code>
/// Takes 128 · N · r bytes, which are cleared before they are given back.
/// </remarks>
public static class Scrypt
{
    private const int SalsaWords = 16; // 64 bytes

    /// <summary>Fills <paramref name="destination"/>.</summary>
    /// <param name="password">P.</param>
    /// <param name="salt">S.</param>
    /// <param name="n">Cost N: a power of two above 1.</param>
    /// <param name="r">Block size, from 1.</param>
    /// <param name="p">Parallelization, from 1; one after the other here.</param>
    /// <param name="destination">The derived key.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is none, or together they ask for more than 2^30 bytes.</exception>
    public static void DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int n, int r, int p, Span<byte> destination)
    {
        if (n < 2 || !BitOperations.IsPow2(n)) throw new ArgumentOutOfRangeException(nameof(n), n, "a power of two above 1 expected");
        ArgumentOutOfRangeException.ThrowIfLessThan(r, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(p, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(128L * r * Math.Max(n, p), 1 << 30, nameof(n));

        var wordsOfBlock = 32 * r;
        var blocks = new byte[4 * wordsOfBlock * p];
        var memory = GC.AllocateUninitializedArray<uint>((n + 2) * wordsOfBlock, pinned: true); // the collector must leave no copy behind
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(password, salt, blocks, 1, HashAlgorithmName.SHA256);
            for (var block = 0; block < p; block++) Mix(blocks.AsSpan(4 * wordsOfBlock * block, 4 * wordsOfBlock), n, r, memory);
            Rfc2898DeriveBytes.Pbkdf2(password, blocks, destination, 1, HashAlgorithmName.SHA256);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blocks);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(memory.AsSpan()));
        }
    }

    // ROMix, section 5. The memory holds V, then X and Y.
    private static void Mix(Span<byte> block, int n, int r, Span<uint> memory)
    {
        var words = 32 * r;
        var v = memory[..(n * words)];
        var x = memory.Slice(n * words, words);
        var y = memory.Slice((n + 1) * words, words);
        for (var i = 0; i < words; i++) x[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * i)..]);

        // 1.
        for (var i = 0; i < n; i++)
        {
            x.CopyTo(v[(i * words)..]);
            MixBlock(x, y, r);
        }

        // 2.
        for (var i = 0; i < n; i++)
        {
            var j = (int)(x[words - SalsaWords] & (uint)(n - 1));
            Xor(x, v.Slice(j * words, words));
            MixBlock(x, y, r);
        }

        for (var i = 0; i < words; i++) BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], x[i]);
    }

    // BlockMix, section 4: the even results first, then the odd ones. The result is back in x.
    private static void MixBlock(Span<uint> x, Span<uint> y, int r)
    {
        Span<uint> t = stackalloc uint[SalsaWords];
        x.Slice((2 * r - 1) * SalsaWords, SalsaWords).CopyTo(t);
        for (var i = 0; i < 2 * r; i++)
        {
            Xor(t, x.Slice(i * SalsaWords, SalsaWords));
            Salsa(t);
            t.CopyTo(y[(((i >> 1) + (i & 1) * r) * SalsaWords)..]);
        }

        y.CopyTo(x);
        t.Clear();
    }

    private static void Xor(Span<uint> into, ReadOnlySpan<uint> other)
    {
        var vectors = MemoryMarshal.Cast<uint, Vector<uint>>(into);
        var others = MemoryMarshal.Cast<uint, Vector<uint>>(other);
        for (var i = 0; i < vectors.Length; i++) vectors[i] ^= others[i];
    }

    // Salsa20/8, section 3: four double rounds, then the input added.
    private static void Salsa(Span<uint> b)
    {
        var (x0, x1, x2, x3, x4, x5, x6, x7) = (b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
        var (x8, x9, x10, x11, x12, x13, x14, x15) = (b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
        for (var round = 0; round < 4; round++)
        {
            Quarter(ref x0, ref x4, ref x8, ref x12);
            Quarter(ref x5, ref x9, ref x13, ref x1);
            Quarter(ref x10, ref x14, ref x2, ref x6);
            Quarter(ref x15, ref x3, ref x7, ref x11);
            Quarter(ref x0, ref x1, ref x2, ref x3);
            Quarter(ref x5, ref x6, ref x7, ref x4);
            Quarter(ref x10, ref x11, ref x8, ref x9);
            Quarter(ref x15, ref x12, ref x13, ref x14);
        }

        b[0] += x0;
        b[1] += x1;
        b[2] += x2;
        b[3] += x3;
        b[4] += x4;
        b[5] += x5;
        b[6] += x6;
        b[7] += x7;
        b[8] += x8;
        b[9] += x9;
        b[10] += x10;
        b[11] += x11;
        b[12] += x12;
        b[13] += x13;
        b[14] += x14;
        b[15] += x15;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static void Quarter(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        b ^= BitOperations.RotateLeft(a + d, 7);
        c ^= BitOperations.RotateLeft(b + a, 9);
        d ^= BitOperations.RotateLeft(c + b, 13);
        a ^= BitOperations.RotateLeft(d + c, 18);
    }
}
