using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>
/// Writes a DCAP quote of version 3 (Intel, SGX ECDSA Quote Library Reference DCAP API, appendix A). Little-endian; keys and signatures big-endian.
/// <code>
///   0  header 48          version 3 · key type 2 · reserved 4 · QE SVN · PCE SVN · vendor 16 · user data 20
///  48  report body 384    CPUSVN 16 · … · flags 8 @48 · XFRM 8 · MRENCLAVE 32 @64 · MRSIGNER 32 @128 · product 2 @256 · SVN 2 · REPORTDATA 64 @320
/// 432  u32 length of the rest
/// 436  signature 64 · attestation key 64 · QE report 384 · QE report signature 64 · u16 32 · QE authentication data 32 ·
///      u16 5 · u32 n · PCK chain as PEM n, ended by a zero byte
/// </code>
/// </summary>
internal static class SimulatedQuote
{
    public const ulong QuotingEnclaveFlags = 0x15; // INIT | MODE64 | PROVISION_KEY

    private const int HeaderBytes = 48;
    private const int BodyBytes = 384;
    private const ushort PckChainCertificationType = 5;
    private const ulong Xfrm = 0xE7;

    /// <summary>MRSIGNER of the simulated quoting enclave, 32 bytes; its QE identity names it.</summary>
    public static byte[] QuotingEnclaveSigner { get; } = SHA256.HashData("pythia simulated quoting enclave signer"u8);

    // 939a7233-f79c-4ca9-940a-0db3957f0607: Intel's, since verifiers accept no other. FMSPC and root keep simulated quotes apart.
    private static ReadOnlySpan<byte> VendorId => [0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9, 0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07];

    public static byte[] Write(SimulatedKeys keys, SimulatedProcessor processor, ReadOnlySpan<byte> pckChain, SimulatedEnclave enclave, ReadOnlySpan<byte> reportData)
    {
        byte[] signed = [.. Header(processor), .. Body(enclave, reportData)];
        var authenticationData = new byte[32];
        for (var i = 0; i < authenticationData.Length; i++) authenticationData[i] = (byte)i;
        byte[] qeReportData = [.. SHA256.HashData([.. keys.Attestation.PublicKey, .. authenticationData]), .. new byte[32]];
        var qeReport = Body(QuotingEnclave(processor), qeReportData);
        byte[] signature =
        [
            .. keys.Attestation.Sign(signed), .. keys.Attestation.PublicKey,
            .. qeReport, .. keys.Pck.Sign(qeReport),
            .. U16((ushort)authenticationData.Length), .. authenticationData,
            .. U16(PckChainCertificationType), .. U32((uint)pckChain.Length), .. pckChain,
        ];
        return [.. signed, .. U32((uint)signature.Length), .. signature];
    }

    private static SimulatedEnclave QuotingEnclave(SimulatedProcessor processor)
        => new(SHA256.HashData("pythia simulated quoting enclave"u8))
        {
            Signer = QuotingEnclaveSigner,
            ProductId = 1,
            SecurityVersion = processor.QuotingEnclaveSvn,
            Flags = processor.QuotingEnclaveFlags,
        };

    private static byte[] Header(SimulatedProcessor processor)
    {
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(header, 3);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), processor.QuotingEnclaveSvn);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(10), processor.PceSvn);
        VendorId.CopyTo(header.AsSpan(12));
        SHA256.HashData(processor.Ppid.Span).AsSpan(0, 16).CopyTo(header.AsSpan(28)); // the QE's id on this platform
        return header;
    }

    private static byte[] Body(SimulatedEnclave enclave, ReadOnlySpan<byte> reportData)
    {
        var body = new byte[BodyBytes];
        // On hardware CPUSVN is no list of components either: who compares it with them is found out.
        SHA256.HashData("pythia simulated cpusvn"u8).AsSpan(0, 16).CopyTo(body);
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(48), enclave.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(56), Xfrm);
        enclave.Measurement.Span.CopyTo(body.AsSpan(64, 32));
        enclave.Signer.Span.CopyTo(body.AsSpan(128, 32));
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(256), enclave.ProductId);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(258), enclave.SecurityVersion);
        reportData.CopyTo(body.AsSpan(320, 64));
        return body;
    }

    private static byte[] U16(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
