using Microsoft.Extensions.Logging;
using Pythia.Grains.Mirror;

namespace Pythia.Gateway;

/// <summary>The gateway's log events, 2xxx.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Enclave {Enclave} can't be reached")]
    public static partial void EnclaveUnreachable(ILogger logger, string enclave, Exception exception);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Information, Message = "Enclave {Enclave} refused a question: {Reason}")]
    public static partial void QuestionRefused(ILogger logger, string enclave, string reason);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "Enclave {Enclave} has ended key {KeyId} by its own word; it is stored")]
    public static partial void KeyEnded(ILogger logger, string enclave, string keyId);

    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "Intent {Digest} ({Act}): {Verdict}")]
    public static partial void IntentJudged(ILogger logger, string? digest, string act, IntentVerdict verdict);

    [LoggerMessage(EventId = 2901, Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    public static partial void RequestFailed(ILogger logger, string requestId, Exception exception);

    [LoggerMessage(EventId = 2902, Level = LogLevel.Warning, Message = "Request {RequestId} can't be carried out now")]
    public static partial void GrainUnreachable(ILogger logger, string requestId, Exception exception);
}
