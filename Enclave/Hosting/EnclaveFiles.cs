using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Hosting;

/// <summary>
/// What the child reads and listens at, in a folder 0700 of its own: <c>config.json</c>, <c>host.json</c>, <c>socket</c>. They are written anew before each
/// start, so that whoever cleared them away stops nothing. A lock beside the folder says that it is in use; it is the operating system's and ends with the silo, so that
/// what a silo left behind when it was killed is known as such, and removed by the next one.
/// </summary>
internal sealed class EnclaveFiles : IDisposable
{
    private const string LockEnding = ".lock";
    private const string SocketName = "socket";
    private const string ConfigName = "config.json";
    private const string HostName = "host.json";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly string[] OfTheHost = [nameof(EnclaveOptions.Id), nameof(EnclaveOptions.HeadRpc), nameof(EnclaveOptions.UntrustedRpc)];

    private readonly string _folder;
    private readonly bool _isTemporary;
    private readonly string? _socketFolder;
    private readonly FileStream _lock;
    private readonly string _config;
    private readonly string _host;
    private bool _isDisposed;

    /// <exception cref="IOException">Another silo uses the folder of that enclave, or it can't be written, or no place is short enough for a socket.</exception>
    public EnclaveFiles(EnclaveOptions options, EnclaveProcessOptions process)
    {
        _isTemporary = process.Folder.Length == 0;
        var root = _isTemporary ? Directory.CreateTempSubdirectory("pythia-enclave-").FullName : Path.GetFullPath(process.Folder);
        Create(root);
        _folder = Path.Combine(root, options.Id);
        _lock = TakeLock(_folder) ?? throw new IOException($"{_folder}: another silo found that runs enclave {options.Id} in it, none expected (lock file {_folder}{LockEnding})");
        try
        {
            RemoveLeftBehind(root);
            _socketFolder = IsShort(Path.Combine(_folder, SocketName)) ? null : Directory.CreateTempSubdirectory("pythia-").FullName;
            EndPoint = $"unix:{Path.Combine(_socketFolder ?? _folder, SocketName)}";
            _ = SocketEnclave.Parse(EndPoint);
            (_config, _host) = Describe(options, process);
            Write();
        }
        catch (Exception e)
        {
            _lock.Dispose();
            throw e is FormatException ? new IOException($"{e.Message}: no shorter place than the folder of temporary files is known", e) : e;
        }
    }

    public string Config => Path.Combine(_folder, ConfigName);

    public string Host => Path.Combine(_folder, HostName);

    /// <summary>In the folder; where its path is too long for a socket, in a temporary one of its own.</summary>
    public string EndPoint { get; }

    /// <summary>Writes both files, whatever became of them and of their folder.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It can't be written.</exception>
    public void Write()
    {
        Create(_folder);
        if (_socketFolder is not null) Create(_socketFolder);
        File.WriteAllText(Config, _config);
        File.WriteAllText(Host, _host);
    }

    /// <summary>More than once is no fault: the supervisor is registered as what it is and as a hosted service.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;

        _isDisposed = true;
        RemoveOurs(_folder);
        if (_socketFolder is not null) RemoveTemporary(_socketFolder);
        _lock.Dispose();
        if (_isTemporary) RemoveTemporary(Path.GetDirectoryName(_folder)!);
    }

    private (string Config, string Host) Describe(EnclaveOptions options, EnclaveProcessOptions process)
    {
        var all = JsonSerializer.SerializeToNode(options)!.AsObject();
        var host = new JsonObject { ["Listen"] = EndPoint };
        foreach (var name in OfTheHost)
        {
            host[name] = all[name]!.DeepClone();
            all.Remove(name);
        }

        all["Attester"] = process.Attester.Length > 0 ? process.Attester : "none";
        if (process.SimulatedPlatform.Length > 0) host["SimulatedPlatform"] = Path.GetFullPath(process.SimulatedPlatform);
        return (all.ToJsonString(), host.ToJsonString());
    }

    // The lock file stays: removing it would let two silos lock two files of one name.
    private static FileStream? TakeLock(string folder)
    {
        try
        {
            return new FileStream(folder + LockEnding, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(folder + LockEnding))
        {
            return null;
        }
    }

    // Of this enclave and of others that nobody runs any more.
    private void RemoveLeftBehind(string root)
    {
        RemoveOurs(_folder);
        if (!OperatingSystem.IsWindows() && Directory.Exists(_folder)) File.SetUnixFileMode(_folder, OwnerOnly);
        foreach (var other in Directory.EnumerateDirectories(root).Where(folder => File.Exists(folder + LockEnding)))
        {
            using var held = TakeLock(other);
            if (held is not null) RemoveOurs(other);
        }
    }

    // What else lies there was not made here: a folder of that name may be another's.
    private static void RemoveOurs(string folder)
    {
        if (!Directory.Exists(folder)) return;

        foreach (var name in (string[])[ConfigName, HostName, SocketName]) File.Delete(Path.Combine(folder, name));
        if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    private static void RemoveTemporary(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static void Create(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly);
    }

    private static bool IsShort(string path) => Encoding.UTF8.GetByteCount(path) <= SocketEnclave.MostPathBytes;
}
