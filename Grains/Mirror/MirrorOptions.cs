using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Pythia.Contracts.Transactions;

namespace Pythia.Grains.Mirror;

/// <summary>How intents are taken, sent and followed. Section <c>Mirror</c>.</summary>
public sealed class MirrorOptions
{
    /// <summary>Intents in one transaction at most: 1 to 200. Default 50.</summary>
    [Range(1, 200)]
    public int BatchSize { get; set; } = 50;

    /// <summary>Gas of one transaction at most: 500,000 to 16,777,216 (the cap of EIP-7825). Default 15,000,000. Never more than
    /// three quarters of what the chain's newest block says a block may have.</summary>
    [Range(500_000, 16_777_216)]
    public long BatchGas { get; set; } = 15_000_000;

    /// <summary>Transactions of one lane that are not mined, at most: 1 to 16, which is what geth keeps for an account in any case
    /// (txpool.accountslots). Default 8.</summary>
    [Range(1, 16)]
    public int BatchesUnderWay { get; set; } = 8;

    /// <summary>Intents that wait in one lane, in memory, at most: 100 to 1,000,000. Default 20,000. When all lanes are full, new ones are refused
    /// as busy.</summary>
    [Range(100, 1_000_000)]
    public int LaneCapacity { get; set; } = 20_000;

    /// <summary>Seconds after which a transaction that is not mined is sent again with a higher fee: 5 to 3,600. Default 45.</summary>
    [Range(5, 3_600)]
    public int StuckAfterSeconds { get; set; } = 45;

    /// <summary>What transactions offer, with caps: section <c>Mirror:Fees</c>.</summary>
    [ValidateObjectMembers]
    public FeePolicy Fees { get; set; } = new();

    /// <summary>How often an item that its contract did not take (and whose nonce is unused) goes out again: 0 to 20. Default 3.
    /// After that it waits for its deadline.</summary>
    [Range(0, 20)]
    public int ItemRetries { get; set; } = 3;

    /// <summary>Seconds that must be left of a deadline for an intent to be taken: 0 to 3,600. Default 30.</summary>
    [Range(0, 3_600)]
    public int MinimumLeadSeconds { get; set; } = 30;

    /// <summary>Acts of one subject that are not mined, at most: 1 to 1,000. Default 64.</summary>
    [Range(1, 1_000)]
    public int OutboxSize { get; set; } = 64;

    /// <summary>Seconds after which a lane looks again although no block came: 1 to 19. Default 10.</summary>
    [Range(1, 19)]
    public int LookAgainSeconds { get; set; } = 10;

    /// <summary>Blocks on top of a block that make it final where heads carry no proof of finality: 0 to 64. Default 0.</summary>
    [Range(0, 64)]
    public int FinalityDepthBlocks { get; set; }

    /// <summary>Grains that the follower tells at the same time, at most: 1 to 256. Default 32.</summary>
    [Range(1, 256)]
    public int DeliveriesAtOnce { get; set; } = 32;

    /// <summary>Seconds that an enclave may take to read one block, before the follower asks another one: 1 to 600. Default 60.</summary>
    [Range(1, 600)]
    public int ReadSeconds { get; set; } = 60;
}

/// <summary>Enforces the ranges, those of the fees too.</summary>
[OptionsValidator]
internal sealed partial class MirrorOptionsValidator : IValidateOptions<MirrorOptions>;
