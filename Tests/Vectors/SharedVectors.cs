namespace Pythia.Vectors;

/// <summary>Finds test data that others made: the folder <c>shared/vectors</c> beside the project's root.</summary>
public static class SharedVectors
{
    /// <summary>The folder that holds <c>Orleans.Pythia.slnx</c>.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>Full path of <c>shared/vectors/{folder}</c>, or of another folder below <c>shared</c>; null where it is absent.</summary>
    public static string? TryFind(string folder, string below = "vectors")
    {
        var path = Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", below, folder));
        return Path.Exists(path) ? path : null;
    }

    /// <summary>Like <see cref="TryFind"/>, for a test that <see cref="VectorFactAttribute"/> lets run only where the folder is.</summary>
    public static string Find(string folder, string below = "vectors")
        => TryFind(folder, below) ?? throw new DirectoryNotFoundException($"shared/{below}/{folder} is not beside {RepositoryRoot}");

    private static string FindRepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orleans.Pythia.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Orleans.Pythia.slnx");
    }
}
