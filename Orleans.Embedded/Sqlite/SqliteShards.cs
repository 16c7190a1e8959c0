using System.Security.Cryptography;
using System.Text;
using Orleans.Runtime;

namespace Pythia.Embedded.Sqlite;

/// <summary>
/// A store's files: a grain's states and reminders are all in the one that its id's hash names. The first has the store's own path, the
/// others a number before the ending: <c>grains.db</c>, <c>grains.1.db</c>, …
/// </summary>
internal sealed class SqliteShards : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SqliteDatabase[] _files;
    private int _users;

    /// <param name="path">Of the first file.</param>
    /// <param name="shards">1 to 64.</param>
    /// <param name="mostInCommit">Writes that one commit takes.</param>
    public SqliteShards(string path, int shards, int mostInCommit)
    {
        Path = path;
        _files = [.. Enumerable.Range(0, shards).Select(number => new SqliteDatabase(PathOf(path, number), mostInCommit))];
    }

    public string Path { get; }

    public IReadOnlyList<SqliteDatabase> Files => _files;

    public static string PathOf(string path, int number)
        => number == 0 ? path : System.IO.Path.ChangeExtension(path, $"{number}{System.IO.Path.GetExtension(path)}");

    public SqliteDatabase Of(GrainId grain) => _files.Length == 1 ? _files[0] : _files[Hash(grain.ToString()) % (uint)_files.Length];

    /// <summary>Opens the files for one more user.</summary>
    /// <exception cref="DamagedStorageException">A file is no sound database, missing, or of another store.</exception>
    /// <exception cref="OrleansConfigurationException">Another process has one open, another version wrote it, or the store has another number of files.</exception>
    public void Open()
    {
        lock (_gate)
        {
            if (_users++ > 0)
            {
                return;
            }

            try
            {
                Start();
            }
            catch
            {
                _users = 0;
                Stop();
                throw;
            }
        }
    }

    /// <summary>Closes the files once the last user has gone, with everything in them that was queued.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_users > 0 && --_users == 0)
            {
                Stop();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _users = 0;
            foreach (var file in _files)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>FNV-1a of 32 bits over UTF-8, its bits mixed once more (MurmurHash3's finalizer). Never to be changed: stored grains lie by it.</summary>
    public static uint Hash(string grain)
    {
        var hash = 2_166_136_261u;
        foreach (var letter in Encoding.UTF8.GetBytes(grain))
        {
            hash = (hash ^ letter) * 16_777_619u;
        }

        hash = (hash ^ (hash >> 16)) * 0x85EBCA6Bu;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35u;
        return hash ^ (hash >> 16);
    }

    private void Start()
    {
        var first = _files[0];
        first.Open();
        if (first.ReadMark() is { } mark)
        {
            OpenOthers(mark);
        }
        else
        {
            Make();
        }
    }

    private void OpenOthers(ShardMark first)
    {
        if (first.Shards != _files.Length || first.Number != 0)
        {
            throw new OrleansConfigurationException(first.Number == 0
                ? $"storage file '{Path}': a store of {first.Shards} files found, {_files.Length} configured; the number is fixed when a store is made: set "
                    + $"{nameof(SqliteStorageOptions.Shards)} to {first.Shards}"
                : $"storage file '{Path}': file {first.Number} of a store found, file 0 expected");
        }

        for (var number = 1; number < _files.Length; number++)
        {
            var expected = first with { Number = number };
            if (!File.Exists(_files[number].Path))
            {
                throw new DamagedStorageException(_files[number].Path, $"no file found, file {number} of store {first.Store} expected");
            }

            _files[number].Open();
            if (_files[number].ReadMark() is var found && found != expected)
            {
                throw new DamagedStorageException(_files[number].Path, $"{Describe(found)} found, {Describe(expected)} expected");
            }
        }
    }

    // The first file's mark is written last: with it the store is whole, and until then a start makes it anew.
    private void Make()
    {
        var store = new Guid(RandomNumberGenerator.GetBytes(16));
        for (var number = _files.Length - 1; number >= 0; number--)
        {
            var file = _files[number];
            if (number > 0)
            {
                file.Open();
            }

            if (!file.IsUnused)
            {
                throw new DamagedStorageException(file.Path, number == 0
                    ? "states without the store's mark found, a mark expected"
                    : $"states found, although the store's first file '{Path}' is new");
            }

            file.WriteMark(new ShardMark(store, number, _files.Length));
        }
    }

    private static string Describe(ShardMark? mark) => mark is null ? "a file of no store" : $"file {mark.Number} of {mark.Shards} of store {mark.Store}";

    private void Stop()
    {
        foreach (var file in _files)
        {
            file.Close();
        }
    }
}
