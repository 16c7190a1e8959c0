using System.ComponentModel.DataAnnotations;

namespace Pythia.Grains.Pythia;

/// <summary>What stands behind the enclaves beside a silo.</summary>
public enum AttestationMode
{
    /// <summary>Nothing: every view says <c>unattested</c>, and a device pins a key on its operator's word.</summary>
    None = 0,

    /// <summary>Quotes under a root that this host made: the same way as with hardware, and worth nothing against the host. Only where it is named here.</summary>
    Simulated = 1,

    /// <summary>DCAP quotes from Gramine on SGX.</summary>
    Gramine = 2,
}

/// <summary>How a silo appraises the enclaves beside it. Section <c>Attestation</c>.</summary>
public sealed class AttestationOptions
{
    public const string Section = "Attestation";

    /// <summary>What makes their quotes: <c>None</c>, <c>Simulated</c> or <c>Gramine</c>. Default <c>None</c>; on a development chain of one's own <c>Simulated</c>.</summary>
    public AttestationMode Mode { get; set; }

    /// <summary>A policy for quotes (docs/operations/attestation-policy.md). Default none: the strict one; with <c>Simulated</c> it names the simulated root in place of Intel's.</summary>
    public string? PolicyFile { get; set; }

    /// <summary>Folder of the last good collateral and of the simulated platform. Default <c>attestation</c> in <c>Data:Folder</c>.</summary>
    public string? Folder { get; set; }

    /// <summary>Minutes after which an enclave is asked for a new quote although its keys are the same: 1 to 1,440. Default 60. What it says is judged anew with
    /// every report, whatever this says.</summary>
    [Range(1, 1_440)]
    public int QuoteMinutes { get; set; } = 60;

    /// <summary>Seconds from report to report: 1 to 30. Default 20. An enclave that does not answer is looked at every second.</summary>
    [Range(1, 30)]
    public int ReportSeconds { get; set; } = 20;

    /// <summary>Seconds that an enclave may take for one reply before it counts as one that does not answer: 1 to 60. Default 10.</summary>
    [Range(1, 60)]
    public int ReplySeconds { get; set; } = 10;
}
