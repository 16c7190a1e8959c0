using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Tries;

/// <summary>Numbers of up to 256 bits as 32-byte big-endian words.</summary>
internal static class Word
{
    /// <summary>Fills up with zeros on the left; takes at most 32 bytes.</summary>
    public static Hash32 FromBigEndian(ReadOnlySpan<byte> number)
    {
        Span<byte> word = stackalloc byte[Hash32.Size];
        word.Clear();
        number.CopyTo(word[(Hash32.Size - number.Length)..]);
        return Hash32.FromSpan(word);
    }
}
