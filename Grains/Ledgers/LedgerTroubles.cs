using Pythia.Enclave;

namespace Pythia.Grains.Ledgers;

/// <summary>A follower can't go on, for a reason that has a name.</summary>
[GenerateSerializer, Alias("pythia.LedgerStandsException")]
internal sealed class LedgerStandsException(LedgerTrouble trouble, string message) : Exception(message)
{
    [Id(0)] public LedgerTrouble Trouble { get; private set; } = trouble;

    /// <summary>The enclave gave no logs of a block.</summary>
    public static LedgerStandsException Unread(ulong block, EnclaveRefusal refusal)
        => new(
            refusal.Reason is RefusalReason.NodeUnavailable or RefusalReason.BlockUnknown or RefusalReason.NoHead ? LedgerTrouble.NoNodeAnswers : LedgerTrouble.NodesDisagree,
            $"block {block} can't be read: {refusal.Reason}, {refusal.Detail}{(refusal.Node is { } node ? $" (node {node})" : "")}");
}

/// <summary>What is said of a follower's trouble, by what caused it.</summary>
internal static class LedgerTroubles
{
    public static LedgerTrouble Of(Exception failure) => failure switch
    {
        LedgerStandsException stands => stands.Trouble,
        ObjectDisposedException => LedgerTrouble.NoEnclave,
        OrleansException or TimeoutException => LedgerTrouble.NotDelivered,
        _ => LedgerTrouble.Other,
    };
}
