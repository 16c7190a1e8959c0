using Microsoft.Extensions.Logging;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>What subjects log: ids, verdicts and addresses, never content.</summary>
internal static partial class SubjectLog
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "{Subject} refused {Digest}: {Verdict}, {Detail}")]
    public static partial void Refused(ILogger logger, string subject, string digest, IntentVerdict verdict, string detail);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information, Message = "{Subject} accepted {Act} {Digest}")]
    public static partial void Accepted(ILogger logger, string subject, string act, string digest);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "{Subject} could not queue {Digest} yet")]
    public static partial void NotQueued(ILogger logger, string subject, string digest, Exception exception);
}
