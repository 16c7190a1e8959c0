using System.CommandLine;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo.Commands;

/// <summary><c>deploy</c>: puts the contracts on the chain of <c>Chain:Rpc</c>, once, and writes the manifest that names them.</summary>
internal static class DeployCommand
{
    public static Command Build()
    {
        var settings = new SettingsOptions();
        var command = new Command("deploy", "Puts the contracts on the chain of Chain:Rpc, paid by Relay:Key, and writes the manifest that names them; does nothing where they are already.");
        settings.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var checkedSettings = SiloSettings.Read(settings.Read(parsed));
            using var folder = DataFolder.Take(checkedSettings.Data.Folder);
            await using var chain = await ChainAccess.OpenAsync(checkedSettings, folder, Progress.OnStandardOutput(), stop, deploy: true);
            foreach (var line in chain.Describe()) await Console.Out.WriteLineAsync(line);
            return SiloCommandLine.AllHolds;
        });
        return command;
    }
}
