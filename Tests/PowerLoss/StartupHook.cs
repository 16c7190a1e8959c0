using Pythia.PowerLoss;

/// <summary>
/// Lets a program that knows nothing of this record itself: start it with <c>DOTNET_STARTUP_HOOKS</c> naming this assembly (see
/// <see cref="PowerLossHook.Environment"/>). The runtime calls <see cref="Initialize"/> before the program's own first line.
/// </summary>
internal static class StartupHook
{
    // Lives as long as the process, which may well be killed.
    private static PowerLossRecorder? s_recorder;

    public static void Initialize()
    {
        var folder = System.Environment.GetEnvironmentVariable(PowerLossHook.Folder);
        var journal = System.Environment.GetEnvironmentVariable(PowerLossHook.Journal);
        if (folder is not null && journal is not null) s_recorder = PowerLossRecorder.Start(folder, journal);
    }
}
