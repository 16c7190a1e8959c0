namespace Pythia.Engine.Grains;

/// <summary>Reminders that outlive activations.</summary>
[Alias("engine.IReminderGrain")]
public interface IReminderGrain : IGrainWithStringKey
{
    /// <summary>Registers a reminder, which signals {key}-{name} with the activation that hears it, and returns the activation's number.</summary>
    [Alias("Remind")]
    Task<int> RemindAsync(string name, TimeSpan due, TimeSpan period);

    /// <summary>The same, and ends the activation.</summary>
    [Alias("RemindAndEnd")]
    Task<int> RemindAndEndAsync(string name, TimeSpan due);

    [Alias("Names")]
    Task<IReadOnlyList<string>> NamesAsync();

    /// <summary>Whether there was one.</summary>
    [Alias("Forget")]
    Task<bool> ForgetAsync(string name);

    [Alias("RemindWrongly")]
    Task RemindWronglyAsync();
}

[GrainType("engine.reminder")]
public sealed class ReminderGrain : Grain, IReminderGrain, IRemindable
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    public async Task<int> RemindAsync(string name, TimeSpan due, TimeSpan period)
    {
        var reminder = await this.RegisterOrUpdateReminder(name, due, period);
        Assert.Equal(name, reminder.ReminderName);
        return _instance;
    }

    public async Task<int> RemindAndEndAsync(string name, TimeSpan due)
    {
        await RemindAsync(name, due, TimeSpan.FromMinutes(5));
        DeactivateOnIdle();
        return _instance;
    }

    public async Task<IReadOnlyList<string>> NamesAsync() => [.. (await this.GetReminders()).Select(reminder => reminder.ReminderName).Order()];

    public async Task<bool> ForgetAsync(string name)
    {
        if (await this.GetReminder(name) is not { } reminder)
        {
            return false;
        }

        await this.UnregisterReminder(reminder);
        return true;
    }

    public async Task RemindWronglyAsync()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => this.RegisterOrUpdateReminder("", TimeSpan.Zero, TimeSpan.FromMinutes(5)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => this.RegisterOrUpdateReminder("r", TimeSpan.FromSeconds(-5), TimeSpan.FromMinutes(5)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => this.RegisterOrUpdateReminder("r", TimeSpan.Zero, TimeSpan.FromSeconds(1)));
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Assert.True(status.FirstTickTime <= status.CurrentTickTime, $"first {status.FirstTickTime:O}, current {status.CurrentTickTime:O}");
        Signals.Set($"{this.GetPrimaryKeyString()}-{reminderName}", $"{_instance} every {status.Period}");
        return Task.CompletedTask;
    }
}
