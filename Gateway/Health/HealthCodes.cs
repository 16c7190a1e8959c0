using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Gateway.Health;

/// <summary>How bad a reason is. The worst of all makes the status of the page.</summary>
public enum HealthLevel
{
    /// <summary>It works, and somebody should look: 200.</summary>
    Degraded = 1,

    /// <summary>Nothing can be asked of it: 503, so that a balancer sends requests elsewhere.</summary>
    NotReady = 2,
}

/// <summary>A code that health pages, alerts and tests may rely on: it is never renamed.</summary>
/// <param name="Code">Lower case with hyphens.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Part">Which part says it.</param>
/// <param name="Meaning">For docs/operations/health.md, which a test holds to this table.</param>
public sealed record HealthCode(string Code, HealthLevel Level, string Part, string Meaning);

/// <summary>All codes. 503 stands only for what makes the process useless to everybody who could be sent to it.</summary>
public static class HealthCodes
{
    public static readonly HealthCode Starting = new("starting", HealthLevel.NotReady, "host", "not everything is started yet");
    public static readonly HealthCode Stopping = new("stopping", HealthLevel.NotReady, "host", "asked to stop: what is under way is finished, nothing new is taken");
    public static readonly HealthCode PartSilent = new("part-silent", HealthLevel.Degraded, "host", "a part did not say in time how it is");

    public static readonly HealthCode SilosSilent = new("silos-silent", HealthLevel.NotReady, "grains", "no grain answers");
    public static readonly HealthCode StorageFailed = new("storage-failed", HealthLevel.NotReady, "storage", "the data folder or a storage file takes no write: nothing can be accepted");
    public static readonly HealthCode DiskNearlyFull = new("disk-nearly-full", HealthLevel.Degraded, "storage", "less is free than `Operations:LeastFreeDiskMegabytes`");
    public static readonly HealthCode ClockSkewed = new("clock-skewed", HealthLevel.Degraded, "clock", "this host's clock and the time of a block that just came differ by more than `Operations:ClockToleranceSeconds`");

    public static readonly HealthCode NoEnclave = new("no-enclave", HealthLevel.NotReady, "enclave", "no chain served has an enclave that answers");
    public static readonly HealthCode NoEnclaveOfChain = new("no-enclave-of-chain", HealthLevel.Degraded, "enclave", "this chain has no enclave that answers; another one has");
    public static readonly HealthCode EnclaveSilent = new("enclave-silent", HealthLevel.Degraded, "enclave", "this enclave does not answer; another one of its chain does");
    public static readonly HealthCode EnclaveWrongCode = new("enclave-wrong-code", HealthLevel.Degraded, "enclave", "a contract's code on the chain is not the configured one: the enclave answers nothing");
    public static readonly HealthCode HeadNoNodeAnswers = new("head-no-node-answers", HealthLevel.Degraded, "enclave", "the head stands: no node gives one");
    public static readonly HealthCode HeadDoesNotHold = new("head-does-not-hold", HealthLevel.Degraded, "enclave", "the head stands: what nodes gave for it is false or broken");
    public static readonly HealthCode HeadWrongChain = new("head-wrong-chain", HealthLevel.Degraded, "enclave", "the head stands: the node that names heads serves another chain");
    public static readonly HealthCode HeadWentBack = new("head-went-back", HealthLevel.Degraded, "enclave", "the head stands: a block was named that is behind the verified one");
    public static readonly HealthCode HeadOld = new("head-old", HealthLevel.Degraded, "enclave", "no head came for `Operations:HeadAgeSeconds`, and no node says why");
    public static readonly HealthCode EnclaveNodeSetAside = new("enclave-node-set-aside", HealthLevel.Degraded, "enclave", "the enclave asks this node last, for what it said or did");

    public static readonly HealthCode EnclaveDrained = new("enclave-drained", HealthLevel.Degraded, "enclave", "no question goes to this enclave: its evidence does not hold, or the policy refuses it; the detail names every reason");
    public static readonly HealthCode EnclaveNextKeys = new("enclave-next-keys", HealthLevel.Degraded, "enclave", "this enclave will be drained when its next keys sign: their evidence does not hold; the detail names every reason");
    public static readonly HealthCode CollateralNotRefreshed = new("collateral-not-refreshed", HealthLevel.Degraded, "enclave", "no newer collateral of a platform could be had or taken; what is kept still holds");
    public static readonly HealthCode CollateralExpired = new("collateral-expired", HealthLevel.Degraded, "enclave", "no collateral of a platform holds: its enclaves are drained");
    public static readonly HealthCode EnclaveProcessAway = new("enclave-process-away", HealthLevel.Degraded, "enclave", "the enclave's process is not there; it is started again");
    public static readonly HealthCode EnclaveProcessFails = new("enclave-process-fails", HealthLevel.Degraded, "enclave", "the enclave's process did not stay up `EnclaveProcess:RestartLimit` times in a row; it is started again all the same");

    public static readonly HealthCode EnclaveOther = new("enclave-other", HealthLevel.Degraded, "enclave", "another enclave than the settings say is at this endpoint: the detail names id, chain or configuration hash, found and expected; it gets no question");

    public static readonly HealthCode NoNodeAnswers = new("no-node-answers", HealthLevel.Degraded, "nodes", "every configured node is in trouble: nothing goes to the chain");
    public static readonly HealthCode NodeNotReached = new("node-not-reached", HealthLevel.Degraded, "nodes", "no connection");
    public static readonly HealthCode NodeTooLate = new("node-too-late", HealthLevel.Degraded, "nodes", "connected, and silent beyond the time limit");
    public static readonly HealthCode NodeHttpStatus = new("node-http-status", HealthLevel.Degraded, "nodes", "HTTP 429, 5xx, or another status without JSON-RPC");
    public static readonly HealthCode NodeNotJsonRpc = new("node-not-json-rpc", HealthLevel.Degraded, "nodes", "answers that are no JSON-RPC");
    public static readonly HealthCode NodeTooLong = new("node-too-long", HealthLevel.Degraded, "nodes", "answers longer than what is read");
    public static readonly HealthCode NodeLimitExceeded = new("node-limit-exceeded", HealthLevel.Degraded, "nodes", "it limits how often it is asked");
    public static readonly HealthCode NodeRefuses = new("node-refuses", HealthLevel.Degraded, "nodes", "it answers plain questions (chain id, newest block) with an error");
    public static readonly HealthCode NodeUnusable = new("node-unusable", HealthLevel.Degraded, "nodes", "answers that can't be used; the detail says why");
    public static readonly HealthCode NodeWrongChain = new("node-wrong-chain", HealthLevel.Degraded, "nodes", "it serves another chain, and is set aside");
    public static readonly HealthCode NodeLags = new("node-lags", HealthLevel.Degraded, "nodes", "it is more than `Operations:NodeLagBlocks` behind the others, and is set aside");
    public static readonly HealthCode NodeSetAside = new("node-set-aside", HealthLevel.Degraded, "nodes", "it is not asked for a while; the detail says why");
    public static readonly HealthCode NodesDisagree = new("nodes-disagree", HealthLevel.Degraded, "nodes", "nodes name different hashes for one block below their heads");

    public static readonly HealthCode FollowerNoEnclave = new("follower-no-enclave", HealthLevel.Degraded, "follower", "it stands: no enclave of the chain beside this silo");
    public static readonly HealthCode FollowerNoNodeAnswers = new("follower-no-node-answers", HealthLevel.Degraded, "follower", "it stands: no node gives the block or its receipts");
    public static readonly HealthCode FollowerNodesDisagree = new("follower-nodes-disagree", HealthLevel.Degraded, "follower", "it stands: what nodes gave for the block does not hold");
    public static readonly HealthCode FollowerReorgTooDeep = new("follower-reorg-too-deep", HealthLevel.Degraded, "follower", "it stands for good: the chain was reorganised deeper than is remembered");
    public static readonly HealthCode FollowerNotDelivered = new("follower-not-delivered", HealthLevel.Degraded, "follower", "it stands: a grain or storage did not take what happened");
    public static readonly HealthCode FollowerOther = new("follower-other", HealthLevel.Degraded, "follower", "it stands; the detail says why");
    public static readonly HealthCode FollowerLags = new("follower-lags", HealthLevel.Degraded, "follower", "it goes on and is more than `Operations:FollowerLagBlocks` behind the verified head");

    public static readonly HealthCode LaneNoNodeAnswers = new("lane-no-node-answers", HealthLevel.Degraded, "lane", "intents wait: no node answers");
    public static readonly HealthCode LaneRefusedByNode = new("lane-refused-by-node", HealthLevel.Degraded, "lane", "intents wait: a node refuses the transaction, with the words of the detail");
    public static readonly HealthCode LaneOutOfFunds = new("lane-out-of-funds", HealthLevel.Degraded, "lane", "intents wait: the relaying account can't pay");
    public static readonly HealthCode LaneFeeAboveCap = new("lane-fee-above-cap", HealthLevel.Degraded, "lane", "intents wait: the base fee is above `Mirror:Fees:MaxFeePerGasGwei`");
    public static readonly HealthCode LaneStuck = new("lane-stuck", HealthLevel.Degraded, "lane", "a transaction is not mined, and the cap leaves no room for a higher fee");
    public static readonly HealthCode LaneForgottenByNode = new("lane-forgotten-by-node", HealthLevel.Degraded, "lane", "a node took a transaction and does not know it any more; it is sent again");
    public static readonly HealthCode LaneNotStored = new("lane-not-stored", HealthLevel.Degraded, "lane", "a grain or storage did not take a step");
    public static readonly HealthCode LaneOther = new("lane-other", HealthLevel.Degraded, "lane", "nothing goes out; the detail says why");
    public static readonly HealthCode LanePoolFull = new("lane-pool-full", HealthLevel.Degraded, "lane", "the pools of the nodes take no more at the moment; it goes on with the next blocks");
    public static readonly HealthCode LaneAwaitsBlock = new("lane-awaits-block", HealthLevel.Degraded, "lane", "intents are past their deadline by this host's clock, and no block says so");
    public static readonly HealthCode LaneFull = new("lane-full", HealthLevel.Degraded, "lane", "`Mirror:LaneCapacity` intents wait: new ones are refused as busy when all lanes are full");
    public static readonly HealthCode LaneSlow = new("lane-slow", HealthLevel.Degraded, "lane", "a transaction was sent longer ago than `Mirror:StuckAfterSeconds` and is not mined");

    /// <summary>Every code, in the order of the page.</summary>
    public static IReadOnlyList<HealthCode> All { get; } =
    [
        Starting, Stopping, PartSilent, SilosSilent, StorageFailed, DiskNearlyFull, ClockSkewed,
        NoEnclave, NoEnclaveOfChain, EnclaveSilent, EnclaveWrongCode, HeadNoNodeAnswers, HeadDoesNotHold, HeadWrongChain, HeadWentBack, HeadOld, EnclaveNodeSetAside,
        EnclaveDrained, EnclaveNextKeys, CollateralNotRefreshed, CollateralExpired,
        EnclaveProcessAway, EnclaveProcessFails, EnclaveOther,
        NoNodeAnswers, NodeNotReached, NodeTooLate, NodeHttpStatus, NodeNotJsonRpc, NodeTooLong, NodeLimitExceeded, NodeRefuses, NodeUnusable, NodeWrongChain, NodeLags,
        NodeSetAside, NodesDisagree,
        FollowerNoEnclave, FollowerNoNodeAnswers, FollowerNodesDisagree, FollowerReorgTooDeep, FollowerNotDelivered, FollowerOther, FollowerLags,
        LaneNoNodeAnswers, LaneRefusedByNode, LaneOutOfFunds, LaneFeeAboveCap, LaneStuck, LaneForgottenByNode, LaneNotStored, LaneOther,
        LanePoolFull, LaneAwaitsBlock, LaneFull, LaneSlow,
    ];

    /// <summary>What a follower says of itself.</summary>
    public static HealthCode Of(LedgerTrouble trouble) => trouble switch
    {
        LedgerTrouble.NoEnclave => FollowerNoEnclave,
        LedgerTrouble.NoNodeAnswers => FollowerNoNodeAnswers,
        LedgerTrouble.NodesDisagree => FollowerNodesDisagree,
        LedgerTrouble.ReorgTooDeep => FollowerReorgTooDeep,
        LedgerTrouble.NotDelivered => FollowerNotDelivered,
        _ => FollowerOther,
    };

    /// <summary>What a lane says of itself.</summary>
    public static HealthCode Of(LaneTrouble trouble) => trouble switch
    {
        LaneTrouble.NoNodeAnswers => LaneNoNodeAnswers,
        LaneTrouble.RefusedByNode => LaneRefusedByNode,
        LaneTrouble.OutOfFunds => LaneOutOfFunds,
        LaneTrouble.FeeAboveCap => LaneFeeAboveCap,
        LaneTrouble.Stuck => LaneStuck,
        LaneTrouble.ForgottenByNode => LaneForgottenByNode,
        LaneTrouble.NotStored => LaneNotStored,
        LaneTrouble.PoolFull => LanePoolFull,
        LaneTrouble.AwaitsBlock => LaneAwaitsBlock,
        LaneTrouble.Full => LaneFull,
        _ => LaneOther,
    };
}
