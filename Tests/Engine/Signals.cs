using System.Collections.Concurrent;

namespace Pythia.Engine;

/// <summary>Events between grains and tests, by name. Silo and test share a process on both engines.</summary>
internal static class Signals
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<string>> Known = new();

    public static void Set(string name, string value = "") => Of(name).TrySetResult(value);

    /// <summary>What <see cref="Set"/> said; fails with the name when it never comes.</summary>
    public static async Task<string> WaitAsync(string name)
    {
        try
        {
            return await Of(name).Task.WaitAsync(Patience);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"signal '{name}' did not come within {Patience}", exception);
        }
    }

    public static bool IsSet(string name) => Of(name).Task.IsCompleted;

    private static TaskCompletionSource<string> Of(string name)
        => Known.GetOrAdd(name, static _ => new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>Keys that no other test uses.</summary>
internal static class Keys
{
    private static int s_last;

    public static string New() => $"k{Interlocked.Increment(ref s_last)}-{Environment.ProcessId}";
}
