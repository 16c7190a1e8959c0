using Pythia.Silo.Commands;

namespace Pythia.Silo.Hosting;

/// <summary>A folder of state and the lock on it: one process at a time. The lock is the operating system's and ends with the process.</summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string folder, FileStream fileLock) => (FullName, _lock) = (folder, fileLock);

    public string FullName { get; }

    public string PathOf(string name) => Path.Combine(FullName, name);

    /// <summary>Makes the folder if it is missing and takes its lock.</summary>
    /// <exception cref="StartException">Another process has it, or it can't be written.</exception>
    public static DataFolder Take(string folder)
    {
        var fullName = Path.GetFullPath(folder);
        var lockFile = Path.Combine(fullName, "lock");
        try
        {
            Directory.CreateDirectory(fullName);
            var stream = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new(fullName, stream);
        }
        catch (IOException e) when (File.Exists(lockFile))
        {
            throw new StartException($"data folder {fullName}: another process found that uses it, none expected (lock file {lockFile})", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"data folder {fullName}: can't be written: {e.Message}", e);
        }
    }

    // The file stays: removing it would let two processes lock two files of one name.
    public void Dispose() => _lock.Dispose();
}
