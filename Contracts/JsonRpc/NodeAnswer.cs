namespace Pythia.Contracts.JsonRpc;

/// <summary>What one of several nodes answered.</summary>
/// <param name="Node">Which.</param>
/// <param name="Answer">Its result or refusal; null where no usable answer came.</param>
/// <param name="Failure">Why none came; null where one did.</param>
public sealed record NodeAnswer(JsonRpcNode Node, RpcAnswer? Answer, RpcUnavailableException? Failure);
