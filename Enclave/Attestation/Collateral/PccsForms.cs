using System.Text;
using Pythia.Enclave.Attestation.Evidence;

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

    /// <summary>A revocation list in any of the forms of <see cref="EvidenceForms.Crl"/>.</summary>
    public static ReadOnlyMemory<byte> Der(ReadOnlyMemory<byte> body, string name)
    {
        var der = EvidenceForms.Crl(body);
        return !der.IsEmpty && der.Span[0] == DerSequence ? der : throw new CollateralException(CollateralTroubleKind.Malformed, $"{name}: neither DER, hexadecimal DER nor PEM");
    }
}
