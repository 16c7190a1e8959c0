using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Grains;
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
        var rebuild = new Option<bool>("--rebuild")
        {
            Description = "Makes what is mirrored of the chain anew, from the chain alone; acts that wait are kept. The remedy where the chain was reorganised too deep.",
        };
        settings.AddTo(command);
        command.Options.Add(rebuild);
        command.SetAction((parsed, stop) => RunAsync(settings.Read(parsed), parsed.GetValue(rebuild), stop));
    }

    private static async Task<int> RunAsync(IConfigurationRoot configuration, bool rebuild, CancellationToken stop)
    {
        var settings = SiloSettings.Read(configuration);
        var progress = Progress.OnStandardOutput();
        using var folder = DataFolder.Take(settings.Data.Folder);
        try
        {
            await using var chain = await ChainAccess.OpenAsync(settings, folder, progress, stop, waits: true);
            await using var program = await PythiaProgram.StartAsync(settings, chain, folder, progress, stop);
            foreach (var line in program.Describe()) progress.Say(line);
            if (rebuild) await RebuildAsync(program, progress);
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

    private static async Task RebuildAsync(PythiaProgram program, Progress progress)
    {
        var chainId = program.Chain.Contracts.ChainId;
        var follower = program.Services.GetRequiredService<IGrainFactory>().GetLedger(chainId);
        var view = await follower.RebuildAsync();
        progress.Say($"Rebuilding: the follower of chain {chainId} begins anew as branch {view.BeganAnewAt}.");
    }

    // Ends when asked to; a chain or a host that ends by itself is a failure.
    private static async Task WaitAsync(PythiaProgram program, ChainAccess chain, CancellationToken stop)
    {
        var ended = await Task.WhenAny(chain.Ended, program.Stopped).WaitAsync(stop);
        throw new StartException(ended == program.Stopped ? "the host stopped by itself" : "the development chain (anvil) ended by itself");
    }
}
