using System.Collections.Immutable;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Attestation;

namespace Pythia.Enclave.Attestation.Passports;

/// <summary>Whom a verifier vouches for. Immutable; read from a file by <see cref="PassportPolicyFile"/>.</summary>
public sealed record PassportPolicy
{
    /// <summary>What quotes are accepted, of which code, platforms and configurations.</summary>
    public required QuotePolicy Quote { get; init; }

    /// <summary>
    /// Who operates a platform: PPID, 32 lower-case hex digits, to name. That two names are two operators is what the verifier vouches for, so no evidence
    /// names its own, and a platform has one.
    /// </summary>
    public ImmutableDictionary<string, string> Operators { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The name for all other platforms together; null: they get no passport. One name, so that they are never two operators.</summary>
    public string? OperatorOfOthers { get; init; }

    /// <summary>Hashes of anchors that were appraised, 64 lower-case hex digits each.</summary>
    public ImmutableHashSet<string> Anchors { get; init; } = [];

    /// <summary>True takes enclaves whose heads are a node's word (level 0): for development only.</summary>
    public bool DevelopmentAnchorAllowed { get; init; }

    internal string? OperatorOf(ReadOnlySpan<byte> ppid) => Operators.GetValueOrDefault(Convert.ToHexStringLower(ppid), OperatorOfOthers!);

    internal bool AllowsAnchor(ReadOnlySpan<byte> hash)
        => Anchors.Contains(Convert.ToHexStringLower(hash))
            || (DevelopmentAnchorAllowed && hash.SequenceEqual(EnclaveAnchor.Development.ComputeHash()));

    /// <summary>True where the chain ends in Intel's key, whatever else the policy trusts.</summary>
    internal static bool IsIntels(QuoteFacts facts) => facts.Pck?.RootKey is { } root && QuoteTrust.Intel.Holds(root.Span);
}
