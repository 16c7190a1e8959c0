using System.Formats.Asn1;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>What a PCK certificate says of its platform: SEQUENCE OF SEQUENCE { OID, value }, in any order, each member once.</summary>
/// <remarks>
/// <code>
/// .1 PPID 16 B | .2 TCB: .1 to .16 component SVNs (0 to 255), .17 PCESVN, .18 CPUSVN 16 B | .3 PCEID 2 B | .4 FMSPC 6 B
/// .5 SGX type ENUMERATED | .6 platform instance id 16 B | .7 configuration: .1 dynamic platform, .2 cached keys, .3 SMT enabled
/// </code>
/// Members of other names are let through: the certificate's signature covers them, and Intel has added some before.
/// </remarks>
public record SgxExtension
{
    public const string Oid = "1.2.840.113741.1.13.1";
    public const int ComponentCount = 16;

    private const int PpidBytes = 16;
    private const int CpuSvnBytes = 16;
    private const int PceIdBytes = 2;
    private const int FmspcBytes = 6;
    private const int PlatformInstanceIdBytes = 16;

    /// <summary>16 bytes: the platform, for allow lists.</summary>
    public required ReadOnlyMemory<byte> Ppid { get; init; }

    /// <summary>16 component SVNs, the ones a TCB level is matched with.</summary>
    public required ReadOnlyMemory<byte> Components { get; init; }

    public required int PceSvn { get; init; }

    /// <summary>16 bytes.</summary>
    public required ReadOnlyMemory<byte> CpuSvn { get; init; }

    /// <summary>2 bytes.</summary>
    public required ReadOnlyMemory<byte> PceId { get; init; }

    /// <summary>6 bytes.</summary>
    public required ReadOnlyMemory<byte> Fmspc { get; init; }

    /// <summary>0 standard, 1 scalable, 2 scalable with integrity.</summary>
    public required int SgxType { get; init; }

    /// <summary>16 bytes; Platform CA only.</summary>
    public ReadOnlyMemory<byte>? PlatformInstanceId { get; init; }

    public bool? DynamicPlatform { get; init; }

    public bool? CachedKeys { get; init; }

    public bool? SmtEnabled { get; init; }

    internal static SgxExtension? TryRead(ReadOnlyMemory<byte> der, out string detail) => Der.TryRead(der, CertificateBytes.MaxBytes, Read, out detail);

    private static SgxExtension Read(ReadOnlyMemory<byte> der)
    {
        var reader = new AsnReader(der, AsnEncodingRules.DER);
        var members = ReadMembers(reader);
        reader.ThrowIfNotEmpty();
        var tcb = ReadMembers(Required(members, Oid + ".2"));
        var components = new byte[ComponentCount];
        for (var i = 0; i < ComponentCount; i++) components[i] = (byte)Number(Required(tcb, $"{Oid}.2.{i + 1}"), byte.MaxValue);

        var configuration = members.TryGetValue(Oid + ".7", out var found) ? ReadMembers(found) : [];
        return new SgxExtension
        {
            Ppid = Octets(Required(members, Oid + ".1"), PpidBytes),
            Components = components,
            PceSvn = Number(Required(tcb, Oid + ".2.17"), ushort.MaxValue),
            CpuSvn = Octets(Required(tcb, Oid + ".2.18"), CpuSvnBytes),
            PceId = Octets(Required(members, Oid + ".3"), PceIdBytes),
            Fmspc = Octets(Required(members, Oid + ".4"), FmspcBytes),
            SgxType = Enumerated(Required(members, Oid + ".5")),
            PlatformInstanceId = members.TryGetValue(Oid + ".6", out var instance) ? (ReadOnlyMemory<byte>?)Octets(instance, PlatformInstanceIdBytes) : null,
            DynamicPlatform = Flag(configuration, Oid + ".7.1"),
            CachedKeys = Flag(configuration, Oid + ".7.2"),
            SmtEnabled = Flag(configuration, Oid + ".7.3"),
        };
    }

    // SEQUENCE OF SEQUENCE { OID, one value }.
    private static Dictionary<string, AsnReader> ReadMembers(AsnReader reader)
    {
        var members = new Dictionary<string, AsnReader>(StringComparer.Ordinal);
        var sequence = reader.ReadSequence();
        while (sequence.HasData)
        {
            var member = sequence.ReadSequence();
            var oid = member.ReadObjectIdentifier();
            var value = new AsnReader(member.ReadEncodedValue(), AsnEncodingRules.DER);
            member.ThrowIfNotEmpty();
            if (!members.TryAdd(oid, value)) throw new AsnContentException($"{oid} found twice");
        }

        return members;
    }

    private static AsnReader Required(Dictionary<string, AsnReader> members, string oid)
        => members.TryGetValue(oid, out var value) ? value : throw new AsnContentException($"{oid} not found");

    private static int Number(AsnReader reader, int max)
        => reader.TryReadInt32(out var number) && number >= 0 && number <= max ? number : throw new AsnContentException($"a number from 0 to {max} expected");

    private static int Enumerated(AsnReader reader)
    {
        var bytes = reader.ReadEnumeratedBytes();
        return bytes.Length == 1 && bytes.Span[0] < 0x80 ? bytes.Span[0] : throw new AsnContentException("an SGX type from 0 to 127 expected");
    }

    private static ReadOnlyMemory<byte> Octets(AsnReader reader, int length)
    {
        var bytes = Der.ReadOctets(reader);
        return bytes.Length == length ? bytes : throw new AsnContentException($"{bytes.Length} bytes found, {length} expected");
    }

    private static bool? Flag(Dictionary<string, AsnReader> members, string oid) => members.TryGetValue(oid, out var value) ? value.ReadBoolean() : null;
}
