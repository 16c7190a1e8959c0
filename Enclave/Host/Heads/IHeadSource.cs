using System.Globalization;
using System.Text;
using System.Text.Json;
using Pythia.Enclave.Host.Nodes;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Heads;

/// <summary>A block as the trusted head source names it.</summary>
internal sealed record NamedBlock(ulong Number, Hash32 Hash);

/// <summary>
/// Names heads; everything else about them is read from untrusted nodes and held to the hash. How far its word goes is its
/// <see cref="Level"/>. Sources by seals and sync committees stand behind the same three calls.
/// </summary>
internal interface IHeadSource
{
    AssuranceLevel Level { get; }

    /// <summary>The newest block.</summary>
    Task<Outcome<NamedBlock>> LatestAsync(CancellationToken cancellationToken);

    /// <summary>The block of that number on the chain of the newest one.</summary>
    Task<Outcome<NamedBlock>> FindAsync(ulong number, CancellationToken cancellationToken);

    /// <summary>The chain id that it speaks for.</summary>
    Task<Outcome<string>> ChainIdAsync(CancellationToken cancellationToken);
}

/// <summary>Assurance <c>development</c>: one node's word.</summary>
internal sealed class NodeHeadSource(IJsonRpcNode node) : IHeadSource
{
    // A block's header and the hashes of its transactions: 3,000 fill a block of 60 million gas with 200 KB.
    private const int MostBytes = 1 << 20;

    public AssuranceLevel Level => AssuranceLevel.Development;

    public Task<Outcome<NamedBlock>> LatestAsync(CancellationToken cancellationToken) => NamedAsync("latest", cancellationToken);

    public Task<Outcome<NamedBlock>> FindAsync(ulong number, CancellationToken cancellationToken) => NamedAsync($"0x{number:x}", cancellationToken);

    public async Task<Outcome<string>> ChainIdAsync(CancellationToken cancellationToken)
    {
        using var reply = await node.CallAsync("eth_chainId", "[]", cancellationToken);
        return Read(reply, result => result.ValueKind == JsonValueKind.String && TryParseQuantity(result, out var chainId)
            ? chainId.ToString(CultureInfo.InvariantCulture)
            : null);
    }

    private async Task<Outcome<NamedBlock>> NamedAsync(string block, CancellationToken cancellationToken)
    {
        using var reply = await node.CallAsync("eth_getBlockByNumber", $"[\"{block}\",false]", cancellationToken);
        return Read(reply, result => result.ValueKind == JsonValueKind.Object
            && result.TryGetProperty("number", out var number) && TryParseQuantity(number, out var parsed)
            && result.TryGetProperty("hash", out var hash) && hash.ValueKind == JsonValueKind.String && Hash32.TryParse(hash.GetString(), out var named)
                ? new NamedBlock(parsed, named)
                : null);
    }

    private Outcome<T> Read<T>(NodeReply reply, Func<JsonElement, T?> read)
        where T : class
    {
        if (reply.Trouble is { } trouble)
        {
            return new EnclaveRefusal(reply.Reason, $"head source: {trouble}", node.Name);
        }

        if (reply.Utf8.Length > MostBytes)
        {
            return new EnclaveRefusal(RefusalReason.ReplyTooLong, $"head source: a reply of {reply.Utf8.Length} bytes found, at most {MostBytes} expected", node.Name);
        }

        try
        {
            using var document = JsonDocument.Parse(reply.Utf8);
            var value = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("result", out var result) ? read(result) : null;
            return value is null
                ? new EnclaveRefusal(RefusalReason.NodeUnavailable, $"head source: a reply without what was asked: {Shorten(reply.Utf8.Span)}", node.Name)
                : value;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return new EnclaveRefusal(RefusalReason.NodeUnavailable, $"head source: {failure.Message}", node.Name);
        }
    }

    private static bool TryParseQuantity(JsonElement element, out ulong value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.String
            && element.GetString() is { } text
            && text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static string Shorten(ReadOnlySpan<byte> utf8) => utf8.Length <= 160 ? Encoding.UTF8.GetString(utf8) : $"{Encoding.UTF8.GetString(utf8[..160])}…";
}
