using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Contracts.JsonRpc;

namespace Pythia.EndToEnd;

/// <summary>A node between an endorser and the true one, of which one thing is odd. It takes no transaction, and counts those that it was handed.</summary>
/// <param name="what"><c>dear</c>: blocks whose base fee is 300 gwei. <c>waiting</c>: an account's count of transactions, asked again, is one more.</param>
internal sealed class OddNode(string what, IJsonRpc node) : IJsonRpc
{
    private int _counted;

    public int Sent { get; private set; }

    public async Task<JsonElement> CallAsync(RpcRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Method == "eth_sendRawTransaction")
        {
            Sent++;
            throw new RpcUnavailableException("odd", "takes no transaction");
        }

        var result = await node.CallAsync(request, cancellationToken);
        if (what == "dear" && request.Method == "eth_getBlockByNumber")
        {
            var block = JsonNode.Parse(result.GetRawText())!;
            block["baseFeePerGas"] = "0x45d964b800";
            return JsonSerializer.SerializeToElement(block);
        }

        return what == "waiting" && request.Method == "eth_getTransactionCount"
            ? JsonSerializer.SerializeToElement($"0x{long.Parse(result.GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) + _counted++:x}")
            : result;
    }

    public Task<IReadOnlyList<RpcAnswer>> BatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default) => node.BatchAsync(requests, cancellationToken);
}
