using System.Collections.Immutable;

namespace Pythia.Grains.Mirror;

/// <summary>A lane: the nonces and batches of one sending account. The key is {chain id}/{account}.</summary>
[Alias("pythia.IRelayGrain")]
public interface IRelayGrain : IGrainWithStringKey
{
    /// <summary>Takes an intent into the lane's queue; it goes out with the next batch. The same digest twice counts once. The queue is kept in
    /// memory: the intent is stored at itself and at its subject, whose sweep brings it again after a crash.</summary>
    /// <returns>False if the lane is full, or its account is not configured: the sweep brings the intent again.</returns>
    [Alias("Enqueue")]
    Task<bool> EnqueueAsync(string digest, QueuedIntent intent);

    /// <summary>Whether the lane takes intents at the moment.</summary>
    [Alias("GetRoom")]
    Task<LaneRoom> GetRoomAsync();

    /// <summary>Goes on with what is stored; called by each silo as it starts, and by the grain's own reminder.</summary>
    [Alias("Start")]
    Task StartAsync();

    /// <summary>The outcome of an intent of this lane is known: it leaves the lane, whoever sent it.</summary>
    [Alias("Settle")]
    Task SettleAsync(string digest);

    /// <summary>How far the lane has come with an intent; null if it does not have it.</summary>
    [Alias("Find")]
    Task<IntentProgress?> FindAsync(string digest);

    /// <summary>Digest of the lane's intent that is bound to this keyed nonce (decimal) of its signer at the contract; null if it has none.</summary>
    [Alias("FindByNonce")]
    Task<string?> FindByNonceAsync(string target, string signer, string nonce);

    /// <summary>What waits and what is under way.</summary>
    [Alias("Get")]
    Task<LaneView> GetAsync();
}

/// <summary>Whether a lane takes intents. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum LaneRoom
{
    /// <summary>It does.</summary>
    Free = 1,

    /// <summary>Its account can't pay at the moment: others first.</summary>
    SetAside = 2,

    /// <summary>As many wait as it may hold.</summary>
    Full = 3,

    /// <summary>Its account is not configured (any more).</summary>
    Closed = 4,
}

/// <summary>One transaction of a lane: its raw bytes are stored before they are sent. The key is {chain id}/{account}/{nonce}.</summary>
[Alias("pythia.IBatchGrain")]
public interface IBatchGrain : IGrainWithStringKey
{
    /// <summary>Stores signed bytes before they are sent. Of two activations that race for a nonce, one comes too late and takes what is stored.
    /// Of earlier attempts only hash and fees are kept; the same bytes twice count once.</summary>
    /// <param name="attempt">What will be sent.</param>
    /// <param name="after">Hash of the newest stored attempt, which this one replaces; null for the first.</param>
    /// <returns>False if another attempt is the newest.</returns>
    [Alias("Store")]
    Task<bool> StoreAsync(StoredBatch attempt, string? after);

    /// <summary>The nonce is closed for good, or was given to another transaction: nothing is kept.</summary>
    [Alias("Clear")]
    Task ClearAsync();

    /// <summary>The stored attempts, oldest first, the newest with its bytes; empty if none.</summary>
    [Alias("Get")]
    Task<ImmutableArray<StoredBatch>> GetAsync();
}

/// <summary>A signed transaction and the intents in it, in order. Fees in decimal. Bytes and digests are empty where a newer attempt stands.</summary>
[GenerateSerializer, Immutable, Alias("pythia.StoredBatch")]
public sealed record StoredBatch(
    [property: Id(0)] string TransactionHash,
    [property: Id(1)] ImmutableArray<byte> RawTransaction,
    [property: Id(2)] ImmutableArray<string> Digests,
    [property: Id(3)] string MaxFeePerGasWei,
    [property: Id(4)] string MaxPriorityFeePerGasWei);

/// <summary>A lane as operators see it.</summary>
/// <param name="NextNonce">The account nonce that the next transaction takes.</param>
/// <param name="Waiting">Intents in no transaction yet.</param>
/// <param name="UnderWay">Intents in transactions that are not mined.</param>
/// <param name="Trouble">Why nothing goes out at the moment, for people; empty if all is well.</param>
/// <param name="TroubleCode">The same, for programs.</param>
/// <param name="TroubleSinceUnixMs">When this trouble began, by the silo's clock; 0 if all is well.</param>
/// <param name="OldestSentUnixMs">When a node first took the transaction that holds up the others, by the silo's clock; 0 if none is under way.</param>
[GenerateSerializer, Immutable, Alias("pythia.LaneView")]
public sealed record LaneView(
    [property: Id(0)] ulong NextNonce,
    [property: Id(1)] int Waiting,
    [property: Id(2)] int UnderWay,
    [property: Id(3)] string Trouble,
    [property: Id(4)] LaneTrouble TroubleCode = LaneTrouble.None,
    [property: Id(5)] long TroubleSinceUnixMs = 0,
    [property: Id(6)] long OldestSentUnixMs = 0);
