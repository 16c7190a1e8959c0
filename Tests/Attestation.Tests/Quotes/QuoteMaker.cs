using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Tests.Quotes;

/// <summary>Quotes of every version and kind under a platform of its own, built by hand from the layout, and TCB info and QE identity for TDX.</summary>
internal sealed class QuoteMaker : IDisposable
{
    public const string TdxModuleId = "TDX_01";

    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly byte[] QeSigner = SHA256.HashData("a quoting enclave's signer"u8);

    private readonly Vectors.ManualTimeProvider _clock = new(Now);

    public QuoteMaker(SimulatedProcessor? processor = null) => Platform = SimulatedPlatform.Create(_clock, processor);

    public SimulatedPlatform Platform { get; }

    public QuoteTrust Trust => QuoteTrust.Of(Platform.RootKey);

    public QuotePolicy Policy => QuotePolicy.Strict with { Trust = Trust };

    /// <summary>PEM: leaf, CA, root.</summary>
    public byte[] PckChain => Encoding.ASCII.GetBytes(
        SimulatedCertificates.Pem(Platform.Certificates.Pck, Platform.Certificates.PckCa, Platform.Certificates.Root));

    /// <summary>DER of leaf, CA, root.</summary>
    public byte[][] PckDer => [Platform.Certificates.Pck.RawData, Platform.Certificates.PckCa.RawData, Platform.Certificates.Root.RawData];

    /// <summary>INIT and MODE64 set, all else zero but measurement and report data.</summary>
    public static byte[] SgxBody(byte flags = 0x05)
    {
        var body = new byte[SgxReport.ByteCount];
        body[48] = flags;
        body.AsSpan(64, 32).Fill(0xE1);
        body.AsSpan(128, 32).Fill(0xE2);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(256), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(258), 4);
        body.AsSpan(320, 64).Fill(0xE3);
        return body;
    }

    /// <summary>A TDX body whose first TEE_TCB_SVN bytes are as given; MRTD 0xD1, RTMR0 0xD2, report data 0xD3.</summary>
    public static byte[] TdxBody(bool is15, params ReadOnlySpan<byte> teeTcbSvn)
    {
        var body = new byte[is15 ? TdxReport.ByteCount15 : TdxReport.ByteCount10];
        teeTcbSvn.CopyTo(body);
        body.AsSpan(136, 48).Fill(0xD1);
        body.AsSpan(328, 48).Fill(0xD2);
        body.AsSpan(520, 64).Fill(0xD3);
        return body;
    }

    public byte[] Quote(
        int version, byte[] body, bool isTdx = false, int certificationType = 5, byte[]? certificationData = null, byte[]? authData = null, int? bodyType = null,
        byte[]? qeReportData = null, int keyBytes = KeyRing.KeyBytes, Forgery? forgery = null)
    {
        var isP256 = keyBytes == KeyRing.KeyBytes;
        byte[] signed = [.. Header(version, isTdx, isP256 ? 2 : 3), .. version == 5 ? BodyDescriptor(body, isTdx, bodyType) : [], .. body];
        forgery?.Signed?.Invoke(signed);
        authData ??= [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        var keys = Platform.Keys;
        var attestationKey = forgery?.AttestationKey ?? (isP256 ? keys.Attestation.PublicKey : new byte[keyBytes]);
        var qeReport = QeReport(qeReportData ?? [.. SHA256.HashData([.. attestationKey, .. authData]), .. new byte[32]]);
        forgery?.QeReport?.Invoke(qeReport);
        certificationData ??= [.. PckChain, 0];
        byte[] qePart =
        [
            .. qeReport, .. (forgery?.PckKey ?? keys.Pck).Sign(qeReport), .. U16(authData.Length), .. authData, .. U16(certificationType), .. U32(certificationData.Length), .. certificationData,
        ];
        byte[] section =
        [
            .. isP256 ? keys.Attestation.Sign(signed) : new byte[keyBytes], .. attestationKey,
            .. version > 3 ? [.. U16(6), .. U32(qePart.Length)] : Array.Empty<byte>(), .. qePart,
        ];
        return [.. signed, .. U32(section.Length), .. section];
    }

    /// <summary>Collateral for <see cref="Quote"/>; its QE identity is that of the quoting enclave made here.</summary>
    public QuoteCollateral Collateral(bool isTdx = false, string? tcbInfo = null, SimulatedStanding? standing = null) => Platform.IssueCollateral(standing) with
    {
        TcbInfo = tcbInfo is null ? isTdx ? Sign("tcbInfo", TdxTcbInfo()) : Platform.IssueCollateral(standing).TcbInfo : Sign("tcbInfo", tcbInfo),
        QeIdentity = Sign("enclaveIdentity", QeIdentity(isTdx)),
    };

    /// <summary>TCB info for TDX: the module <c>TDX_01</c> up to date from SVN 3, out of date from 2; components of the platform's own level and one above it.</summary>
    public string TdxTcbInfo(string status = "UpToDate", string moduleStatus = "OutOfDate", byte[]? needed = null, byte moduleMask = 0xFF)
    {
        needed ??= [3, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        var components = Components(Platform.Processor.Components.ToArray());
        return $$"""
            {"id":"TDX","version":3,"issueDate":"2026-02-20T00:00:00Z","nextUpdate":"2026-03-20T00:00:00Z","fmspc":"{{Convert.ToHexString(Platform.Processor.Fmspc.Span)}}",
            "pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":18,
            "tdxModule":{"mrsigner":"{{new string('0', 96)}}","attributes":"0000000000000000","attributesMask":"{{moduleMask:X2}}FFFFFFFFFFFFFF"},
            "tdxModuleIdentities":[{"id":"{{TdxModuleId}}","mrsigner":"{{new string('0', 96)}}","attributes":"0000000000000000","attributesMask":"FFFFFFFFFFFFFFFF","tcbLevels":[
            {"tcb":{"isvsvn":3},"tcbDate":"2026-01-01T00:00:00Z","tcbStatus":"UpToDate"},
            {"tcb":{"isvsvn":2},"tcbDate":"2025-01-01T00:00:00Z","tcbStatus":"{{moduleStatus}}","advisoryIDs":["INTEL-SA-01036"]}]}],
            "tcbLevels":[
            {"tcb":{"sgxtcbcomponents":{{components}},"pcesvn":{{Platform.Processor.PceSvn}},"tdxtcbcomponents":{{Components([.. needed[..2], 7, .. needed[3..]])}}},
            "tcbDate":"2026-01-01T00:00:00Z","tcbStatus":"UpToDate"},
            {"tcb":{"sgxtcbcomponents":{{components}},"pcesvn":{{Platform.Processor.PceSvn}},"tdxtcbcomponents":{{Components(needed)}}},
            "tcbDate":"2025-06-01T00:00:00Z","tcbStatus":"{{status}}"}]}
            """;
    }

    /// <summary><c>{"member":json,"signature":…}</c> by the TCB signer.</summary>
    public byte[] Sign(string member, string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        return [.. Encoding.UTF8.GetBytes($"{{\"{member}\":"), .. bytes, .. Encoding.UTF8.GetBytes($",\"signature\":\"{Convert.ToHexStringLower(Platform.Keys.TcbSigner.Sign(bytes))}\"}}")];
    }

    public string[] Reasons(byte[] quote, QuoteCollateral collateral, QuotePolicy? policy = null)
        => [.. (policy ?? Policy).Judge(Verify(quote, collateral)).Reasons.Select(reason => reason.Name).Distinct().Order(StringComparer.Ordinal)];

    public QuoteAppraisal Verify(byte[] quote, QuoteCollateral collateral) => QuoteVerifier.Verify(quote, collateral, Trust, Now);

    public void Dispose() => Platform.Dispose();

    public static string QeIdentity(bool isTdx, string status = "UpToDate") => $$"""
        {"id":"{{(isTdx ? "TD_QE" : "QE")}}","version":2,"issueDate":"2026-02-20T00:00:00Z","nextUpdate":"2026-03-20T00:00:00Z","tcbEvaluationDataNumber":18,
        "miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"11000000000000000000000000000000","attributesMask":"FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner":"{{Convert.ToHexString(QeSigner)}}","isvprodid":2,"tcbLevels":[{"tcb":{"isvsvn":5},"tcbDate":"2025-06-01T00:00:00Z","tcbStatus":"{{status}}"}]}
        """;

    private static byte[] QeReport(byte[] reportData)
    {
        var report = new byte[SgxReport.ByteCount];
        report[48] = 0x15; // INIT, MODE64, PROVISION_KEY
        QeSigner.CopyTo(report, 128);
        report[256] = 2;
        report[258] = 5;
        reportData.CopyTo(report, 320);
        return report;
    }

    private static byte[] Header(int version, bool isTdx, int keyType)
    {
        var header = new byte[48];
        header[0] = (byte)version;
        header[2] = (byte)keyType;
        header[4] = (byte)(isTdx ? 0x81 : 0);
        Convert.FromHexString("939a7233f79c4ca9940a0db3957f0607").CopyTo(header, 12);
        return header;
    }

    private static byte[] BodyDescriptor(byte[] body, bool isTdx, int? type)
        => [.. U16(type ?? (!isTdx ? 1 : body.Length == TdxReport.ByteCount10 ? 2 : 3)), .. U32(body.Length)];

    private static string Components(byte[] svns) => $"[{string.Join(',', svns.Select(svn => $"{{\"svn\":{svn}}}"))}]";

    private static byte[] U16(int value) => BitConverter.GetBytes((ushort)value);

    private static byte[] U32(int value) => BitConverter.GetBytes((uint)value);
}

/// <summary>What a quote says otherwise than it should, signed all the same.</summary>
internal sealed record Forgery
{
    /// <summary>Changes header and body before the attestation key signs them.</summary>
    public Action<byte[]>? Signed { get; init; }

    /// <summary>Changes the quoting enclave's report before the PCK key signs it.</summary>
    public Action<byte[]>? QeReport { get; init; }

    /// <summary>64 bytes, bound by the report in place of the key that signs.</summary>
    public byte[]? AttestationKey { get; init; }

    /// <summary>Signs the quoting enclave's report in place of the platform's.</summary>
    public SimulatedKey? PckKey { get; init; }
}
