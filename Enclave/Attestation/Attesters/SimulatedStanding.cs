namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>What the PCK certificate of a simulated platform says of its processor.</summary>
public sealed record SimulatedProcessor
{
    /// <summary>6 bytes. 51AD…: none of Intel's families.</summary>
    public ReadOnlyMemory<byte> Fmspc { get; init; } = new byte[] { 0x51, 0xAD, 0, 0, 0, 0 };

    /// <summary>Platform id, 16 bytes.</summary>
    public ReadOnlyMemory<byte> Ppid { get; init; } = "simulated ppid 1"u8.ToArray();

    /// <summary>2 bytes.</summary>
    public ReadOnlyMemory<byte> PceId { get; init; } = new byte[2];

    /// <summary>SVNs of the 16 components.</summary>
    public ReadOnlyMemory<byte> Components { get; init; } = new byte[] { 11, 11, 2, 2, 255, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

    /// <summary>PCESVN.</summary>
    public ushort PceSvn { get; init; } = 13;

    /// <summary>ISVSVN of the quoting enclave.</summary>
    public ushort QuotingEnclaveSvn { get; init; } = 8;

    /// <summary>True: certified by the Platform CA, with instance id and configuration; false: by the Processor CA.</summary>
    public bool ByPlatformCa { get; init; }
}

/// <summary>How the simulated vendor stands to the platform when it issues collateral. The default is that all is well.</summary>
public sealed record SimulatedStanding
{
    /// <summary><c>tcbStatus</c> of the platform's level.</summary>
    public string TcbStatus { get; init; } = "UpToDate";

    /// <summary><c>advisoryIDs</c> of the platform's level.</summary>
    public IReadOnlyList<string> AdvisoryIds { get; init; } = [];

    /// <summary><c>tcbStatus</c> of the quoting enclave's level.</summary>
    public string QeStatus { get; init; } = "UpToDate";

    /// <summary><c>tcbEvaluationDataNumber</c> of TCB info and QE identity.</summary>
    public int EvaluationNumber { get; init; } = 17;

    /// <summary>Issued at this time instead of now; may lie in the future.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>From issue to next update of TCB info, QE identity and PCK CRL. Intel: 30 days.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>From issue to next update of the root CRL. Intel: about a year.</summary>
    public TimeSpan RootCrlLifetime { get; init; } = TimeSpan.FromDays(365);

    /// <summary>The PCK CRL names the platform's certificate.</summary>
    public bool LeafRevoked { get; init; }

    /// <summary>The root CRL names the PCK CA.</summary>
    public bool IntermediateRevoked { get; init; }

    /// <summary>The root CRL names the TCB signing certificate.</summary>
    public bool TcbSignerRevoked { get; init; }

    /// <summary>FMSPC of the TCB info; null: the platform's.</summary>
    public ReadOnlyMemory<byte>? Fmspc { get; init; }
}
