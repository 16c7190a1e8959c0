using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Pythia.Silo.Backups;

/// <summary>Files and names that are on the disk when a call returns.</summary>
internal static class DurableFiles
{
    private const int CopyBytes = 1 << 20;

    /// <summary>A new file.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>A new file with another's content; gives its hash, of the bytes that were written.</summary>
    public static BackupFile Copy(string from, string to, Action<long>? told, CancellationToken cancellationToken)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[CopyBytes];
        var length = 0L;
        for (var read = source.Read(buffer); read > 0; read = source.Read(buffer))
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer.AsSpan(0, read));
            target.Write(buffer.AsSpan(0, read));
            told?.Invoke(length += read);
        }

        target.Flush(flushToDisk: true);
        return new BackupFile(Path.GetFileName(to), target.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    public static BackupFile Describe(string path)
    {
        using var file = File.OpenRead(path);
        return new BackupFile(Path.GetFileName(path), file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    /// <summary>A folder that only this user may enter.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Gives a folder its name, all at once: there is a whole one or none, also after a crash. An empty folder of that name is replaced.</summary>
    public static void MoveFolder(string from, string to)
    {
        SyncFolder(from);
        if (Directory.Exists(to)) Directory.Delete(to, recursive: false);
        Directory.Move(from, to);
        SyncFolder(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(to))!);
    }

    // Names in a folder are on the disk only when the folder is.
    private static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;

        var descriptor = Open(path, 0);
        if (descriptor < 0) return; // A file system that gives no folders away syncs them by itself.

        _ = Sync(descriptor);
        _ = Close(descriptor);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
