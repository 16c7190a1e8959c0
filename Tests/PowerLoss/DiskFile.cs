namespace Pythia.PowerLoss;

/// <summary>One file's bytes on the disk, and what was handed over since they were forced there.</summary>
internal sealed class DiskFile
{
    private readonly List<(long Number, JournalEntry Entry)> _unsynced = [];
    private byte[] _bytes = [];
    private int _length;

    public void Add(long number, JournalEntry entry) => _unsynced.Add((number, entry));

    /// <summary>All that was handed over before entry number <paramref name="covered"/> is on the disk.</summary>
    public void Sync(long covered)
    {
        var synced = 0;
        for (; synced < _unsynced.Count && _unsynced[synced].Number < covered; synced++)
        {
            var entry = _unsynced[synced].Entry;
            if (entry.Act is DiskAct.Truncate) Resize(ref _bytes, ref _length, (int)entry.Offset);
            else Put(ref _bytes, ref _length, (int)entry.Offset, entry.Data);
        }

        _unsynced.RemoveRange(0, synced);
    }

    public byte[] Build(Survival survival, Random random)
    {
        var (bytes, length) = (_bytes.AsSpan(0, _length).ToArray(), _length);
        foreach (var (_, entry) in _unsynced)
        {
            if (entry.Act is DiskAct.Truncate)
            {
                if (PowerLossReplay.Survives(survival, random)) Resize(ref bytes, ref length, (int)entry.Offset);
            }
            else if (survival is Survival.Sectors or Survival.Pages) Tear(ref bytes, ref length, entry, survival is Survival.Sectors ? 512 : 4_096, random);
            else if (PowerLossReplay.Survives(survival, random)) Put(ref bytes, ref length, (int)entry.Offset, entry.Data);
            else if (survival is not Survival.None) Grow(ref bytes, ref length, (int)entry.Offset + entry.Data.Length, random);
        }

        return bytes[..length];
    }

    private static void Tear(ref byte[] bytes, ref int length, JournalEntry entry, int sector, Random random)
    {
        for (var at = 0; at < entry.Data.Length;)
        {
            var offset = (int)entry.Offset + at;
            var part = entry.Data.AsSpan(at, Math.Min(sector - (offset % sector), entry.Data.Length - at));
            if (random.Next(2) == 0) Put(ref bytes, ref length, offset, part);
            else Grow(ref bytes, ref length, offset + part.Length, random);
            at += part.Length;
        }
    }

    // The file's length is written apart from what is in it: what the disk had there before may show.
    private static void Grow(ref byte[] bytes, ref int length, int end, Random random)
    {
        var before = length;
        if (end <= before || random.Next(2) == 0) return;

        Resize(ref bytes, ref length, end);
        if (random.Next(2) == 0) random.NextBytes(bytes.AsSpan(before, end - before));
    }

    private static void Put(ref byte[] bytes, ref int length, int offset, ReadOnlySpan<byte> data)
    {
        if (offset + data.Length > length) Resize(ref bytes, ref length, offset + data.Length);
        data.CopyTo(bytes.AsSpan(offset));
    }

    private static void Resize(ref byte[] bytes, ref int length, int to)
    {
        if (to > bytes.Length) Array.Resize(ref bytes, Math.Max(to, bytes.Length * 2));
        if (to > length) bytes.AsSpan(length, to - length).Clear();
        length = to;
    }
}
