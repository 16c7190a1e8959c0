namespace Orleans.Hosting;

/// <summary>How short reminders may be.</summary>
public sealed class ReminderOptions
{
    /// <summary>Reminders with a shorter period are refused. Default one minute.</summary>
    public TimeSpan MinimumReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);
}
