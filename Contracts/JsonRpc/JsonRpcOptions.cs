using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;

namespace Pythia.Contracts.JsonRpc;

/// <summary>Which nodes are asked, and how patiently.</summary>
public sealed record JsonRpcOptions
{
    /// <summary>The nodes in the order of preference, http or https; one at least.</summary>
    [Required, MinLength(1)]
    public ImmutableArray<Uri> Nodes { get; init; } = [];

    /// <summary>Time for one attempt at one node, in milliseconds; 10 to 600,000, default 10,000.</summary>
    [Range(10, 600_000)]
    public int AttemptTimeoutMs { get; init; } = 10_000;

    /// <summary>How often an idempotent call is repeated after every node has failed; 0 to 10, default 3.</summary>
    [Range(0, 10)]
    public int Retries { get; init; } = 3;

    /// <summary>The first pause before a repetition, in milliseconds, doubled each time, with jitter; 1 to 60,000, default 100.</summary>
    [Range(1, 60_000)]
    public int RetryDelayMs { get; init; } = 100;

    /// <summary>How long one node may think before the next is asked too, in milliseconds; 1 to 60,000, default 500. Idempotent calls only.</summary>
    [Range(1, 60_000)]
    public int HedgeAfterMs { get; init; } = 500;

    /// <summary>The share of failed attempts that opens a node's circuit, in percent; 1 to 100, default 50.</summary>
    [Range(1, 100)]
    public int BreakAtFailurePercent { get; init; } = 50;

    /// <summary>Attempts within <see cref="BreakWindowMs"/> before a circuit may open; 2 to 1,000, default 5.</summary>
    [Range(2, 1_000)]
    public int BreakAfterAttempts { get; init; } = 5;

    /// <summary>The window over which failures are counted, in milliseconds; 500 to 600,000, default 10,000.</summary>
    [Range(500, 600_000)]
    public int BreakWindowMs { get; init; } = 10_000;

    /// <summary>How long an open circuit keeps a node from being asked, in milliseconds; 500 to 600,000, default 5,000.</summary>
    [Range(500, 600_000)]
    public int BreakDurationMs { get; init; } = 5_000;

    /// <summary>Longest body that is sent, in bytes; 1,024 to 64 Mi, default 2 Mi. A batch is divided to fit.</summary>
    [Range(1_024, 64 << 20)]
    public int MaxRequestBytes { get; init; } = 2 << 20;

    /// <summary>Longest body that is read, in bytes; 1,024 to 256 Mi, default 32 Mi. Whatever a node sends beyond it is not read.</summary>
    [Range(1_024, 256 << 20)]
    public int MaxResponseBytes { get; init; } = 32 << 20;

    /// <summary>Most calls in one body; 1 to 1,000, default 100.</summary>
    [Range(1, 1_000)]
    public int MaxBatch { get; init; } = 100;

    /// <summary>Throws where an option is out of its range or a node's address cannot be used.</summary>
    /// <exception cref="ValidationException">Names the option, what was found and what was expected.</exception>
    public void Validate()
    {
        if (Nodes.IsDefaultOrEmpty) throw new ValidationException($"{nameof(Nodes)}: none found, one address at least expected");

        Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
        var bad = Nodes.FirstOrDefault(n => !n.IsAbsoluteUri || n.Scheme is not ("http" or "https"));
        if (bad is not null) throw new ValidationException($"{nameof(Nodes)}: '{bad}' found, an absolute http or https address expected");
    }
}
