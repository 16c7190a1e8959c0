using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.JsonRpc;

/// <summary>A node's answer that says no: an error object of JSON-RPC 2.0, section 5.1. The call was understood; asking again gives the same.</summary>
public sealed class RpcException(string method, int code, string message, JsonElement? errorData)
    : Exception($"{method}: {message} (code {code})")
{
    public string Method => method;

    /// <summary>3 or −32000 for a reverted call, −32601 for an unknown method, −32602 for wrong parameters.</summary>
    public int Code => code;

    /// <summary>The node's own text.</summary>
    public string NodeMessage => message;

    /// <summary>The error's <c>data</c> member, where there is one.</summary>
    public JsonElement? ErrorData => errorData;

    /// <summary>What the contract reverted with; empty where the node gave none.</summary>
    public byte[] RevertData()
    {
        if (errorData is not { } data) return [];

        var text = data.ValueKind == JsonValueKind.Object && data.TryGetProperty("data", out var inner) ? inner : data;
        return text.ValueKind == JsonValueKind.String && Hex.TryParse(text.GetString(), out var bytes) ? bytes : [];
    }
}

/// <summary>No usable answer came: not reached, too late, too long, no JSON-RPC, or set aside. Asking again may help.</summary>
public sealed class RpcUnavailableException : Exception
{
    public RpcUnavailableException(string node, string reason, Exception? inner = null, RpcFailure failure = RpcFailure.Unusable)
        : base($"node {node}: {reason}", inner) => (Node, Reason, Failure) = (node, reason, failure);

    /// <summary>The node's name; several where all were asked.</summary>
    public string Node { get; }

    public string Reason { get; }

    /// <summary>The reason by name.</summary>
    public RpcFailure Failure { get; }
}
