namespace Pythia.Grains.Ledgers;

/// <summary>The order in which what happened on a chain counts.</summary>
public static class LedgerOrder
{
    /// <summary>A chain is followed by one grain as yet; the key has room for more.</summary>
    public const string OnlyPartition = "0";

    /// <summary>Whether an event at <paramref name="position"/> says something newer than one at <paramref name="known"/>.</summary>
    public static bool IsNewer(LedgerPosition position, LedgerPosition? known)
    {
        if (known is null)
        {
            return true;
        }

        if (position.BlockHash == known.BlockHash)
        {
            return position.LogIndex > known.LogIndex;
        }

        return (position.Branch, position.Block, position.LogIndex).CompareTo((known.Branch, known.Block, known.LogIndex)) > 0;
    }
}
