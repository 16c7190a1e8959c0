using Microsoft.Extensions.Logging;

namespace Pythia.Embedded.Runtime;

/// <summary>What the engine logs. Event ids 5xxx.</summary>
internal sealed partial class SiloLog(ILogger<SiloLog> logger)
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Error, Message = "Grain {Grain} failed to start")]
    public partial void ActivationFailed(string grain, Exception exception);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Error, Message = "Grain {Grain} failed while it ended")]
    public partial void EndFailed(string grain, Exception exception);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Error, Message = "A timer of grain {Grain} failed")]
    public partial void TimerFailed(string grain, Exception exception);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Error, Message = "Reminder {Reminder} of grain {Grain} failed")]
    public partial void ReminderFailed(string reminder, string grain, Exception exception);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Error, Message = "State {State} of grain {Grain}: {Operation} failed in its store")]
    public partial void StorageFailed(string state, string grain, string operation, Exception exception);

    [LoggerMessage(EventId = 5006, Level = LogLevel.Warning, Message = "Observer {Observer} is gone; a call to it was dropped")]
    public partial void ObserverGone(string observer);

    [LoggerMessage(EventId = 5007, Level = LogLevel.Information, Message = "Silo {Silo} is up with {Classes} grain classes")]
    public partial void Up(string silo, int classes);

    [LoggerMessage(EventId = 5008, Level = LogLevel.Warning, Message = "Silo stopped with {Activations} activations that had not ended")]
    public partial void StoppedEarly(int activations);

    [LoggerMessage(EventId = 5010, Level = LogLevel.Error, Message = "The interleaving predicate of grain {Grain} failed")]
    public partial void PredicateFailed(string grain, Exception exception);

    [LoggerMessage(EventId = 5011, Level = LogLevel.Warning, Message = "{Ended} of {Activations} activations were ended: {Used:N1} % of the memory was in use, the limit is {Limit:N1} %")]
    public partial void Shed(int ended, int activations, double used, double limit);

    [LoggerMessage(EventId = 5012, Level = LogLevel.Error, Message = "Memory could not be measured, or activations not ended for it")]
    public partial void SheddingFailed(Exception exception);

    [LoggerMessage(EventId = 5009, Level = LogLevel.Error, Message = "A one-way call of {Method} on {Target} failed")]
    public partial void OneWayFailed(string method, string target, Exception exception);
}
