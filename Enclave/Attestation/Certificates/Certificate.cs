using System.Formats.Asn1;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>An X.509 v3 certificate over a P-256 key, read strictly (RFC 5280 §4.1). Reading proves nothing.</summary>
internal sealed record Certificate
{
    private const int VersionThree = 2;
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string P256Curve = "1.2.840.10045.3.1.7";
    private const byte UncompressedPoint = 0x04;

    private const string BasicConstraints = "2.5.29.19";
    private const string KeyUsageExtension = "2.5.29.15";

    /// <summary>What was signed, tag and length included.</summary>
    public required ReadOnlyMemory<byte> Signed { get; init; }

    /// <summary>DER: SEQUENCE { r, s }.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>Content bytes of the serial number.</summary>
    public required ReadOnlyMemory<byte> Serial { get; init; }

    /// <summary>DER of the Name.</summary>
    public required ReadOnlyMemory<byte> Issuer { get; init; }

    /// <summary>DER of the Name.</summary>
    public required ReadOnlyMemory<byte> Subject { get; init; }

    public required string CommonName { get; init; }

    public required ValidityWindow Validity { get; init; }

    /// <summary>x ‖ y, 64 bytes; whether it is a point of the curve is found when it is used.</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    public bool IsCa { get; private init; }

    public int? PathLength { get; private init; }

    /// <summary>First byte of the bits: 0x80 digitalSignature, 0x04 keyCertSign, 0x02 cRLSign; null: no such extension.</summary>
    public byte? KeyUsage { get; private init; }

    /// <summary>Value of the SGX extension.</summary>
    public ReadOnlyMemory<byte>? SgxExtension { get; private init; }

    public bool IsSelfIssued => Issuer.Span.SequenceEqual(Subject.Span);

    public static Certificate? TryRead(ReadOnlyMemory<byte> der, out string detail) => Der.TryRead(der, CertificateBytes.MaxBytes, Read, out detail);

    private static Certificate Read(ReadOnlyMemory<byte> der)
    {
        var (signed, signature) = Der.ReadSigned(der);
        var body = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        ExpectVersionThree(body);
        var serial = body.ReadIntegerBytes();
        Der.ExpectAlgorithm(body);
        var issuer = body.ReadEncodedValue();
        var validity = body.ReadSequence();
        var window = new ValidityWindow(Der.ReadTime(validity), Der.ReadTime(validity));
        validity.ThrowIfNotEmpty();
        var subject = body.ReadEncodedValue();
        var certificate = new Certificate
        {
            Signed = signed,
            Signature = signature,
            Serial = serial,
            Issuer = issuer,
            Subject = subject,
            CommonName = Der.ReadCommonName(subject),
            Validity = window,
            PublicKey = ReadPublicKey(body),
        };
        return ReadExtensions(certificate, body);
    }

    private static void ExpectVersionThree(AsnReader body)
    {
        var version = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        if (!version.TryReadInt32(out var number) || number != VersionThree) throw new AsnContentException("an X.509 certificate of version 3 expected");
        version.ThrowIfNotEmpty();
    }

    private static ReadOnlyMemory<byte> ReadPublicKey(AsnReader body)
    {
        var info = body.ReadSequence();
        var algorithm = info.ReadSequence();
        var (kind, curve) = (algorithm.ReadObjectIdentifier(), algorithm.ReadObjectIdentifier());
        algorithm.ThrowIfNotEmpty();
        var point = Der.ReadWholeBits(info);
        info.ThrowIfNotEmpty();
        if (kind != EcPublicKey || curve != P256Curve || point.Length != 1 + KeyRing.KeyBytes || point.Span[0] != UncompressedPoint)
        {
            throw new AsnContentException($"key {kind} {curve} of {point.Length} bytes found, an uncompressed point of P-256 expected");
        }

        return point[1..];
    }

    private static Certificate ReadExtensions(Certificate certificate, AsnReader body)
    {
        var (isCa, pathLength, usage, sgx) = (false, (int?)null, (byte?)null, (ReadOnlyMemory<byte>?)null);
        var extensions = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
        var sequence = extensions.ReadSequence();
        extensions.ThrowIfNotEmpty();
        body.ThrowIfNotEmpty();
        Der.ReadExtensions(sequence, (oid, value) =>
        {
            switch (oid)
            {
                case BasicConstraints:
                    (isCa, pathLength) = ReadBasicConstraints(value);
                    return true;
                case KeyUsageExtension:
                    usage = ReadKeyUsage(value);
                    return true;
                case Certificates.SgxExtension.Oid:
                    sgx = value;
                    return true;
                default:
                    return false;
            }
        });
        return certificate with { IsCa = isCa, PathLength = pathLength, KeyUsage = usage, SgxExtension = sgx };
    }

    private static (bool IsCa, int? PathLength) ReadBasicConstraints(ReadOnlyMemory<byte> value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var members = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        var isCa = members.HasData && members.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && members.ReadBoolean();
        if (!members.HasData) return (isCa, null);

        if (!members.TryReadInt32(out var length) || length < 0) throw new AsnContentException("no path length that can be used found");
        members.ThrowIfNotEmpty();
        return (isCa, length);
    }

    private static byte ReadKeyUsage(ReadOnlyMemory<byte> value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        if (!reader.TryReadPrimitiveBitString(out _, out var bits) || bits.IsEmpty) throw new AsnContentException("no key usage found");
        reader.ThrowIfNotEmpty();
        return bits.Span[0];
    }
}
