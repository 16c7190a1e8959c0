using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Pythia.Silo.Demo;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo.Commands;

/// <summary><c>demo</c>: plays a device's life on a real chain and ends.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var settings = new SettingsOptions();
        var json = new Option<bool>("--json") { Description = "One JSON object a line instead of text." };
        var command = new Command("demo", "Plays a device's life end to end on a real chain, a line for each step. Exit code 0 only if each step is as expected.") { json };
        settings.AddTo(command);
        command.SetAction((parsed, stop) => RunAsync(settings.Read(parsed), parsed.GetValue(json), stop));
        return command;
    }

    private static async Task<int> RunAsync(IConfigurationRoot configuration, bool json, CancellationToken stop)
    {
        var settings = SiloSettings.Read(configuration);
        if (!settings.OwnChain) throw new StartException("Chain:Rpc: nodes found, none expected: the demo plays on its own chain", SiloCommandLine.WrongInput);

        var progress = json ? Progress.OnStandardError() : Progress.OnStandardOutput();
        using var folder = DataFolder.Take(settings.Data.Folder);
        await using var chain = await ChainAccess.OpenAsync(settings, folder, progress, stop);
        try
        {
            await DeviceLife.PlayAsync(settings, chain, folder, progress, new DemoReport(Progress.OnStandardOutput(), json), stop);
            return SiloCommandLine.AllHolds;
        }
        catch (UnexpectedException e)
        {
            await Console.Error.WriteLineAsync($"Not as expected: {e.Message}");
            return SiloCommandLine.DoesNotHold;
        }
    }
}
