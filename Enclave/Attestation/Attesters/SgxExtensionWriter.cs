using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>Writes the extension of a PCK certificate that says which platform it is of: a sequence of (object identifier, value).</summary>
/// <remarks>Source: Intel SGX PCK Certificate and Certificate Revocation List Profile Specification, section 1.3.5.</remarks>
internal static class SgxExtensionWriter
{
    private const string Sgx = "1.2.840.113741.1.13.1";

    // Enumerated: scalable, as servers with several processors are; the Processor CA certifies standard ones.
    private enum SgxType
    {
        Standard = 0,
        Scalable = 1,
    }

    public static X509Extension Write(SimulatedProcessor processor)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            Octets(writer, $"{Sgx}.1", processor.Ppid);
            WriteTcb(writer, processor);
            Octets(writer, $"{Sgx}.3", processor.PceId);
            Octets(writer, $"{Sgx}.4", processor.Fmspc);
            Member(writer, $"{Sgx}.5", () => writer.WriteEnumeratedValue(processor.ByPlatformCa ? SgxType.Scalable : SgxType.Standard));
            if (processor.ByPlatformCa) WriteInstance(writer, processor);
        }

        return new X509Extension(Sgx, writer.Encode(), critical: false);
    }

    // .2.1 to .2.16 components, .2.17 PCESVN, .2.18 CPUSVN: the components as bytes.
    private static void WriteTcb(AsnWriter writer, SimulatedProcessor processor)
        => Member(writer, $"{Sgx}.2", () =>
        {
            using (writer.PushSequence())
            {
                for (var i = 0; i < processor.Components.Length; i++)
                {
                    var svn = processor.Components.Span[i];
                    Member(writer, $"{Sgx}.2.{i + 1}", () => writer.WriteInteger(svn));
                }

                Member(writer, $"{Sgx}.2.17", () => writer.WriteInteger(processor.PceSvn));
                Octets(writer, $"{Sgx}.2.18", processor.Components);
            }
        });

    // .6 platform instance, .7 configuration: only the Platform CA's certificates have them.
    private static void WriteInstance(AsnWriter writer, SimulatedProcessor processor)
    {
        Octets(writer, $"{Sgx}.6", SHA256.HashData(processor.Ppid.Span).AsMemory(0, 16));
        Member(writer, $"{Sgx}.7", () =>
        {
            using (writer.PushSequence())
            {
                Member(writer, $"{Sgx}.7.1", () => writer.WriteBoolean(true));
                Member(writer, $"{Sgx}.7.2", () => writer.WriteBoolean(true));
                Member(writer, $"{Sgx}.7.3", () => writer.WriteBoolean(true));
            }
        });
    }

    private static void Octets(AsnWriter writer, string oid, ReadOnlyMemory<byte> value)
        => Member(writer, oid, () => writer.WriteOctetString(value.Span));

    private static void Member(AsnWriter writer, string oid, Action value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            value();
        }
    }
}
