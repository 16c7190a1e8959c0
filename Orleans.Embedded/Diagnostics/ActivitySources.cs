using System.Diagnostics;

namespace Orleans.Diagnostics;

/// <summary>Names of Orleans' activity sources, to be given to whoever listens.</summary>
public static class ActivitySources
{
    /// <summary>Calls of the application's own grains.</summary>
    public const string ApplicationGrainActivitySourceName = "Microsoft.Orleans.Application";

    /// <summary>Calls of interfaces under <c>Orleans</c>, reminders among them.</summary>
    public const string RuntimeActivitySourceName = "Microsoft.Orleans.Runtime";

    /// <summary>Start and end of activations.</summary>
    public const string LifecycleActivitySourceName = "Microsoft.Orleans.Lifecycle";

    /// <summary>Reads and writes of states.</summary>
    public const string StorageActivitySourceName = "Microsoft.Orleans.Storage";

    /// <summary>All of them.</summary>
    public const string AllActivitySourceName = "Microsoft.Orleans.*";

    internal static readonly ActivitySource Application = new(ApplicationGrainActivitySourceName, "1.2.0");
    internal static readonly ActivitySource Runtime = new(RuntimeActivitySourceName, "2.1.0");
    internal static readonly ActivitySource Storage = new(StorageActivitySourceName, "1.1.0");
}
