namespace Pythia.Contracts.JsonRpc;

/// <summary>Why no usable answer came.</summary>
public enum RpcFailure
{
    /// <summary>Anything else: an answer that a caller could not use.</summary>
    Unusable = 0,

    /// <summary>No connection, or one that broke.</summary>
    NotReached = 1,

    /// <summary>No answer within the time limit.</summary>
    TooLate = 2,

    /// <summary>HTTP status 429 or 5xx, or another one without a JSON-RPC body.</summary>
    HttpStatus = 3,

    /// <summary>The answer is no JSON-RPC.</summary>
    NotJsonRpc = 4,

    /// <summary>The answer is longer than what is read.</summary>
    TooLong = 5,

    /// <summary>The node limits how often it is asked (EIP-1474, −32005).</summary>
    LimitExceeded = 6,

    /// <summary>Not asked, since its circuit is open after failures.</summary>
    CircuitOpen = 7,

    /// <summary>Not asked, since it lags, lies or serves another chain.</summary>
    SetAside = 8,
}

/// <summary>What is wrong with a node at the moment.</summary>
/// <param name="Failure">The newest one.</param>
/// <param name="Words">For people.</param>
/// <param name="Since">When the first of the failures came that nothing good has followed.</param>
public sealed record NodeTrouble(RpcFailure Failure, string Words, DateTimeOffset Since);
