namespace Pythia.Grains.Ledgers;

/// <summary>Why a follower does not go on. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum LedgerTrouble
{
    None = 0,

    /// <summary>No enclave for the chain beside this silo, or it is stopped.</summary>
    NoEnclave = 1,

    /// <summary>No node gives the block or its receipts.</summary>
    NoNodeAnswers = 2,

    /// <summary>What nodes gave for the block did not hold: they err, lie or speak for another chain.</summary>
    NodesDisagree = 3,

    /// <summary>The chain was reorganised deeper than the blocks that are remembered.</summary>
    ReorgTooDeep = 4,

    /// <summary>A grain did not take its event, or storage did not take the cursor.</summary>
    NotDelivered = 5,

    /// <summary>Anything else; the words say what.</summary>
    Other = 6,
}
