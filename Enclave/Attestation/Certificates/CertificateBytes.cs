using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Formats.Asn1;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>Takes certificates out of a chain: PEM as Intel delivers it, or DER end to end as some platforms do.</summary>
/// <remarks>Around PEM blocks only white space, and NUL bytes behind the last one, since quotes are padded so. Base64 must be canonical: one text, one certificate.</remarks>
internal static class CertificateBytes
{
    /// <summary>More than any chain here has.</summary>
    public const int MaxCertificates = 4;

    /// <summary>More than any chain here takes (three certificates are about 3.7 KB of PEM).</summary>
    public const int MaxBytes = 16 * 1024;

    private const byte DerSequence = 0x30;

    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);

    /// <returns>The DER of each, in the order found; empty with <paramref name="detail"/> set when the bytes are no chain.</returns>
    public static ImmutableArray<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> bytes, out string detail)
    {
        if (bytes.Length > MaxBytes)
        {
            detail = $"{bytes.Length} bytes found, {MaxBytes} at most expected";
            return [];
        }

        return !bytes.IsEmpty && bytes.Span[0] == DerSequence ? ReadDer(bytes, out detail) : ReadPem(bytes, out detail);
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadDer(ReadOnlyMemory<byte> bytes, out string detail)
    {
        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var rest = bytes[..(bytes.Span.LastIndexOfAnyExcept((byte)0) + 1)];
        detail = "";
        while (!rest.IsEmpty && found.Count < MaxCertificates)
        {
            if (!AsnDecoder.TryReadEncodedValue(rest.Span, AsnEncodingRules.DER, out var tag, out _, out _, out var consumed) || tag != Asn1Tag.Sequence)
            {
                detail = $"no DER sequence found at byte {bytes.Length - rest.Length}";
                return [];
            }

            found.Add(rest[..consumed]);
            rest = rest[consumed..];
        }

        return Counted(found, rest.IsEmpty, ref detail);
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadPem(ReadOnlyMemory<byte> bytes, out string detail)
    {
        var begin = "-----BEGIN CERTIFICATE-----"u8;
        var end = "-----END CERTIFICATE-----"u8;
        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var rest = SkipWhiteSpace(bytes.Span[..(bytes.Span.LastIndexOfAnyExcept((byte)0) + 1)]);
        detail = "";
        while (!rest.IsEmpty && found.Count < MaxCertificates)
        {
            var length = rest.IndexOf(end);
            if (!rest.StartsWith(begin) || length < begin.Length || Decode(rest[begin.Length..length]) is not { } der)
            {
                detail = $"no certificate in PEM found in place {found.Count + 1}";
                return [];
            }

            found.Add(der);
            rest = SkipWhiteSpace(rest[(length + end.Length)..]);
        }

        return Counted(found, rest.IsEmpty, ref detail);
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> Counted(ImmutableArray<ReadOnlyMemory<byte>>.Builder found, bool isAll, ref string detail)
    {
        if (!isAll || found.Count == 0) detail = isAll ? "no certificate found" : $"more than {MaxCertificates} certificates found";
        return isAll ? found.DrainToImmutable() : [];
    }

    // Padding must be there, and bits to spare must be zero: the decoder sees to both.
    private static byte[]? Decode(ReadOnlySpan<byte> text)
    {
        var digits = new byte[text.Length];
        var count = 0;
        foreach (var digit in text)
        {
            if (!WhiteSpace.Contains(digit)) digits[count++] = digit;
        }

        var der = new byte[Base64.GetMaxDecodedFromUtf8Length(count)];
        return Base64.DecodeFromUtf8(digits.AsSpan(0, count), der, out var consumed, out var written) == OperationStatus.Done && consumed == count ? der[..written] : null;
    }

    private static ReadOnlySpan<byte> SkipWhiteSpace(ReadOnlySpan<byte> bytes)
    {
        var start = bytes.IndexOfAnyExcept(WhiteSpace);
        return start < 0 ? [] : bytes[start..];
    }
}
