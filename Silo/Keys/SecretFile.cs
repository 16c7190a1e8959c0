using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Pythia.Silo.Commands;

namespace Pythia.Silo.Keys;

/// <summary>Files that only their owner (and, for containers, their group) may read.</summary>
internal static class SecretFile
{
    private const int MostPasswordBytes = 4_096;

    private const UnixFileMode ForOthers =
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupWrite;

    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The whole file.</summary>
    /// <param name="name">The setting or argument that names it, for the message.</param>
    /// <param name="path">A symbolic link is followed: the file itself is what is judged.</param>
    /// <param name="mostBytes">A longer file is refused.</param>
    /// <exception cref="StartException">Missing, unreadable, empty, too long, or open to others.</exception>
    public static byte[] Read(string name, string path, int mostBytes)
    {
        var fullPath = Path.GetFullPath(path);
        try
        {
            using var file = File.OpenHandle(fullPath);
            RefuseOpenToOthers(name, fullPath, file);
            var length = RandomAccess.GetLength(file);
            if (length < 1 || length > mostBytes)
                throw new StartException($"{name}: {length} bytes found in {fullPath}, 1 to {mostBytes} expected", SiloCommandLine.WrongInput);

            var bytes = new byte[length];
            for (var at = 0; at < bytes.Length;)
            {
                var read = RandomAccess.Read(file, bytes.AsSpan(at), at);
                if (read == 0) throw new StartException($"{name}: {at} bytes found in {fullPath}, {length} expected", SiloCommandLine.WrongInput);
                at += read;
            }

            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{name}: {e.Message}", SiloCommandLine.WrongInput);
        }
    }

    /// <summary>The file without the one line ending at its end; the caller clears it.</summary>
    /// <exception cref="StartException">As <see cref="Read"/>, or nothing but a line ending.</exception>
    public static byte[] ReadLine(string name, string path)
    {
        var whole = Read(name, path, MostPasswordBytes);
        try
        {
            var line = whole.AsSpan();
            if (line.EndsWith("\n"u8)) line = line[..^1];
            if (line.EndsWith("\r"u8)) line = line[..^1];
            return line.IsEmpty ? throw new StartException($"{name}: nothing found in {Path.GetFullPath(path)}, a password expected", SiloCommandLine.WrongInput) : line.ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(whole);
        }
    }

    /// <summary>A new file that only its owner may read, on the disk when this returns.</summary>
    /// <exception cref="StartException">The file is there already, or can't be written.</exception>
    public static void Create(string name, string path, ReadOnlySpan<byte> content)
    {
        var fullPath = Path.GetFullPath(path);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = ForOwner;
            Directory.CreateDirectory(Path.GetDirectoryName(fullPath)!);
            using var file = new FileStream(fullPath, options);
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{name}: {e.Message}", SiloCommandLine.WrongInput);
        }
    }

    private static void RefuseOpenToOthers(string name, string fullPath, SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows()) return;

        var mode = File.GetUnixFileMode(file);
        if ((mode & ForOthers) != UnixFileMode.None)
        {
            throw new StartException(
                $"{name}: {fullPath} is open to others (mode {Convert.ToString((int)mode, 8)} found, 600 or 640 expected): chmod 600 {fullPath}", SiloCommandLine.WrongInput);
        }
    }
}
