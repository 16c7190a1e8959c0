using System.ComponentModel.DataAnnotations;

namespace Pythia.Embedded;

/// <summary>Where SQLite files are and how they are written. Stores and reminders with the same path share the files and their writers.</summary>
public sealed class SqliteStorageOptions
{
    /// <summary>The file, or the first of several; its folder is made if it isn't there. No default.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Path { get; set; } = "";

    /// <summary>
    /// How many files the store is spread over by the grains' ids, 1 to 64: each has a writer and commits of its own. Fixed when the store is
    /// made; another number is refused. Default 1.
    /// </summary>
    [Range(1, 64)]
    public int Shards { get; set; } = 1;

    /// <summary>The most writes that one commit takes, 1 to 100,000. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int MostWritesInCommit { get; set; } = 1_000;
}

/// <summary>A file is no database of ours, or is damaged. The silo does not start on it.</summary>
[GenerateSerializer, Alias("pythia.embedded.DamagedStorageException")]
public sealed class DamagedStorageException : Exception
{
    public DamagedStorageException(string path, string found, Exception? innerException = null)
        : base($"storage file '{path}' is damaged: {found}; put a backup in its place", innerException)
        => Path = path;

    /// <summary>The file.</summary>
    [Id(0)]
    public string Path { get; }
}
