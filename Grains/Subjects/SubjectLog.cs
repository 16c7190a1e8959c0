using Microsoft.Extensions.Logging;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>What subjects log. From Information on: kinds, digests and verdicts, never whose; keys, which are devices and addresses, at Debug.</summary>
internal static partial class SubjectLog
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "{Kind} refused {Digest}: {Verdict}")]
    public static partial void Refused(ILogger logger, SubjectKind kind, string digest, IntentVerdict verdict);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information, Message = "{Kind} accepted {Act} {Digest}")]
    public static partial void Accepted(ILogger logger, SubjectKind kind, string act, string digest);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "{Kind} could not queue {Digest} yet")]
    public static partial void NotQueued(ILogger logger, SubjectKind kind, string digest, Exception exception);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Debug, Message = "{Subject} refused {Digest}: {Detail}")]
    public static partial void RefusedDetail(ILogger logger, string subject, string digest, string detail);
}
