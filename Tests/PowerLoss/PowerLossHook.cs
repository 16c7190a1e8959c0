namespace Pythia.PowerLoss;

/// <summary>How a child process is told to record.</summary>
public static class PowerLossHook
{
    internal const string Folder = "PYTHIA_POWER_LOSS_FOLDER";
    internal const string Journal = "PYTHIA_POWER_LOSS_JOURNAL";

    /// <summary>Environment variables for a .NET program that uses SQLite; the journal's length is its <see cref="DiskJournal.Position"/>.</summary>
    public static IReadOnlyDictionary<string, string> Environment(string folder, string journalPath) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DOTNET_STARTUP_HOOKS"] = typeof(PowerLossHook).Assembly.Location,
        [Folder] = Path.GetFullPath(folder),
        [Journal] = Path.GetFullPath(journalPath),
    };
}
