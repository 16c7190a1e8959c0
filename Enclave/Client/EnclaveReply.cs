namespace Pythia.Enclave;

/// <summary>Why an enclave gave no answer. The numbers travel (RFC 9290 problem details): add at the end.</summary>
public enum RefusalReason
{
    /// <summary>The request is not deterministic CBOR of the stated form and size.</summary>
    BadRequest = 1,

    /// <summary>A fact number or its arguments are not known to this enclave.</summary>
    UnknownFact = 2,

    /// <summary>No head has been verified yet.</summary>
    NoHead = 3,

    /// <summary>The request's min-block is above the verified head, also after waiting a little.</summary>
    HeadTooOld = 4,

    /// <summary>The request asks for a higher assurance level than this enclave has.</summary>
    LevelTooLow = 5,

    /// <summary>No node gave a usable reply in time.</summary>
    NodeUnavailable = 6,

    /// <summary>An account or storage proof did not hold; the detail names the verifier's reason.</summary>
    ProofInvalid = 7,

    /// <summary>A header did not hash to what the head source named, or breaks a rule.</summary>
    HeaderInvalid = 8,

    /// <summary>Receipts did not lead to the header's receipts root, or are no receipts.</summary>
    ReceiptsInvalid = 9,

    /// <summary>A configured contract's code is not the configured one.</summary>
    CodeHashMismatch = 10,

    /// <summary>The block is above the verified head, or not known to any node.</summary>
    BlockUnknown = 11,

    /// <summary>The head source named a block that is behind, or whose time is behind, the verified head.</summary>
    HeadWentBack = 12,

    /// <summary>The head source speaks for another chain or genesis than the configured one.</summary>
    WrongChain = 13,

    /// <summary>A key of this enclave is asked about: another enclave must say whether it is in force.</summary>
    OwnKey = 14,

    /// <summary>A node's reply is longer than is taken, or than there is memory for.</summary>
    ReplyTooLong = 15,
}

/// <summary>A refusal: never signed, and never a permission.</summary>
/// <param name="Reason">The named reason.</param>
/// <param name="Detail">For people: the thing, what was found, what was expected.</param>
/// <param name="Node">The node that caused it (scheme, host and port), or null.</param>
public sealed record EnclaveRefusal(RefusalReason Reason, string Detail, string? Node = null);

/// <summary>Either <see cref="Answer"/> or <see cref="Refusal"/> with <see cref="Problem"/>.</summary>
public sealed record EnclaveReply
{
    private EnclaveReply(ReadOnlyMemory<byte> answer, EnclaveRefusal? refusal, ReadOnlyMemory<byte> problem)
        => (Answer, Refusal, Problem) = (answer, refusal, problem);

    /// <summary>The bytes asked for; empty with a refusal.</summary>
    public ReadOnlyMemory<byte> Answer { get; }

    /// <summary>Null with an answer.</summary>
    public EnclaveRefusal? Refusal { get; }

    /// <summary>The refusal as <c>application/concise-problem-details+cbor</c> (RFC 9290), ready to pass on; empty with an answer.</summary>
    public ReadOnlyMemory<byte> Problem { get; }

    public static EnclaveReply Answered(ReadOnlyMemory<byte> answer) => new(answer, null, default);

    public static EnclaveReply Refused(EnclaveRefusal refusal, ReadOnlyMemory<byte> problem) => new(default, refusal, problem);
}
