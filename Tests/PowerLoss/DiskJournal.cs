using System.Buffers.Binary;

namespace Pythia.PowerLoss;

/// <summary>
/// A file with one entry after the other, as the acts happened. It outlives a SIGKILL of who writes it, since every entry is handed to the
/// operating system at once; one that is cut at its end was not done.
/// <code>
///   0     1        5          13         17
///   | act | file   | offset   | length   | data …       little-endian
/// </code>
/// </summary>
public sealed class DiskJournal : IDisposable
{
    private const int HeadSize = 17;

    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private long _length;
    private long _count;
    private bool _isClosed;

    private DiskJournal(FileStream file) => _file = file;

    /// <summary>Bytes written so far. What was acknowledged before this was read is owed at every cut from here on.</summary>
    public long Position => Interlocked.Read(ref _length);

    /// <summary>Entries written so far.</summary>
    public long Count => Interlocked.Read(ref _count);

    public static DiskJournal Create(string path) => new(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));

    public void Append(DiskAct act, int file, long offset, ReadOnlySpan<byte> data)
    {
        var entry = new byte[HeadSize + data.Length];
        entry[0] = (byte)act;
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(1), file);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(5), offset);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(13), data.Length);
        data.CopyTo(entry.AsSpan(HeadSize));
        lock (_gate)
        {
            if (_isClosed) return;

            _file.Write(entry);
            Interlocked.Add(ref _length, entry.Length);
            Interlocked.Increment(ref _count);
        }
    }

    /// <summary>All whole entries of a journal, which may still be written to.</summary>
    public static IReadOnlyList<JournalEntry> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var entries = new List<JournalEntry>();
        for (var at = 0; at + HeadSize <= bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 13));
            if (at + HeadSize + (long)length > bytes.Length) break;

            entries.Add(new JournalEntry(
                at + HeadSize + length,
                (DiskAct)bytes[at],
                BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 1)),
                BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + 5)),
                bytes[(at + HeadSize)..(at + HeadSize + length)]));
            at += HeadSize + length;
        }

        return entries;
    }

    /// <summary>What is done after this is not recorded.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _file.Dispose();
        }
    }
}
