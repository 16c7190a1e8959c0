using System.Security.Cryptography;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>Takes a quote apart by its length fields. Integers little-endian, signatures and keys in big-endian halves.</summary>
/// <remarks>
/// <code>
/// header 48:  0 version 2 | 2 attestation key type 2 | 4 TEE type 4 (v3: zero) | 8 SVNs 4 (v4, v5: reserved) | 12 QE vendor 16 | 28 user data 20
/// body:       v3 SGX 384; v4 SGX 384 or TDX 584; v5: type 2 (1 SGX 384, 2 TDX 584, 3 TDX 648) | size 4 | that many bytes
/// signature:  length 4, then exactly so many bytes:
///   v3        ISV signature 64 | attestation key 64 | QE part
///   v4, v5    ISV signature 64 | attestation key 64 | certification type 2 (= 6) | size 4 | QE part of that size
///             (key type 3, ECDSA over P-384: signature and key of 96 bytes each; read for what else is there, and refused)
///   QE part   QE report 384 | signature 64 | n 2 | authentication data n | certification type 2 | size 4 | certification data
/// tail:       zero bytes, any number up to the cap; or the bytes whose SHA-256 ‖ 32 zero bytes is the report data
/// </code>
/// </remarks>
internal static class QuoteReader
{
    /// <summary>Longest quote that is looked at; real ones take 4.6 to 8 KB.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>Certification type of a PCK chain in PEM.</summary>
    public const int PckChainData = 5;

    private const int HeaderBytes = 48;
    private const uint P256Bytes = 64;
    private const uint P384Bytes = 96;
    private const int EcdsaP256 = 2;
    private const int EcdsaP384 = 3;
    private const uint SgxTee = 0;
    private const uint TdxTee = 0x81;
    private const int QeReportData = 6;

    private static ReadOnlySpan<byte> IntelVendor => [0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07];

    /// <returns>Null when not even the body can be found; faults say why, or what else is not as it must be.</returns>
    public static Quote? Read(ReadOnlyMemory<byte> quote, FaultList faults)
    {
        if (quote.Length > MaxBytes)
        {
            faults.Add(QuoteFaultKind.QuoteTooLarge, $"quote: {quote.Length} bytes found, {MaxBytes} at most expected");
            return null;
        }

        var bytes = new QuoteBytes(quote);
        if (ReadBody(quote, ref bytes, faults) is not { } found) return null;

        var length = bytes.TakeUInt32("signature length");
        var section = bytes.Take(length, "signature section");
        if (bytes.Missing is { } missing)
        {
            faults.Add(QuoteFaultKind.QuoteMalformed, missing);
            return found;
        }

        faults.Expect(
            !bytes.Rest.Span.ContainsAnyExcept((byte)0) || IsAttested(bytes.Rest.Span, found.ReportData.Span),
            QuoteFaultKind.TrailingBytes,
            $"quote: {bytes.Rest.Length} bytes found behind it that are neither zero nor what its report data is the hash of");
        return found with { Signature = ReadSignature(section, found, faults), TrailingBytes = bytes.Rest.Length };
    }

    // Padding says nothing; what the report data names by its SHA-256, and by nothing else, was attested (Open Enclave's custom claims). Anything else might be taken for it.
    private static bool IsAttested(ReadOnlySpan<byte> tail, ReadOnlySpan<byte> reportData)
        => reportData[..SHA256.HashSizeInBytes].SequenceEqual(SHA256.HashData(tail)) && !reportData[SHA256.HashSizeInBytes..].ContainsAnyExcept((byte)0);

    private static Quote? ReadBody(ReadOnlyMemory<byte> quote, ref QuoteBytes bytes, FaultList faults)
    {
        var version = bytes.TakeUInt16("version");
        var keyType = bytes.TakeUInt16("attestation key type");
        var teeType = bytes.TakeUInt32("TEE type");
        _ = bytes.TakeUInt32("SVNs");
        var vendor = bytes.Take((uint)IntelVendor.Length, "QE vendor");
        _ = bytes.Take((uint)(HeaderBytes - bytes.Position), "user data");
        if (bytes.Missing is { } missing)
        {
            faults.Add(QuoteFaultKind.QuoteMalformed, missing);
            return null;
        }

        if (!faults.Expect(version is 3 or 4 or 5, QuoteFaultKind.QuoteVersionUnsupported, $"version: {version} found, 3, 4 or 5 expected")
            || !faults.Expect(
                teeType == SgxTee || (teeType == TdxTee && version > 3),
                QuoteFaultKind.TeeTypeUnsupported,
                $"TEE type: {teeType:x} found in version {version}, {(version > 3 ? "0 or 81" : "0")} expected"))
        {
            return null;
        }

        faults.Expect(keyType == EcdsaP256, QuoteFaultKind.AttestationKeyTypeUnsupported, $"attestation key type: {keyType} found, {EcdsaP256} expected");
        faults.Expect(vendor.Span.SequenceEqual(IntelVendor), QuoteFaultKind.QeVendorUnknown, $"QE vendor: {Convert.ToHexStringLower(vendor.Span)} found, Intel's expected");
        var tee = teeType == TdxTee ? TeeKind.Tdx : TeeKind.Sgx;
        var size = version == 5 ? ReadBodySize(ref bytes, tee, faults) : tee == TeeKind.Tdx ? TdxReport.ByteCount10 : SgxReport.ByteCount;
        if (size is not { } bodyBytes) return null;

        var body = bytes.Take((uint)bodyBytes, "body");
        if (bytes.Missing is { } cut)
        {
            faults.Add(QuoteFaultKind.QuoteMalformed, cut);
            return null;
        }

        return new Quote
        {
            Version = version,
            KeyType = keyType,
            Tee = tee,
            Sgx = tee == TeeKind.Sgx ? new SgxReport(body) : null,
            Tdx = tee == TeeKind.Tdx ? new TdxReport(body) : null,
            Signed = quote[..bytes.Position],
        };
    }

    // Version 5: the type fixes the size, and the TEE type of the header must agree with it.
    private static int? ReadBodySize(ref QuoteBytes bytes, TeeKind tee, FaultList faults)
    {
        var type = bytes.TakeUInt16("body type");
        var size = bytes.TakeUInt32("body size");
        if (bytes.Missing is { } missing)
        {
            faults.Add(QuoteFaultKind.QuoteMalformed, missing);
            return null;
        }

        (TeeKind Tee, int Size)? expected = type switch
        {
            1 => (TeeKind.Sgx, SgxReport.ByteCount),
            2 => (TeeKind.Tdx, TdxReport.ByteCount10),
            3 => (TeeKind.Tdx, TdxReport.ByteCount15),
            _ => null,
        };
        return faults.Expect(
            expected is { } known && known.Tee == tee && known.Size == size,
            QuoteFaultKind.TeeTypeUnsupported,
            $"body: type {type} of {size} bytes found for {tee}, 1 of 384 (SGX), 2 of 584 or 3 of 648 (TDX) expected")
                ? (int)size
                : null;
    }

    private static QuoteSignature? ReadSignature(ReadOnlyMemory<byte> section, Quote quote, FaultList faults)
    {
        if (quote.KeyType is not (EcdsaP256 or EcdsaP384)) return null; // how long its key is nobody knows

        var bytes = new QuoteBytes(section);
        var keyBytes = quote.KeyType == EcdsaP256 ? P256Bytes : P384Bytes;
        var isvSignature = bytes.Take(keyBytes, "ISV signature");
        var attestationKey = bytes.Take(keyBytes, "attestation key");
        if (quote.Version > 3) bytes = Unwrap(bytes, faults);

        var report = bytes.Take(SgxReport.ByteCount, "QE report");
        var signature = bytes.Take(P256Bytes, "QE report signature");
        var authData = bytes.Take(bytes.TakeUInt16("size of the QE authentication data"), "QE authentication data");
        var type = bytes.TakeUInt16("certification type");
        var data = bytes.Take(bytes.TakeUInt32("size of the certification data"), "certification data");
        if (bytes.Missing is not null || !bytes.Rest.IsEmpty)
        {
            faults.Add(QuoteFaultKind.QuoteMalformed, bytes.Missing ?? $"signature section: {bytes.Rest.Length} bytes found behind the certification data, none expected");
            return null;
        }

        return new QuoteSignature
        {
            IsvSignature = isvSignature,
            AttestationKey = attestationKey,
            QeReport = new SgxReport(report),
            QeReportSignature = signature,
            QeAuthData = authData,
            CertificationType = type,
            CertificationData = data,
        };
    }

    // Versions 4 and 5: all that remains is one piece of certification data of type 6.
    private static QuoteBytes Unwrap(QuoteBytes bytes, FaultList faults)
    {
        var type = bytes.TakeUInt16("outer certification type");
        var data = bytes.Take(bytes.TakeUInt32("size of the QE report certification data"), "QE report certification data");
        if (bytes.Missing is not null) return bytes;

        var isWhole = faults.Expect(
            type == QeReportData && bytes.Rest.IsEmpty,
            QuoteFaultKind.QuoteMalformed,
            $"signature section: certification type {type} with {bytes.Rest.Length} bytes behind it found, {QeReportData} with none expected");
        return new QuoteBytes(isWhole ? data : default);
    }
}
