using System.Diagnostics.CodeAnalysis;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;

namespace Pythia.Grains.Ledgers;

/// <summary>Reads what the follower brings.</summary>
internal static class LedgerEvents
{
    /// <summary>False for an event that is none of ours, such as ERC-721's.</summary>
    public static bool TryDecode(LedgerEvent ledgerEvent, [NotNullWhen(true)] out RegistryEvent? decoded)
    {
        var bytes = ledgerEvent.Topics.AsSpan();
        var topics = new Hash32[bytes.Length / Hash32.Size];
        for (var i = 0; i < topics.Length; i++)
        {
            topics[i] = Hash32.FromSpan(bytes.Slice(i * Hash32.Size, Hash32.Size));
        }

        return RegistryEvents.TryDecode(topics, ledgerEvent.Data.AsSpan(), out decoded);
    }
}
