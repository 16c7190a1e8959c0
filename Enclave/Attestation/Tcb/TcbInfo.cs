using System.Collections.Immutable;
using System.Text.Json;
using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>TCB info of version 2 (SGX) or 3 (SGX and TDX), as it was read; its levels from the best to the worst, as listed.</summary>
internal sealed record TcbInfo
{
    public const string MemberName = "tcbInfo";

    private const int ComponentCount = SgxExtension.ComponentCount;
    private const int MaxLevels = 256;
    private const int FmspcBytes = 6;
    private const int PceIdBytes = 2;

    /// <summary>2 or 3.</summary>
    public required int Version { get; init; }

    public required TeeKind Tee { get; init; }

    public required ValidityWindow Validity { get; init; }

    public required ReadOnlyMemory<byte> Fmspc { get; init; }

    public required ReadOnlyMemory<byte> PceId { get; init; }

    public required int EvaluationNumber { get; init; }

    public required ImmutableArray<TcbLevel> Levels { get; init; }

    /// <summary>For modules of version 0; null where none is listed.</summary>
    public TdxModule? Module { get; init; }

    /// <summary>By id, <c>TDX_01</c> and so on.</summary>
    public required ImmutableArray<TdxModule> Modules { get; init; }

    /// <exception cref="JsonException">A member is missing or not as expected.</exception>
    public static TcbInfo Read(JsonElement info)
    {
        var version = TcbJson.Number(info, "version");
        var tee = version == 2 ? TeeKind.Sgx : TcbJson.Text(info, "id") switch
        {
            "SGX" => TeeKind.Sgx,
            "TDX" => TeeKind.Tdx,
            var other => throw new JsonException($"id: {other} found, SGX or TDX expected"),
        };
        _ = TcbJson.Number(info, "tcbType", max: 0);
        return new TcbInfo
        {
            Version = version,
            Tee = tee,
            Validity = new ValidityWindow(TcbJson.Time(info, "issueDate"), TcbJson.Time(info, "nextUpdate")),
            Fmspc = TcbJson.Bytes(info, "fmspc", FmspcBytes),
            PceId = TcbJson.Bytes(info, "pceId", PceIdBytes),
            EvaluationNumber = TcbJson.Number(info, "tcbEvaluationDataNumber"),
            Levels = [.. TcbJson.Items(info, "tcbLevels", MaxLevels).Select(level => ReadLevel(level, version, tee))],
            Module = tee == TeeKind.Tdx && TcbJson.Optional(info, "tdxModule") is { } module ? TdxModule.Read("", module) : null,
            Modules = tee == TeeKind.Tdx && TcbJson.Optional(info, "tdxModuleIdentities") is not null
                ? [.. TcbJson.Items(info, "tdxModuleIdentities", MaxLevels).Select(identity => TdxModule.Read(TcbJson.Text(identity, "id"), identity))]
                : [],
        };
    }

    private static TcbLevel ReadLevel(JsonElement level, int version, TeeKind tee)
    {
        var tcb = TcbJson.Member(level, "tcb");
        return new TcbLevel(
            version == 2 ? ReadNamedComponents(tcb) : ReadComponents(tcb, "sgxtcbcomponents"),
            TcbJson.Number(tcb, "pcesvn", ushort.MaxValue),
            tee == TeeKind.Tdx ? ReadComponents(tcb, "tdxtcbcomponents") : default,
            TcbJson.Finding(level, TcbStatuses.OfPlatforms));
    }

    private static byte[] ReadComponents(JsonElement tcb, string name)
    {
        byte[] components = [.. TcbJson.Items(tcb, name, ComponentCount).Select(component => (byte)TcbJson.Number(component, "svn", byte.MaxValue))];
        return components.Length == ComponentCount ? components : throw new JsonException($"{name}: {components.Length} found, {ComponentCount} expected");
    }

    private static byte[] ReadNamedComponents(JsonElement tcb)
        => [.. Enumerable.Range(1, ComponentCount).Select(i => (byte)TcbJson.Number(tcb, $"sgxtcbcomp{i:00}svn", byte.MaxValue))];
}

/// <summary>One level: what a platform must have, component by component, to stand so.</summary>
/// <param name="Components">16 SVNs, held against those of the PCK certificate.</param>
/// <param name="PceSvn">Held against that of the PCK certificate.</param>
/// <param name="TdxComponents">16 SVNs, held against TEE_TCB_SVN; empty for SGX.</param>
/// <param name="Finding">What it says.</param>
internal sealed record TcbLevel(ReadOnlyMemory<byte> Components, int PceSvn, ReadOnlyMemory<byte> TdxComponents, TcbFinding Finding);

/// <summary>A TDX module: who signed it, its attributes under a mask, and its levels by SVN.</summary>
internal sealed record TdxModule(string Id, ReadOnlyMemory<byte> MrSigner, ReadOnlyMemory<byte> Attributes, ReadOnlyMemory<byte> AttributesMask, ImmutableArray<SvnLevel> Levels)
{
    private const int SignerBytes = 48;
    private const int AttributesBytes = 8;
    private const int MaxLevels = 256;

    /// <exception cref="JsonException">A member is missing or not as expected.</exception>
    public static TdxModule Read(string id, JsonElement module) => new(
        id,
        TcbJson.Bytes(module, "mrsigner", SignerBytes),
        TcbJson.Bytes(module, "attributes", AttributesBytes),
        TcbJson.Bytes(module, "attributesMask", AttributesBytes),
        TcbJson.Optional(module, "tcbLevels") is null ? [] : [.. TcbJson.Items(module, "tcbLevels", MaxLevels).Select(SvnLevel.Read)]);
}

/// <summary>One level of a quoting enclave or a TDX module.</summary>
/// <param name="IsvSvn">It needs this SVN or a higher one.</param>
/// <param name="Finding">What it says.</param>
internal sealed record SvnLevel(int IsvSvn, TcbFinding Finding)
{
    /// <exception cref="JsonException">A member is missing or not as expected.</exception>
    public static SvnLevel Read(JsonElement level)
        => new(TcbJson.Number(TcbJson.Member(level, "tcb"), "isvsvn", ushort.MaxValue), TcbJson.Finding(level, TcbStatuses.OfEnclaves));
}
