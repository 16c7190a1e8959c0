using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Receipts;

/// <summary>The 2048-bit filter over addresses and topics of logs (Yellow Paper 4.3.1, M3:2048).</summary>
public static class LogsBloom
{
    /// <summary>Adds a log's address and topics.</summary>
    /// <param name="bloom">256 bytes.</param>
    /// <param name="log">The log.</param>
    public static void Add(Span<byte> bloom, Log log)
    {
        ArgumentNullException.ThrowIfNull(log);
        Span<byte> word = stackalloc byte[Hash32.Size];
        log.Address.CopyTo(word);
        AddBytes(bloom, word[..Address.Size]);
        foreach (var topic in log.Topics)
        {
            topic.CopyTo(word);
            AddBytes(bloom, word);
        }
    }

    // Three bits: the low 11 bits of each of the first three pairs of the hash, counted from the low-order end of the filter.
    private static void AddBytes(Span<byte> bloom, ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[Hash32.Size];
        Keccak256.HashData(bytes, hash);
        for (var pair = 0; pair < 6; pair += 2)
        {
            var bit = ((hash[pair] << 8) | hash[pair + 1]) & 0x7ff;
            bloom[BlockHeader.BloomBytes - 1 - (bit >> 3)] |= (byte)(1 << (bit & 7));
        }
    }
}
