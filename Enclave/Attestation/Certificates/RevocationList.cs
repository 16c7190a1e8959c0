using System.Formats.Asn1;
using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>A full CRL of version 2, read strictly (RFC 5280 §5.1). Reading proves nothing.</summary>
internal sealed class RevocationList
{
    /// <summary>Bounds what is read: 57 entries are the most seen, about 38 bytes each.</summary>
    public const int MaxBytes = 1 << 20;

    private const int VersionTwo = 1;

    private const string CrlNumber = "2.5.29.20";
    private const string AuthorityKeyIdentifier = "2.5.29.35";
    private const string ReasonCode = "2.5.29.21";
    private const string InvalidityDate = "2.5.29.24";

    private readonly ReadOnlyMemory<byte> _signed;
    private readonly ReadOnlyMemory<byte> _signature;
    private readonly HashSet<string> _serials = new(StringComparer.Ordinal);

    private RevocationList(ReadOnlyMemory<byte> der)
    {
        (_signed, _signature) = Der.ReadSigned(der);
        var body = new AsnReader(_signed, AsnEncodingRules.DER).ReadSequence();
        if (!body.TryReadInt32(out var version) || version != VersionTwo) throw new AsnContentException("a CRL of version 2 expected");

        Der.ExpectAlgorithm(body);
        Issuer = body.ReadEncodedValue();
        Validity = new ValidityWindow(Der.ReadTime(body), Der.ReadTime(body));
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) ReadEntries(body.ReadSequence());
        if (body.HasData) ReadExtensions(body);
        body.ThrowIfNotEmpty();
    }

    /// <summary>DER of the Name.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>thisUpdate, and nextUpdate at which it is no longer valid.</summary>
    public ValidityWindow Validity { get; }

    public static RevocationList? TryRead(ReadOnlyMemory<byte> der, out string detail) => Der.TryRead(der, MaxBytes, bytes => new RevocationList(bytes), out detail);

    public bool IsSignedBy(ReadOnlyMemory<byte> publicKey, KeyRing keys)
        => keys.Verify(publicKey, _signed, _signature, DSASignatureFormat.Rfc3279DerSequence);

    public bool Revokes(Certificate certificate) => _serials.Contains(Convert.ToHexString(certificate.Serial.Span));

    private void ReadEntries(AsnReader entries)
    {
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            _serials.Add(Convert.ToHexString(entry.ReadIntegerBytes().Span));
            _ = Der.ReadTime(entry);
            if (entry.HasData) Der.ReadExtensions(entry.ReadSequence(), (oid, _) => oid is ReasonCode or InvalidityDate);
            entry.ThrowIfNotEmpty();
        }
    }

    // An indirect, partial or delta CRL says so in a critical extension, which is unknown here.
    private static void ReadExtensions(AsnReader body)
    {
        var extensions = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        Der.ReadExtensions(extensions.ReadSequence(), (oid, _) => oid is CrlNumber or AuthorityKeyIdentifier);
        extensions.ThrowIfNotEmpty();
    }
}
