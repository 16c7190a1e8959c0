using System.Security.Cryptography;
using System.Text;

namespace Pythia.Enclave.Attestation.Evidence;

/// <summary>
/// The forms in which services, and files that were made of their answers, hold CRLs and chains, brought to the one that the verifier reads. Bytes of any other form stay
/// as they are: the verifier says what is wrong with them.
/// </summary>
internal static class EvidenceForms
{
    private const string CrlLabel = "X509 CRL";
    private const string EscapedBegin = "-----BEGIN%20CERTIFICATE-----";

    /// <summary>A CRL in DER, in hexadecimal (a PCCS gives the root's so) or in PEM (what Intel's service gives unless asked for DER).</summary>
    public static ReadOnlyMemory<byte> Crl(ReadOnlyMemory<byte> bytes)
    {
        if (!Ascii.IsValid(bytes.Span)) return bytes; // DER: the second byte of a length is above 127

        var text = Encoding.ASCII.GetString(bytes.Span).Trim([' ', '\t', '\r', '\n', '\0']);
        if (text.Length > 0 && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit)) return Convert.FromHexString(text);
        if (!PemEncoding.TryFind(text, out var fields) || !text[fields.Location].Equals(text, StringComparison.Ordinal)) return bytes; // nothing before it, nothing behind
        if (!text[fields.Label].Equals(CrlLabel, StringComparison.Ordinal)) return bytes;

        return Convert.FromBase64String(text[fields.Base64Data]);
    }

    /// <summary>A chain in PEM, plain or as the value of a service's header: percent-encoded (RFC 3986 §2.1).</summary>
    public static ReadOnlyMemory<byte> Chain(ReadOnlyMemory<byte> bytes)
    {
        if (!Ascii.IsValid(bytes.Span)) return bytes;

        var text = Encoding.ASCII.GetString(bytes.Span);
        return text.StartsWith(EscapedBegin, StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(Uri.UnescapeDataString(text)) : bytes;
    }
}
