using System.Text;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>The forms in which services deliver chains and revocation lists.</summary>
internal static class PccsForms
{
    private const byte DerSequence = 0x30;

    /// <summary>A chain from a header: PEM, URL-encoded.</summary>
    public static ReadOnlyMemory<byte> Chain(HttpResponseMessage response, string header, string name)
    {
        if (!response.Headers.TryGetValues(header, out var values))
        {
            throw new CollateralException(CollateralTroubleKind.Malformed, $"{name}: no header {header} found");
        }

        var pem = Uri.UnescapeDataString(string.Join(',', values));
        return pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal)
            ? Encoding.ASCII.GetBytes(pem)
            : throw new CollateralException(CollateralTroubleKind.Malformed, $"{name}: header {header} holds no certificate");
    }

    /// <summary>A revocation list: DER, or DER in hexadecimal as caching services give the root's.</summary>
    public static ReadOnlyMemory<byte> Der(ReadOnlyMemory<byte> body, string name)
    {
        if (body.Span[0] == DerSequence && !IsHex(body.Span)) return body;
        var text = Encoding.ASCII.GetString(body.Span).Trim();
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException broken)
        {
            throw new CollateralException(CollateralTroubleKind.Malformed, $"{name}: neither DER nor hexadecimal DER", broken);
        }
    }

    // 0x30 is the digit 0 too.
    private static bool IsHex(ReadOnlySpan<byte> body)
    {
        foreach (var one in body)
        {
            if (!char.IsAsciiHexDigit((char)one) && !char.IsWhiteSpace((char)one)) return false;
        }

        return true;
    }
}
