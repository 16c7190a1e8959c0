namespace Pythia.Grains.Mirror;

/// <summary>Why nothing goes out of a lane, or not everything. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum LaneTrouble
{
    None = 0,

    /// <summary>No node gave a usable answer.</summary>
    NoNodeAnswers = 1,

    /// <summary>A node refused the transaction with words that name nothing below.</summary>
    RefusedByNode = 2,

    /// <summary>The relaying account can't pay.</summary>
    OutOfFunds = 3,

    /// <summary>The base fee is above the cap of the settings: nothing is sent until it falls.</summary>
    FeeAboveCap = 4,

    /// <summary>A transaction is not mined in time, and the cap of the settings leaves no room for a higher fee.</summary>
    Stuck = 5,

    /// <summary>A node took a transaction and then did not know it; it is sent again.</summary>
    ForgottenByNode = 6,

    /// <summary>A grain or its storage did not take a step.</summary>
    NotStored = 7,

    /// <summary>Anything else; the words say what.</summary>
    Other = 8,

    /// <summary>The pools of the nodes are full, or hold as many transactions of the account as they take: it goes on with the next blocks.</summary>
    PoolFull = 9,

    /// <summary>Intents are past their deadline by the silo's clock. They are reported failed when a final block says so, and no block comes.</summary>
    AwaitsBlock = 10,

    /// <summary>As many intents wait as the lane may hold: new ones are refused at the door.</summary>
    Full = 11,
}
