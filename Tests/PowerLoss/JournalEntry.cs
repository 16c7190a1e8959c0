namespace Pythia.PowerLoss;

/// <summary>What a process did to a disk. The numbers stand in journals.</summary>
public enum DiskAct
{
    /// <summary>A file came to be: Path names it, File numbers it from then on.</summary>
    Create = 1,

    /// <summary>Bytes were handed over, not yet forced to the disk.</summary>
    Write = 2,

    /// <summary>The file was cut, or made longer with zeros, to Offset bytes.</summary>
    Truncate = 3,

    /// <summary>fsync came back: what was handed over before entry number Offset is on the disk.</summary>
    Sync = 4,

    /// <summary>The file's name was removed.</summary>
    Delete = 5,

    /// <summary>fsync of the folder came back: names made or removed before entry number Offset are so on the disk.</summary>
    SyncFolder = 6,
}

/// <summary>One act.</summary>
/// <param name="End">Position in the journal after it, bytes: an act is done before whatever saw the journal that long.</param>
/// <param name="Act">What.</param>
/// <param name="File">Which file; its number is given by <see cref="DiskAct.Create"/>.</param>
/// <param name="Offset">Where in the file, or see <see cref="DiskAct"/>.</param>
/// <param name="Data">Bytes written; the path below the folder, UTF-8, for names.</param>
public sealed record JournalEntry(long End, DiskAct Act, int File, long Offset, byte[] Data);
