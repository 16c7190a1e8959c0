using System.Diagnostics;
using Pythia.Benchmarks.Answers;
using Pythia.Benchmarks.Measuring;
using Pythia.Benchmarks.Memory;
using Pythia.Grains;
using Pythia.Grains.Devices;

namespace Pythia.Benchmarks.Start;

/// <summary>From the start of the process until it says that it is up: its chain is there, a head is verified, the gateway answers.</summary>
internal sealed class StartBenchmark : IBenchmark
{
    private const int Devices = 100_000;
    private const int Starts = 7;

    public string Name => "start";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        await using var site = await Site.StartAsync(1, cancellationToken);
        var devices = scale.Of(Devices);
        await StoreAsync(site, devices, cancellationToken);
        await site.StopProgramAsync();

        var starts = scale == Scale.Smoke ? 1 : Starts;
        var (bare, empty, full) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < starts; i++)
        {
            bare.Add(await StartAsync("Pythia.Benchmarks.dll", ["--bare"], cancellationToken));
            empty.Add(await StartAsync("Pythia.Silo.dll", site.Arguments(Path.Combine(site.Chain.Folder, $"empty-{i}")), cancellationToken));
            full.Add(await StartAsync("Pythia.Silo.dll", site.Arguments(site.DataFolder), cancellationToken));
        }

        var peer = Contest.Median(bare);
        report.Add(
            "Start",
            $"Median of {starts} starts, by turns. The peer is Kestrel with one endpoint and nothing else; the difference is reading settings, opening storage, talking to a node that runs already, and proving the first head.",
            [
                new Measured("silo, enclave and gateway, nothing stored", Contest.Median(empty), "ms", "bare Kestrel", peer),
                new Measured($"the same with {devices} devices stored", Contest.Median(full), "ms", "bare Kestrel", peer),
            ]);
    }

    private static Task StoreAsync(Site site, int count, CancellationToken cancellationToken)
    {
        var devices = ClaimedDevices.Create(site.Chain.Deployment.DeviceRegistry);
        return Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = cancellationToken }, async (i, _) =>
        {
            var (id, claimed) = devices.Claim(i);
            await site.Grains.GetGrain<IDeviceGrain>(GrainKeys.Of(site.Chain.ChainId, id.ToString())).ApplyAsync(claimed);
        });
    }

    private static async Task<double> StartAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments.Prepend(Path.Combine(AppContext.BaseDirectory, program))) start.ArgumentList.Add(argument);
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var isUp = false;
        while (!isUp && await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line) isUp = line.StartsWith("Up.", StringComparison.Ordinal);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(cancellationToken);
        return isUp ? elapsed : throw new InvalidOperationException($"{program} ended before it was up: {await errors}");
    }
}
