namespace Pythia.Embedded;

/// <summary>The storage files of this silo, for whoever watches over it.</summary>
public interface IStorageFiles
{
    /// <summary>The files whose newest commit failed; none where all is well.</summary>
    IReadOnlyList<StorageFileTrouble> FindTroubles();
}

/// <summary>A storage file that takes nothing at the moment.</summary>
/// <param name="Path">The file.</param>
/// <param name="Words">What the store said.</param>
public sealed record StorageFileTrouble(string Path, string Words);
