using System.Text.Json;
using Pythia.Contracts.Registries;
using Pythia.Silo.Commands;
using Pythia.Silo.Hosting;

namespace Pythia.Silo.Backups;

/// <summary>
/// Copies a data folder while a silo uses it: 1. grains and reminders, all files as they were at one moment, 2. what the chain has, which may
/// be newer but never older than what the grains say of it, 3. the manifest. Keys are never part of it.
/// </summary>
/// <remarks>The grains before the chain: applying an event twice changes nothing, missing one would.</remarks>
internal static class DataBackup
{
    private const string Unfinished = ".unfinished";
    private const int ChainReadings = 20;
    private static readonly TimeSpan ChainPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Makes a backup.</summary>
    /// <param name="dataFolder">Of a silo that runs or does not.</param>
    /// <param name="contractsFile">Names the contracts.</param>
    /// <param name="target">A folder that is empty or not there yet, outside of the data folder.</param>
    /// <param name="progress">Says what it is at.</param>
    /// <param name="time">When it was made.</param>
    /// <param name="cancellationToken">Ends it and leaves nothing.</param>
    /// <exception cref="StartException">No data folder, a damaged one, or a target that is none.</exception>
    public static async Task<BackupManifest> MakeAsync(
        string dataFolder, string contractsFile, string target, Progress progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var (source, goal) = (FolderName(dataFolder), FolderName(target));
        if (!Directory.Exists(source)) throw new StartException($"Data:Folder: no folder {source} found");
        if ((goal + Path.DirectorySeparatorChar).StartsWith(source + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new StartException($"{goal}: a folder in the data folder found, one outside of {source} expected", SiloCommandLine.WrongInput);

        RefuseUsed(goal);
        var contracts = DeploymentManifest.Load(contractsFile)
            ?? throw new StartException($"{contractsFile}: nothing found, the file that names the contracts expected (Chain:Manifest, Data:Folder)");
        var work = goal + Unfinished;
        ClearWork(work);
        DurableFiles.CreateFolder(work);
        try
        {
            // 1. grains and reminders
            var madeAt = time.GetUtcNow();
            var files = await EngineStorage.CopyAsync(source, work, progress, cancellationToken);

            // 2. contracts and, if it is ours, the chain
            var others = await CopyOthersAsync(source, work, cancellationToken);

            // 3. manifest
            var described = await progress.RunAsync("hashing", () => Task.Run(() => files.Concat(others).Select(name => DurableFiles.Describe(Path.Combine(work, name))).ToList(), cancellationToken));
            var manifest = new BackupManifest(
                BackupManifest.NewestFormat, EngineStorage.SchemaVersion, contracts.ChainId, contracts.GenesisHash.ToString(), madeAt, files.Count, described);
            manifest.Save(work);
            DurableFiles.MoveFolder(work, goal);
            return manifest;
        }
        catch (Exception e)
        {
            ClearWork(work);
            if (e is IOException or UnauthorizedAccessException) throw new StartException($"{goal}: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Puts a backup's files into a new data folder, all of them or none.</summary>
    /// <param name="backup">A folder that <see cref="MakeAsync"/> made.</param>
    /// <param name="dataFolder">Empty or not there yet.</param>
    /// <param name="chainId">Whose states are expected.</param>
    /// <param name="progress">Says what it is at.</param>
    /// <param name="cancellationToken">Ends it and leaves nothing.</param>
    /// <exception cref="StartException">The backup is damaged, of another chain or of a later version; or the folder is in use.</exception>
    public static BackupManifest Restore(string backup, string dataFolder, ulong chainId, Progress progress, CancellationToken cancellationToken)
    {
        var (source, goal) = (FolderName(backup), FolderName(dataFolder));
        var manifest = BackupManifest.Load(source);
        if (manifest.StorageSchema > EngineStorage.SchemaVersion)
            throw new StartException($"{source}: storage schema {manifest.StorageSchema} found, at most {EngineStorage.SchemaVersion} expected: a later version of this program made it");
        if (manifest.ChainId != chainId) throw new StartException($"{source}: a backup of chain {manifest.ChainId} found, of chain {chainId} (Chain:Id) expected");

        RefuseUsed(goal);
        var work = goal + Unfinished;
        ClearWork(work);
        DurableFiles.CreateFolder(work);
        try
        {
            foreach (var file in manifest.Files)
            {
                progress.Say($"  {file.Name}, {file.Bytes:N0} bytes");
                var copied = DurableFiles.Copy(Path.Combine(source, file.Name), Path.Combine(work, file.Name), told: null, cancellationToken);
                if (copied != file)
                    throw new StartException($"{Path.Combine(source, file.Name)} is damaged: {copied.Bytes} bytes with SHA-256 {copied.Sha256} found, {file.Bytes} with {file.Sha256} expected");
            }

            EngineStorage.Check(work);
            DurableFiles.MoveFolder(work, goal);
            return manifest;
        }
        catch (Exception e)
        {
            ClearWork(work);
            if (e is IOException or UnauthorizedAccessException) throw new StartException($"{goal}: {e.Message}", e);
            throw;
        }
    }

    private static async Task<IReadOnlyList<string>> CopyOthersAsync(string source, string work, CancellationToken cancellationToken)
    {
        var copied = new List<string>();
        foreach (var name in new[] { BackupFile.Contracts, BackupFile.Chain })
        {
            var path = Path.Combine(source, name);
            if (!File.Exists(path)) continue;

            DurableFiles.Write(Path.Combine(work, name), await ReadWholeAsync(path, cancellationToken));
            copied.Add(name);
        }

        return copied;
    }

    // The chain's process writes its file over and over; half of it is no JSON.
    private static async Task<byte[]> ReadWholeAsync(string path, CancellationToken cancellationToken)
    {
        for (var reading = 1; ; reading++)
        {
            var content = await File.ReadAllBytesAsync(path, cancellationToken);
            try
            {
                JsonDocument.Parse(content).Dispose();
                return content;
            }
            catch (JsonException e) when (reading == ChainReadings)
            {
                throw new StartException($"{path}: not whole in {ChainReadings} readings: {e.Message}", e);
            }
            catch (JsonException)
            {
                await Task.Delay(ChainPause, TimeProvider.System, cancellationToken);
            }
        }
    }

    private static void RefuseUsed(string folder)
    {
        if (File.Exists(folder)) throw new StartException($"{folder}: a file found, an empty folder or none expected", SiloCommandLine.WrongInput);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).FirstOrDefault() is { } found)
            throw new StartException($"{folder}: {Path.GetFileName(found)} found in it, an empty folder or none expected", SiloCommandLine.WrongInput);
    }

    // Left by one that was killed: without a manifest at its end it is nothing.
    private static void ClearWork(string work)
    {
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
    }

    private static string FolderName(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}
