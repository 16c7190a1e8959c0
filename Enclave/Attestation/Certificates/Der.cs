using System.Formats.Asn1;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>What certificates and CRLs have in common (RFC 5280 §4.1, §5.1). Everything throws <see cref="AsnContentException"/> for bytes that are not as expected.</summary>
internal static class Der
{
    public const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    public const string CommonName = "2.5.4.3";

    // RFC 5280 §4.1.2.5.1: two-digit years are 1950 to 2049.
    private const int TwoDigitYearMax = 2049;

    /// <summary>What <paramref name="read"/> makes of the bytes; null with <paramref name="detail"/> set when they are not as it expects.</summary>
    /// <param name="maxBytes">Longer ones are not looked at.</param>
    public static T? TryRead<T>(ReadOnlyMemory<byte> der, int maxBytes, Func<ReadOnlyMemory<byte>, T> read, out string detail)
        where T : class
    {
        detail = der.Length <= maxBytes ? "" : $"{der.Length} bytes found, {maxBytes} at most expected";
        if (detail.Length > 0) return null;

        try
        {
            return read(der);
        }
        catch (AsnContentException e)
        {
            detail = e.Message;
            return null;
        }
    }

    /// <summary>SEQUENCE { signed, algorithm, signature } with nothing behind it; the algorithm is ECDSA with SHA-256.</summary>
    public static (ReadOnlyMemory<byte> Signed, ReadOnlyMemory<byte> Signature) ReadSigned(ReadOnlyMemory<byte> der)
    {
        var whole = new AsnReader(der, AsnEncodingRules.DER);
        var members = whole.ReadSequence();
        whole.ThrowIfNotEmpty();
        var signed = members.ReadEncodedValue();
        ExpectAlgorithm(members);
        var signature = ReadWholeBits(members);
        members.ThrowIfNotEmpty();
        return (signed, signature);
    }

    /// <summary>AlgorithmIdentifier of ECDSA with SHA-256, without parameters (RFC 5758 §3.2).</summary>
    public static void ExpectAlgorithm(AsnReader reader)
    {
        var algorithm = reader.ReadSequence();
        var oid = algorithm.ReadObjectIdentifier();
        algorithm.ThrowIfNotEmpty();
        if (oid != EcdsaWithSha256) throw new AsnContentException($"signature algorithm {oid} found, {EcdsaWithSha256} expected");
    }

    /// <summary>BIT STRING of whole bytes.</summary>
    public static ReadOnlyMemory<byte> ReadWholeBits(AsnReader reader)
    {
        if (!reader.TryReadPrimitiveBitString(out var unused, out var bytes) || unused != 0) throw new AsnContentException("a bit string of whole bytes expected");
        return bytes;
    }

    /// <summary>UTCTime or GeneralizedTime, whole seconds.</summary>
    public static DateTimeOffset ReadTime(AsnReader reader)
        => reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime)
            ? reader.ReadUtcTime(TwoDigitYearMax)
            : reader.ReadGeneralizedTime().ToUniversalTime();

    /// <summary>A Name with exactly one common name.</summary>
    public static string ReadCommonName(ReadOnlyMemory<byte> name)
    {
        string? found = null;
        var parts = new AsnReader(name, AsnEncodingRules.DER).ReadSequence();
        while (parts.HasData)
        {
            var set = parts.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var oid = attribute.ReadObjectIdentifier();
                if (oid != CommonName) continue;

                if (found is not null) throw new AsnContentException("two common names found, one expected");

                var isPrintable = attribute.PeekTag().HasSameClassAndValue(new Asn1Tag(UniversalTagNumber.PrintableString));
                found = attribute.ReadCharacterString(isPrintable ? UniversalTagNumber.PrintableString : UniversalTagNumber.UTF8String);
                attribute.ThrowIfNotEmpty();
            }
        }

        return found ?? throw new AsnContentException("no common name found");
    }

    /// <summary>The same; null for a name that has not exactly one.</summary>
    public static string? TryReadCommonName(ReadOnlyMemory<byte> name) => TryRead(name, CertificateBytes.MaxBytes, ReadCommonName, out _);

    /// <summary>Hands each extension to <paramref name="take"/>, which says whether it knows it; duplicates and unknown critical ones are refused.</summary>
    public static void ReadExtensions(AsnReader sequence, Func<string, ReadOnlyMemory<byte>, bool> take)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (sequence.HasData)
        {
            var extension = sequence.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            var value = ReadOctets(extension);
            extension.ThrowIfNotEmpty();
            if (!seen.Add(oid)) throw new AsnContentException($"extension {oid} found twice");
            if (!take(oid, value) && isCritical) throw new AsnContentException($"extension {oid} is critical and unknown");
        }
    }

    public static ReadOnlyMemory<byte> ReadOctets(AsnReader reader)
        => reader.TryReadPrimitiveOctetString(out var bytes) ? bytes : throw new AsnContentException("an octet string in one piece expected");
}
