using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Mirror;

/// <summary>One intent's way to the chain. The key is {chain id}/{digest}: the act's EIP-712 digest, 0x and 64 hex digits.</summary>
[Alias("pythia.IIntentGrain")]
public interface IIntentGrain : IGrainWithStringKey
{
    /// <summary>Takes an intent whose rule its subject grain has checked and stored, and hands it to a lane. May be called again.</summary>
    /// <param name="intent">Checked and encoded.</param>
    /// <returns>How far it is; at <see cref="IntentStage.Mined"/> and beyond the subject may settle it.</returns>
    [Alias("Queue")]
    Task<IntentStage> QueueAsync(QueuedIntent intent);

    /// <summary>Where the intent is; <see cref="IntentStage.Unknown"/> if it was never accepted.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<IntentView> GetAsync();

    /// <summary>What was queued, for the lane that sends it; null if nothing was, or its outcome is known.</summary>
    [Alias("GetQueued"), AlwaysInterleave]
    Task<QueuedIntent?> GetQueuedAsync();

    /// <summary>Completes when the intent's version is greater than <paramref name="afterVersion"/>, at the latest after
    /// <paramref name="patience"/> (under 20 s), with what it then is.</summary>
    [Alias("Wait"), AlwaysInterleave]
    Task<IntentView> WaitAsync(long afterVersion, TimeSpan patience, CancellationToken cancellationToken = default);

    /// <summary>The lane says how far the intent has come, for those who wait here. What it says is stored at the lane; a step back is ignored.</summary>
    [Alias("Advance"), AlwaysInterleave]
    Task AdvanceAsync(IntentProgress progress);

    /// <summary>Its lane can't send it: the intent goes to another one.</summary>
    /// <param name="lane">Account of the other lane.</param>
    /// <returns>Whether that lane has it now.</returns>
    [Alias("Move")]
    Task<bool> MoveAsync(string lane);

    /// <summary>Queues the intent again if it has no outcome; called by the sweep, where it noted itself when its block left the chain.</summary>
    /// <returns>Whether it has none. Where it has one, that is stored anew, so that no other activation can have opened it meanwhile.</returns>
    [Alias("Resume")]
    Task<bool> ResumeAsync();

    /// <summary>The follower brings an outcome that stands in verified receipts. Idempotent by (block hash, log index); another one's place
    /// is taken, since what no longer stands is taken back by whoever brings what does.</summary>
    /// <returns>The subject that keeps the intent in its outbox and is to settle it; null if the intent was never queued here.</returns>
    [Alias("Apply")]
    Task<IntentSubject?> ApplyAsync(IntentOutcome outcome);

    /// <summary>The block that held the outcome has left the chain: the intent is open again, and goes back to a lane. Ignored if the
    /// outcome that is known stands elsewhere.</summary>
    [Alias("Retract")]
    Task RetractAsync(LedgerBranch branch, string blockHash);

    /// <summary>The deadline has passed at a block up to which every verified receipt was read, and no outcome of this intent stands in
    /// them: it can no longer be carried out. Ignored once an outcome is known.</summary>
    /// <param name="block">The block, whose time is past the deadline.</param>
    /// <param name="blockUnixSeconds">Its time.</param>
    /// <param name="lastTrouble">What kept it from being carried out, as far as known; for people.</param>
    /// <returns>The subject that is to settle it.</returns>
    [Alias("Expire")]
    Task<IntentSubject?> ExpireAsync(ulong block, ulong blockUnixSeconds, string lastTrouble);
}

/// <summary>A stage on the way of architecture section 9. The numbers are stored: add at the end.</summary>
[GenerateSerializer]
public enum IntentStage
{
    Unknown = 0,
    Stored = 1,
    Queued = 2,
    NonceReserved = 3,
    Signed = 4,
    AcceptedByNode = 5,
    Mined = 6,
    Final = 7,
    Failed = 8,
}

/// <summary>An intent that is ready for a lane.</summary>
/// <param name="Subject">The grain that keeps it in its outbox until it is mined.</param>
/// <param name="Target">Contract address, 0x and 40 hex digits.</param>
/// <param name="CallData">Call of the contract's signed form.</param>
/// <param name="GasLimit">What the item is given, so that its contract's gas floor holds whatever happens.</param>
/// <param name="DeadlineUnixSeconds">After it no contract takes the signature.</param>
/// <param name="Signer">0x and 40 hex digits.</param>
/// <param name="ActName">The act, as in its EIP-712 primary type.</param>
/// <param name="Nonce">The signer's keyed nonce at the target contract, decimal.</param>
/// <param name="GasUsage">What the item takes at most, from the reviewed gas figures of its act: what a batch counts it with.</param>
/// <param name="AcceptedUnixMs">When its subject stored it, by the silo's clock; 0 where that is not known.</param>
/// <param name="TraceParent">Trace context of the request that brought it (W3C Trace Context, 55 characters), where that was recorded.</param>
[GenerateSerializer, Immutable, Alias("pythia.QueuedIntent")]
public sealed record QueuedIntent(
    [property: Id(0)] IntentSubject Subject,
    [property: Id(1)] string Target,
    [property: Id(2)] ImmutableArray<byte> CallData,
    [property: Id(3)] uint GasLimit,
    [property: Id(4)] ulong DeadlineUnixSeconds,
    [property: Id(5)] string Signer,
    [property: Id(6)] string ActName,
    [property: Id(7)] string Nonce,
    [property: Id(8)] uint GasUsage,
    [property: Id(9)] long AcceptedUnixMs = 0,
    [property: Id(10)] string? TraceParent = null);

/// <summary>Which grain an intent is about.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Key">Its whole grain key.</param>
[GenerateSerializer, Immutable, Alias("pythia.IntentSubject")]
public sealed record IntentSubject(
    [property: Id(0)] SubjectKind Kind,
    [property: Id(1)] string Key);

/// <summary>The kinds of grain that mirror the chain; up to <see cref="Policy"/> they take acts and have an outbox. An intent stands here since a
/// sweep wakes it, where its block left the chain after its subject had settled it. The numbers are stored: add at the end.</summary>
[GenerateSerializer]
public enum SubjectKind { Manufacturer = 1, Device = 2, Owner = 3, Consent = 4, Policy = 5, Grantee = 6, Batch = 7, Intent = 8, PythiaRegistry = 9, EnclaveKey = 10 }

/// <summary>A step of the lane.</summary>
/// <param name="Stage">Queued to AcceptedByNode.</param>
/// <param name="TransactionHash">From Signed on.</param>
/// <param name="AtUnixMs">When, by the silo's clock.</param>
[GenerateSerializer, Immutable, Alias("pythia.IntentProgress")]
public sealed record IntentProgress(
    [property: Id(0)] IntentStage Stage,
    [property: Id(1)] string? TransactionHash,
    [property: Id(2)] long AtUnixMs);

/// <summary>What the chain says became of the intent.</summary>
/// <param name="CarriedOut">False: the contract consumed the nonce and refused the act.</param>
/// <param name="Reason">The contract's reason in words, empty when carried out.</param>
/// <param name="Branch">Under which the follower speaks; what is late is refused.</param>
[GenerateSerializer, Immutable, Alias("pythia.IntentOutcome")]
public sealed record IntentOutcome(
    [property: Id(0)] bool CarriedOut,
    [property: Id(1)] string Reason,
    [property: Id(2)] LedgerPosition Position,
    [property: Id(3)] LedgerBranch Branch);

/// <summary>Where an intent is.</summary>
/// <param name="Version">Grows with each change; for <see cref="IIntentGrain.WaitAsync"/>.</param>
/// <param name="Reason">Why it failed, or empty.</param>
/// <param name="GasLimit">What the item may use at most.</param>
/// <param name="AcceptedByNodeUnixMs">When a node took its transaction, by the silo's clock; 0 before, and where that is not known.</param>
[GenerateSerializer, Immutable, Alias("pythia.IntentView")]
public sealed record IntentView(
    [property: Id(0)] string Digest,
    [property: Id(1)] IntentStage Stage,
    [property: Id(2)] long Version,
    [property: Id(3)] string? ActName,
    [property: Id(4)] string? Signer,
    [property: Id(5)] string? TransactionHash,
    [property: Id(6)] LedgerPosition? Position,
    [property: Id(7)] string Reason,
    [property: Id(8)] uint GasLimit,
    [property: Id(9)] long AcceptedByNodeUnixMs = 0);
