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

    /// <summary>ATTRIBUTES.flags of the quoting enclave.</summary>
    public ulong QuotingEnclaveFlags { get; init; } = SimulatedQuote.QuotingEnclaveFlags;

    /// <summary>True: certified by the Platform CA, with instance id and configuration; false: by the Processor CA.</summary>
    public bool ByPlatformCa { get; init; }
}
