using System.Collections.Concurrent;
using System.Text;

namespace Pythia.PowerLoss;

/// <summary>
/// Records what SQLite does to the files below a folder, from now until disposal, into a <see cref="DiskJournal"/>. Start it before the
/// files are opened; what is in the folder already counts as on the disk. Shared memory (<c>-shm</c>) is none of a disk's.
/// </summary>
public sealed class PowerLossRecorder : IDisposable
{
    private readonly ConcurrentDictionary<int, string> _paths = new();
    private readonly Dictionary<string, int> _files = new(StringComparer.Ordinal);
    private readonly string _folder;

    private PowerLossRecorder(string folder, DiskJournal journal) => (_folder, Journal) = (folder, journal);

    /// <summary>Where the acts are written.</summary>
    public DiskJournal Journal { get; }

    internal Lock Names { get; } = new();

    /// <summary>Begins.</summary>
    /// <param name="folder">Made if it is missing.</param>
    /// <param name="journalPath">A new file outside of the folder.</param>
    public static PowerLossRecorder Start(string folder, string journalPath)
    {
        var full = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        Directory.CreateDirectory(full);
        var recorder = new PowerLossRecorder(full, DiskJournal.Create(journalPath));
        foreach (var path in Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories))
        {
            if (!path.EndsWith("-shm", StringComparison.Ordinal)) recorder.Opened(path, isNew: false);
        }

        RecordingVfs.Add(recorder);
        return recorder;
    }

    public void Dispose()
    {
        RecordingVfs.Remove(this);
        Journal.Dispose();
    }

    internal bool Covers(string path) => path.StartsWith(_folder, StringComparison.Ordinal);

    internal string PathOf(int file) => _paths[file];

    /// <summary>The number of an opened file. Under <see cref="Names"/>.</summary>
    internal int Opened(string path, bool isNew)
    {
        if (!isNew && _files.TryGetValue(path, out var known)) return known;

        var file = Number(path);
        Journal.Append(DiskAct.Create, file, 0, NameOf(path));
        if (!isNew) Found(path, file);
        return file;
    }

    internal void Deleted(string path)
    {
        _files.Remove(path);
        Journal.Append(DiskAct.Delete, 0, 0, NameOf(path));
    }

    internal void FolderSynced(string path, long covered) => Journal.Append(DiskAct.SyncFolder, 0, covered, NameOf(Path.GetDirectoryName(path)!));

    // Made by another hand than SQLite's, whole and on the disk.
    private void Found(string path, int file)
    {
        byte[] content;
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            content = new byte[stream.Length];
            stream.ReadExactly(content);
        }

        Journal.Append(DiskAct.Write, file, 0, content);
        Journal.Append(DiskAct.Sync, file, Journal.Count, []);
        FolderSynced(path, Journal.Count);
    }

    private int Number(string path)
    {
        var file = _paths.Count;
        _paths[file] = path;
        _files[path] = file;
        return file;
    }

    private byte[] NameOf(string path) => Encoding.UTF8.GetBytes(Path.GetRelativePath(_folder, path));
}
