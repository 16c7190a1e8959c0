namespace Pythia.Enclave.Verifier.Tries;

/// <summary>What a walk came to. The default is invalid.</summary>
public readonly ref struct TrieVerdict
{
    private TrieVerdict(Verdict verdict, InvalidReason reason, int nodes, ReadOnlySpan<byte> value)
    {
        Verdict = verdict;
        Reason = reason;
        Nodes = nodes;
        Value = value;
    }

    public Verdict Verdict { get; }

    /// <summary><see cref="InvalidReason.None"/> unless the verdict is invalid.</summary>
    public InvalidReason Reason { get; }

    /// <summary>Nodes that were found and used; for an invalid one, the index of the node at fault.</summary>
    public int Nodes { get; }

    /// <summary>The value's bytes, a slice of the last node; empty unless included.</summary>
    public ReadOnlySpan<byte> Value { get; }

    internal static TrieVerdict Included(ReadOnlySpan<byte> value, int nodes) => new(Verdict.Included, InvalidReason.None, nodes, value);

    internal static TrieVerdict Absent(int nodes) => new(Verdict.Absent, InvalidReason.None, nodes, default);

    internal static TrieVerdict Invalid(InvalidReason reason, int nodes) => new(Verdict.Invalid, reason, nodes, default);
}
