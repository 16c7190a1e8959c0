namespace Pythia.Grains.Ledgers;

/// <summary>How the keys of followers are made.</summary>
public static class LedgerOrder
{
    /// <summary>A chain is followed by one grain as yet; the key has room for more.</summary>
    public const string OnlyPartition = "0";
}
