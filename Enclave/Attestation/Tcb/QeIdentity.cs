using System.Collections.Immutable;
using System.Text.Json;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>Identity of a quoting enclave, version 2, as it was read. Hex digits stand in the order of the bytes in the report.</summary>
internal sealed record QeIdentity
{
    public const string MemberName = "enclaveIdentity";

    private const int MaxLevels = 256;

    public required int Version { get; init; }

    public required TeeKind Tee { get; init; }

    public required ValidityWindow Validity { get; init; }

    public required int EvaluationNumber { get; init; }

    public required ReadOnlyMemory<byte> MiscSelect { get; init; }

    public required ReadOnlyMemory<byte> MiscSelectMask { get; init; }

    public required ReadOnlyMemory<byte> Attributes { get; init; }

    public required ReadOnlyMemory<byte> AttributesMask { get; init; }

    public required ReadOnlyMemory<byte> MrSigner { get; init; }

    public required int IsvProdId { get; init; }

    public required ImmutableArray<SvnLevel> Levels { get; init; }

    /// <exception cref="JsonException">A member is missing or not as expected.</exception>
    public static QeIdentity Read(JsonElement identity) => new()
    {
        Version = TcbJson.Number(identity, "version"),
        Tee = TcbJson.Text(identity, "id") switch
        {
            "QE" => TeeKind.Sgx,
            "TD_QE" => TeeKind.Tdx,
            var other => throw new JsonException($"id: {other} found, QE or TD_QE expected"),
        },
        Validity = new ValidityWindow(TcbJson.Time(identity, "issueDate"), TcbJson.Time(identity, "nextUpdate")),
        EvaluationNumber = TcbJson.Number(identity, "tcbEvaluationDataNumber"),
        MiscSelect = TcbJson.Bytes(identity, "miscselect", 4),
        MiscSelectMask = TcbJson.Bytes(identity, "miscselectMask", 4),
        Attributes = TcbJson.Bytes(identity, "attributes", 16),
        AttributesMask = TcbJson.Bytes(identity, "attributesMask", 16),
        MrSigner = TcbJson.Bytes(identity, "mrsigner", 32),
        IsvProdId = TcbJson.Number(identity, "isvprodid", ushort.MaxValue),
        Levels = [.. TcbJson.Items(identity, "tcbLevels", MaxLevels).Select(SvnLevel.Read)],
    };
}
