using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Pythia.Contracts.Abi;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.History;

namespace Pythia.Grains.Ledgers;

/// <summary>Reads what the follower brings.</summary>
internal static class LedgerEvents
{
    /// <summary>Bytes and texts up to this length stand in a history as they are.</summary>
    private const int LongestShown = 64;

    /// <summary>False for an event that is none of ours, such as ERC-721's.</summary>
    public static bool TryDecode(LedgerEvent ledgerEvent, [NotNullWhen(true)] out RegistryEvent? decoded)
        => RegistryEvents.TryDecode(TopicsOf(ledgerEvent), ledgerEvent.Data.AsSpan(), out decoded);

    /// <summary>An event of ours as a history shows it: the contract's own names.</summary>
    /// <exception cref="InvalidOperationException">It is none of ours.</exception>
    public static HistoryRecord Describe(LedgerEvent ledgerEvent)
    {
        var topics = TopicsOf(ledgerEvent);
        if (!RegistryAbi.All.TryFindEvent(topics[0], out var form) || !form.TryDecode(topics, ledgerEvent.Data.AsSpan(), out var values, out _))
        {
            throw new InvalidOperationException($"event {topics[0]} of {ledgerEvent.Contract} found, one of our contracts' expected");
        }

        return new HistoryRecord(
            ledgerEvent.Position, form.Name, [.. values.Select((value, i) => new HistoryField(form.Parameters[i].Name, Show(value)))]);
    }

    private static Hash32[] TopicsOf(LedgerEvent ledgerEvent)
    {
        var bytes = ledgerEvent.Topics.AsSpan();
        var topics = new Hash32[bytes.Length / Hash32.Size];
        for (var i = 0; i < topics.Length; i++)
        {
            topics[i] = Hash32.FromSpan(bytes.Slice(i * Hash32.Size, Hash32.Size));
        }

        return topics;
    }

    private static string Show(object? value) => value switch
    {
        byte[] { Length: > LongestShown } bytes => $"{bytes.Length} bytes, keccak256 {Keccak256.HashData(bytes)}",
        byte[] bytes => Hex.Format(bytes),
        string { Length: > LongestShown * 4 } text => $"{text[..(LongestShown * 4)]}…",
        bool yes => yes ? "true" : "false",
        AbiValues nested => nested.ToString(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
