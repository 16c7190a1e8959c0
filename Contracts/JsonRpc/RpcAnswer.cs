using System.Text.Json;

namespace Pythia.Contracts.JsonRpc;

/// <summary>What a node answered to one call: a result or an error.</summary>
public sealed class RpcAnswer
{
    private readonly JsonElement _result;

    private RpcAnswer(JsonElement result, RpcException? error) => (_result, Error) = (result, error);

    /// <summary>The node's refusal; null where there is a result.</summary>
    public RpcException? Error { get; }

    /// <summary>The result; JSON null where the node knows nothing by that name.</summary>
    /// <exception cref="RpcException">The node refused.</exception>
    public JsonElement Result => Error is null ? _result : throw Error;

    internal static RpcAnswer Of(JsonElement result) => new(result, null);

    internal static RpcAnswer Of(RpcException error) => new(default, error);

    /// <summary>Reads one response object.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static RpcAnswer Read(RpcRequest request, JsonElement response)
    {
        if (response.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            if (!error.TryGetProperty("code", out var code) || !code.TryGetInt32(out var number)) throw new FormatException("an error without a code found");

            var message = error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "no message";
            return Of(new RpcException(request.Method, number, message, error.TryGetProperty("data", out var data) ? data : null));
        }

        return response.TryGetProperty("result", out var result) ? Of(result) : throw new FormatException("neither result nor error found");
    }
}
