using System.CommandLine;
using Pythia.Silo.Backups;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo.Commands;

/// <summary><c>backup</c> and <c>restore</c>: a data folder's state out of it, also while a silo runs on it, and into a new one.</summary>
internal static class BackupCommand
{
    public static Command BuildBackup()
    {
        var settings = new SettingsOptions();
        var target = new Argument<DirectoryInfo>("TARGET") { Description = "A folder that is empty or not there yet." };
        var command = new Command("backup", "Copies the state in Data:Folder to TARGET, all as it is at one moment, while a silo runs on it or not. Never copies keys.") { target };
        settings.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var (data, chain) = ReadSettings(settings, parsed);
            var contracts = string.IsNullOrEmpty(chain.Manifest) ? Path.Combine(data.Folder, BackupFile.Contracts) : chain.Manifest;
            var manifest = await DataBackup.MakeAsync(data.Folder, contracts, parsed.GetRequiredValue(target).FullName, Progress.OnStandardOutput(), TimeProvider.System, stop);
            await Console.Out.WriteLineAsync($"Backup of chain {manifest.ChainId}, {manifest.Files.Count} files, {manifest.Files.Sum(file => file.Bytes)} bytes, as of {manifest.MadeAt:O}");
            return SiloCommandLine.AllHolds;
        });
        return command;
    }

    public static Command BuildRestore()
    {
        var settings = new SettingsOptions();
        var source = new Argument<DirectoryInfo>("SOURCE") { Description = "A folder that backup made." };
        var command = new Command("restore", "Puts the files of SOURCE into Data:Folder, which must be empty or not there yet: all of them or none.") { source };
        settings.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var (data, chain) = ReadSettings(settings, parsed);
            var manifest = DataBackup.Restore(parsed.GetRequiredValue(source).FullName, data.Folder, chain.Id, Progress.OnStandardOutput(), stop);
            await Console.Out.WriteLineAsync($"Restored to {Path.GetFullPath(data.Folder)} as of {manifest.MadeAt:O}; what came after that is read from the chain at the next start");
            if (manifest.Shards != data.Shards) await Console.Out.WriteLineAsync($"Data:Shards has to be {manifest.Shards} for it ({data.Shards} is set)");
            return SiloCommandLine.AllHolds;
        });
        return command;
    }

    // Keys and gateway are not asked for: a backup is made where they are not known.
    private static (DataOptions Data, ChainOptions Chain) ReadSettings(SettingsOptions settings, ParseResult parsed)
    {
        var configuration = settings.Read(parsed);
        return (SiloSettings.ReadOne<DataOptions>(configuration, DataOptions.Section), SiloSettings.ReadOne<ChainOptions>(configuration, ChainOptions.Section));
    }
}
