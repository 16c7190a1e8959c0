using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo.Commands;

/// <summary><c>run</c>, the default: chain, silo, enclave and gateway stay up until Ctrl-C or SIGTERM.</summary>
internal static class RunCommand
{
    public static Command Build()
    {
        var command = new Command("run", "Keeps chain, silo, enclave and gateway up until Ctrl-C or SIGTERM (the default).");
        SetUp(command);
        return command;
    }

    /// <summary>Makes the program run when no command is named.</summary>
    public static void MakeDefault(RootCommand root) => SetUp(root);

    private static void SetUp(Command command)
    {
        var settings = new SettingsOptions();
        settings.AddTo(command);
        command.SetAction((parsed, stop) => RunAsync(settings.Read(parsed), stop));
    }

    private static async Task<int> RunAsync(IConfigurationRoot configuration, CancellationToken stop)
    {
        var settings = SiloSettings.Read(configuration);
        var progress = Progress.OnStandardOutput();
        using var folder = DataFolder.Take(settings.Data.Folder);
        try
        {
            await using var chain = await ChainAccess.OpenAsync(settings, folder, progress, stop);
            await using var program = await PythiaProgram.StartAsync(settings, chain, folder, progress, stop);
            foreach (var line in program.Describe()) progress.Say(line);
            progress.Say("Up. Ctrl-C stops it.");
            await WaitAsync(program, chain, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop: what was started is stopped by now.
        }

        progress.Say("Stopped.");
        return SiloCommandLine.AllHolds;
    }

    // Ends when asked to; a chain or a host that ends by itself is a failure.
    private static async Task WaitAsync(PythiaProgram program, ChainAccess chain, CancellationToken stop)
    {
        var ended = await Task.WhenAny(chain.Ended, program.Stopped).WaitAsync(stop);
        throw new StartException(ended == program.Stopped ? "the host stopped by itself" : "the development chain (anvil) ended by itself");
    }
}
