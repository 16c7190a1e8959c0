using System.Buffers.Binary;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>An enclave's report: 384 bytes, little-endian.</summary>
/// <remarks>
/// <code>
/// 0 CPUSVN 16 | 16 MISCSELECT 4 | 20 reserved 12 | 32 ISVEXTPRODID 16 | 48 flags 8 | 56 XFRM 8 | 64 MRENCLAVE 32 | 96 reserved 32
/// 128 MRSIGNER 32 | 160 reserved 32 | 192 CONFIGID 64 | 256 ISVPRODID 2 | 258 ISVSVN 2 | 260 CONFIGSVN 2 | 262 reserved 42
/// 304 ISVFAMILYID 16 | 320 REPORTDATA 64
/// </code>
/// </remarks>
public sealed record SgxReport(ReadOnlyMemory<byte> Bytes)
{
    public const int ByteCount = 384;

    private const ulong InitFlag = 0x01;
    private const ulong DebugFlag = 0x02;
    private const ulong Mode64Flag = 0x04;

    public ReadOnlyMemory<byte> CpuSvn => Bytes[..16];

    public ReadOnlyMemory<byte> MiscSelect => Bytes.Slice(16, 4);

    /// <summary>flags 8 ‖ XFRM 8.</summary>
    public ReadOnlyMemory<byte> Attributes => Bytes.Slice(48, 16);

    public ReadOnlyMemory<byte> MrEnclave => Bytes.Slice(64, 32);

    /// <summary>SHA-256 of the signer's RSA modulus.</summary>
    public ReadOnlyMemory<byte> MrSigner => Bytes.Slice(128, 32);

    public ReadOnlyMemory<byte> ConfigId => Bytes.Slice(192, 64);

    public int IsvProdId => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.Span[256..]);

    public int IsvSvn => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.Span[258..]);

    public int ConfigSvn => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.Span[260..]);

    public ReadOnlyMemory<byte> ReportData => Bytes.Slice(320, 64);

    /// <summary>INIT: the enclave was initialized; every report that hardware made has it.</summary>
    public bool IsInitialized => (Flags & InitFlag) != 0;

    /// <summary>DEBUG: its memory can be read from outside.</summary>
    public bool IsDebug => (Flags & DebugFlag) != 0;

    /// <summary>MODE64BIT.</summary>
    public bool IsMode64 => (Flags & Mode64Flag) != 0;

    private ulong Flags => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.Span[48..]);
}

/// <summary>A trust domain's report: 584 bytes (TDX 1.0) or 648 (TDX 1.5), little-endian.</summary>
/// <remarks>
/// <code>
/// 0 TEE_TCB_SVN 16 | 16 MRSEAM 48 | 64 MRSIGNERSEAM 48 | 112 SEAMATTRIBUTES 8 | 120 TDATTRIBUTES 8 | 128 XFAM 8 | 136 MRTD 48
/// 184 MRCONFIGID 48 | 232 MROWNER 48 | 280 MROWNERCONFIG 48 | 328 RTMR0..3 48 each | 520 REPORTDATA 64
/// 1.5 only: 584 TEE_TCB_SVN2 16 | 600 MRSERVICETD 48
/// </code>
/// </remarks>
public sealed record TdxReport(ReadOnlyMemory<byte> Bytes)
{
    public const int ByteCount10 = 584;
    public const int ByteCount15 = 648;
    public const int RtmrCount = 4;

    private const int HashBytes = 48;

    public ReadOnlyMemory<byte> TeeTcbSvn => Bytes[..16];

    public ReadOnlyMemory<byte> MrSeam => Bytes.Slice(16, HashBytes);

    public ReadOnlyMemory<byte> MrSignerSeam => Bytes.Slice(64, HashBytes);

    public ReadOnlyMemory<byte> SeamAttributes => Bytes.Slice(112, 8);

    public ReadOnlyMemory<byte> TdAttributes => Bytes.Slice(120, 8);

    public ReadOnlyMemory<byte> Xfam => Bytes.Slice(128, 8);

    public ReadOnlyMemory<byte> MrTd => Bytes.Slice(136, HashBytes);

    public ReadOnlyMemory<byte> MrConfigId => Bytes.Slice(184, HashBytes);

    public ReadOnlyMemory<byte> MrOwner => Bytes.Slice(232, HashBytes);

    public ReadOnlyMemory<byte> MrOwnerConfig => Bytes.Slice(280, HashBytes);

    public ReadOnlyMemory<byte> ReportData => Bytes.Slice(520, 64);

    /// <summary>TDX 1.5 only.</summary>
    public ReadOnlyMemory<byte>? TeeTcbSvn2 => Only15(584, 16);

    /// <summary>TDX 1.5 only: the service domain that may move or copy this one; zeros for none.</summary>
    public ReadOnlyMemory<byte>? MrServiceTd => Only15(600, HashBytes);

    /// <summary>Any of the eight TUD bits, DEBUG among them: the domain is not to be trusted.</summary>
    public bool IsDebug => Bytes.Span[120] != 0;

    /// <summary>48 bytes.</summary>
    /// <param name="index">0 to 3.</param>
    public ReadOnlyMemory<byte> Rtmr(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, RtmrCount);
        return Bytes.Slice(328 + (index * HashBytes), HashBytes);
    }

    // The cast keeps null from becoming a piece of no bytes.
    private ReadOnlyMemory<byte>? Only15(int start, int length) => Bytes.Length == ByteCount15 ? (ReadOnlyMemory<byte>?)Bytes.Slice(start, length) : null;
}
