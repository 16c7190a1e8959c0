using System.Text;

namespace Pythia.PowerLoss;

/// <summary>How much of what was not forced to the disk is there after all.</summary>
public enum Survival
{
    /// <summary>Nothing: the disk had a cache and lost it.</summary>
    None,

    /// <summary>Everything: the process died and the machine did not.</summary>
    All,

    /// <summary>Each write or not.</summary>
    Writes,

    /// <summary>Each sector of 512 bytes of each write or not: torn writes.</summary>
    Sectors,

    /// <summary>Each page of 4,096 bytes of each write or not.</summary>
    Pages,
}

/// <summary>
/// A disk, from its journal. It holds what was forced to it; of the rest, in the order in which it was handed over, some survives and some
/// doesn't. Where a lost write had made a file longer, zeros or noise stand. A name whose folder was not forced to the disk may be missing
/// with all that is in the file, and one removed may be there again.
/// </summary>
/// <remarks>One pass over the journal serves any number of cuts in growing order.</remarks>
public sealed class PowerLossReplay(IReadOnlyList<JournalEntry> journal)
{
    private readonly Dictionary<int, DiskFile> _files = [];
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly List<(long Number, string Name, int? File)> _unsyncedNames = [];
    private int _next;

    /// <summary>A disk that says "done" and forgets: every sync is ignored. What a test must then find missing shows that it can fail.</summary>
    public bool IgnoreSyncs { get; init; }

    /// <summary>Goes on until just before the entry that ends behind <paramref name="position"/>.</summary>
    /// <param name="position">Bytes of the journal; not below that of the call before.</param>
    public void Advance(long position)
    {
        for (; _next < journal.Count && journal[_next].End <= position; _next++) Apply(_next, journal[_next]);
    }

    /// <summary>Writes the files that are found when power is back.</summary>
    /// <param name="folder">A new folder.</param>
    /// <param name="survival">Of what was not forced to the disk.</param>
    /// <param name="random">Decides; print its seed.</param>
    public void Build(string folder, Survival survival, Random random)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, file) in NamesLeft(survival, random))
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, _files[file].Build(survival, random));
        }
    }

    private void Apply(int number, JournalEntry entry)
    {
        switch (entry.Act)
        {
            case DiskAct.Create:
                _files[entry.File] = new DiskFile();
                _unsyncedNames.Add((number, Name(entry), entry.File));
                break;
            case DiskAct.Delete:
                _unsyncedNames.Add((number, Name(entry), null));
                break;
            case DiskAct.Write or DiskAct.Truncate:
                _files[entry.File].Add(number, entry);
                break;
            case DiskAct.Sync when !IgnoreSyncs:
                _files[entry.File].Sync(entry.Offset);
                break;
            case DiskAct.SyncFolder when !IgnoreSyncs:
                SyncNames(Name(entry), entry.Offset);
                break;
        }
    }

    private void SyncNames(string folder, long covered)
    {
        bool IsCovered((long Number, string Name, int? File) change) => change.Number < covered && FolderOf(change.Name) == folder;
        foreach (var change in _unsyncedNames.Where(IsCovered)) Change(_names, change.Name, change.File);
        _unsyncedNames.RemoveAll(IsCovered);
    }

    private Dictionary<string, int> NamesLeft(Survival survival, Random random)
    {
        var left = new Dictionary<string, int>(_names, StringComparer.Ordinal);
        foreach (var (_, name, file) in _unsyncedNames)
        {
            if (Survives(survival, random)) Change(left, name, file);
        }

        return left;
    }

    internal static bool Survives(Survival survival, Random random) => survival is Survival.All || (survival is not Survival.None && random.Next(2) == 0);

    private static void Change(Dictionary<string, int> names, string name, int? file)
    {
        if (file is { } number) names[name] = number;
        else names.Remove(name);
    }

    private static string Name(JournalEntry entry) => Encoding.UTF8.GetString(entry.Data);

    private static string FolderOf(string name) => Path.GetDirectoryName(name) is { Length: > 0 } folder ? folder : ".";
}
