using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>What the simulated vendor issues anew again and again: TCB info (version 3), QE identity (version 2), revocation lists.</summary>
internal static class SimulatedDocuments
{
    private const string TcbDate = "2024-03-13T00:00:00Z";
    private const string OlderTcbDate = "2023-02-15T00:00:00Z";

    public static byte[] TcbInfo(SimulatedKeys keys, SimulatedProcessor processor, SimulatedStanding standing, DateTimeOffset issued)
        => Signed(keys.TcbSigner, "tcbInfo", json =>
        {
            json.WriteString("id", "SGX");
            json.WriteNumber("version", 3);
            WriteDates(json, issued, standing.Lifetime);
            json.WriteString("fmspc", Convert.ToHexString((standing.Fmspc ?? processor.Fmspc).Span));
            json.WriteString("pceId", Convert.ToHexString((standing.PceId ?? processor.PceId).Span));
            json.WriteNumber("tcbType", 0);
            json.WriteNumber("tcbEvaluationDataNumber", standing.EvaluationNumber);
            json.WriteStartArray("tcbLevels");
            // The best level first. A platform that is behind stands below one that it does not reach.
            if (standing.NoLevel || IsBehind(standing.TcbStatus)) WriteLevel(json, processor, raise: 1, TcbDate, "UpToDate", []);
            if (!standing.NoLevel)
            {
                WriteLevel(json, processor, raise: 0, IsBehind(standing.TcbStatus) ? OlderTcbDate : TcbDate, standing.TcbStatus, standing.AdvisoryIds);
                WriteLevel(json, processor, raise: -1, OlderTcbDate, "OutOfDate", ["INTEL-SA-00828"]);
            }

            json.WriteEndArray();
        });

    public static byte[] QeIdentity(SimulatedKeys keys, SimulatedProcessor processor, SimulatedStanding standing, DateTimeOffset issued)
        => Signed(keys.TcbSigner, "enclaveIdentity", json =>
        {
            json.WriteString("id", "QE");
            json.WriteNumber("version", 2);
            WriteDates(json, issued, standing.Lifetime);
            json.WriteNumber("tcbEvaluationDataNumber", standing.EvaluationNumber);
            json.WriteString("miscselect", "00000000");
            json.WriteString("miscselectMask", "FFFFFFFF");
            json.WriteString("attributes", "11000000000000000000000000000000");
            json.WriteString("attributesMask", "FBFFFFFFFFFFFFFF0000000000000000");
            json.WriteString("mrsigner", Convert.ToHexString((standing.QeSigner ?? SimulatedQuote.QuotingEnclaveSigner).Span));
            json.WriteNumber("isvprodid", 1);
            json.WriteStartArray("tcbLevels");
            var svn = processor.QuotingEnclaveSvn;
            if (IsBehind(standing.QeStatus)) WriteQeLevel(json, svn + 1, TcbDate, "UpToDate");
            WriteQeLevel(json, svn, IsBehind(standing.QeStatus) ? OlderTcbDate : TcbDate, standing.QeStatus);
            if (svn > 0) WriteQeLevel(json, svn - 1, OlderTcbDate, "OutOfDate");
            json.WriteEndArray();
        });

    /// <summary>Revocations by the root: of the PCK CA and of the TCB signer.</summary>
    public static byte[] RootCrl(SimulatedKeys keys, SimulatedCertificates certificates, SimulatedStanding standing, DateTimeOffset issued)
    {
        var crl = new CertificateRevocationListBuilder();
        if (standing.IntermediateRevoked) crl.AddEntry(certificates.PckCa, issued);
        if (standing.TcbSignerRevoked) crl.AddEntry(certificates.TcbSigner, issued);
        return Build(crl, keys.Root, certificates.Root, issued, standing.RootCrlLifetime);
    }

    /// <summary>Revocations by the PCK CA: of the platform's certificate, beside one of somebody else, so that no list is empty.</summary>
    public static byte[] PckCrl(SimulatedKeys keys, SimulatedCertificates certificates, SimulatedStanding standing, DateTimeOffset issued)
    {
        var crl = new CertificateRevocationListBuilder();
        crl.AddEntry("another platform"u8, issued);
        if (standing.LeafRevoked) crl.AddEntry(certificates.Pck, issued);
        return Build(crl, keys.PckCa, certificates.PckCa, issued, standing.PckCrlLifetime ?? standing.Lifetime);
    }

    private static bool IsBehind(string status)
        => status.StartsWith("OutOfDate", StringComparison.Ordinal) || string.Equals(status, "Revoked", StringComparison.Ordinal);

    private static byte[] Build(CertificateRevocationListBuilder crl, SimulatedKey key, X509Certificate2 issuer, DateTimeOffset issued, TimeSpan lifetime)
    {
        var id = issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single();
        var authority = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(id);
        var number = new BigInteger(issued.ToUnixTimeSeconds());
        return key.Issue(generator => crl.Build(issuer.SubjectName, generator, number, issued + lifetime, HashAlgorithmName.SHA256, authority, issued));
    }

    // {"<name>":<object>,"signature":"<hex of r ‖ s over the object's bytes>"}
    private static byte[] Signed(SimulatedKey signer, string name, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        var signature = Convert.ToHexStringLower(signer.Sign(buffer.WrittenSpan));
        return [.. Encoding.UTF8.GetBytes($"{{\"{name}\":"), .. buffer.WrittenSpan, .. Encoding.UTF8.GetBytes($",\"signature\":\"{signature}\"}}")];
    }

    private static void WriteDates(Utf8JsonWriter json, DateTimeOffset issued, TimeSpan lifetime)
    {
        json.WriteString("issueDate", Date(issued));
        json.WriteString("nextUpdate", Date(issued + lifetime));
    }

    private static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static void WriteLevel(Utf8JsonWriter json, SimulatedProcessor processor, int raise, string date, string status, IReadOnlyList<string> advisories)
    {
        json.WriteStartObject();
        json.WriteStartObject("tcb");
        json.WriteStartArray("sgxtcbcomponents");
        for (var i = 0; i < processor.Components.Length; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("svn", processor.Components.Span[i] + (i == 0 ? raise : 0));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("pcesvn", processor.PceSvn);
        json.WriteEndObject();
        WriteStatus(json, date, status, advisories);
        json.WriteEndObject();
    }

    private static void WriteQeLevel(Utf8JsonWriter json, int svn, string date, string status)
    {
        json.WriteStartObject();
        json.WriteStartObject("tcb");
        json.WriteNumber("isvsvn", svn);
        json.WriteEndObject();
        WriteStatus(json, date, status, []);
        json.WriteEndObject();
    }

    private static void WriteStatus(Utf8JsonWriter json, string date, string status, IReadOnlyList<string> advisories)
    {
        json.WriteString("tcbDate", date);
        json.WriteString("tcbStatus", status);
        if (advisories.Count == 0) return;
        json.WriteStartArray("advisoryIDs");
        foreach (var advisory in advisories) json.WriteStringValue(advisory);
        json.WriteEndArray();
    }
}
