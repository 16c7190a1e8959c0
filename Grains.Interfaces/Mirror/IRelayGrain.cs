using System.Collections.Immutable;

namespace Pythia.Grains.Mirror;

/// <summary>A lane: the nonces and batches of one sending account. The key is {chain id}/{account}.</summary>
[Alias("pythia.IRelayGrain")]
public interface IRelayGrain : IGrainWithStringKey
{
    /// <summary>Stores an intent in the lane's queue; it goes out with the next batch. The same digest twice counts once.</summary>
    [Alias("Enqueue")]
    Task EnqueueAsync(string digest, QueuedIntent intent);

    /// <summary>Goes on with what is stored; called by each silo as it starts, and by the grain's own reminder.</summary>
    [Alias("Start")]
    Task StartAsync();

    /// <summary>The follower saw the outcome of an intent of this lane: it leaves the lane, whoever sent it.</summary>
    [Alias("Settle")]
    Task SettleAsync(string digest);

    /// <summary>What waits and what is under way.</summary>
    [Alias("Get")]
    Task<LaneView> GetAsync();
}

/// <summary>One transaction of a lane: its raw bytes are stored before they are sent. The key is {chain id}/{account}/{nonce}.</summary>
[Alias("pythia.IBatchGrain")]
public interface IBatchGrain : IGrainWithStringKey
{
    /// <summary>Stores signed bytes before they are sent. Under one nonce stand only attempts at the same intents, with growing fees;
    /// the same bytes twice count once.</summary>
    /// <returns>False if attempts at other intents are stored under this nonce.</returns>
    [Alias("Store")]
    Task<bool> StoreAsync(StoredBatch attempt);

    /// <summary>The chain gave the nonce to another transaction: the attempts can never be mined and make room.</summary>
    [Alias("Abandon")]
    Task AbandonAsync();

    /// <summary>The stored attempts, oldest first; empty if none.</summary>
    [Alias("Get")]
    Task<ImmutableArray<StoredBatch>> GetAsync();
}

/// <summary>A signed transaction and the intents in it, in order. Fees in decimal.</summary>
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
