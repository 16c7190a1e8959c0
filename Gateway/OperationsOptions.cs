using System.ComponentModel.DataAnnotations;
using Pythia.Gateway.Settings;

namespace Pythia.Gateway;

/// <summary>The operators' side, section <c>Operations</c>: an address of its own for figures and health in words, and when health complains.</summary>
public sealed class OperationsOptions
{
    public const string Section = "Operations";

    /// <summary>Where <c>/metrics</c> and the operators' <c>/health</c> pages are: an absolute http URL; port 0 takes a free one. It asks nobody who he
    /// is: keep it on loopback or a network of the operators'. Default http://127.0.0.1:0.</summary>
    [Required, HttpUrl]
    public string Url { get; set; } = "http://127.0.0.1:0";

    /// <summary>Seconds from being asked to stop until the process ends whatever is still under way: 1 to 120, default 15.</summary>
    [Range(1, 120)]
    public int StopSeconds { get; set; } = 15;

    /// <summary>Free space of the data folder's disk, in MiB, below which health complains: 1 to 1,000,000, default 1,024.</summary>
    [Range(1, 1_000_000)]
    public int LeastFreeDiskMegabytes { get; set; } = 1_024;

    /// <summary>Seconds that this host's clock and the time of a block that just came may differ: 1 to 86,400, default 60.</summary>
    [Range(1, 86_400)]
    public int ClockToleranceSeconds { get; set; } = 60;

    /// <summary>Seconds without a new verified head after which health complains: 1 to 86,400, default 120.</summary>
    [Range(1, 86_400)]
    public int HeadAgeSeconds { get; set; } = 120;

    /// <summary>Blocks that a node may be behind the others before it is set aside: 1 to 10,000, default 8.</summary>
    [Range(1, 10_000)]
    public int NodeLagBlocks { get; set; } = 8;

    /// <summary>Blocks that the follower may be behind the verified head before health complains: 1 to 1,000,000, default 32.</summary>
    [Range(1, 1_000_000)]
    public int FollowerLagBlocks { get; set; } = 32;

    /// <summary>Seconds between two looks at the nodes and at the relaying account's balance: 1 to 3,600, default 10.</summary>
    [Range(1, 3_600)]
    public int LookSeconds { get; set; } = 10;
}
