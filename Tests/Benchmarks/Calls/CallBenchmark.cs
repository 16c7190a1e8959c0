using Pythia.Benchmarks.Measuring;

namespace Pythia.Benchmarks.Calls;

/// <summary>No-op calls from 100 callers to 1,000 grains in one process.</summary>
internal sealed class CallBenchmark : IBenchmark
{
    private const int Callers = 100;

    public string Name => "calls";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        using var host = await BenchmarkHost.StartAsync(_ => { }, cancellationToken);
        var factory = BenchmarkHost.Grains(host);
        var grains = Enumerable.Range(0, scale.Of(1_000)).Select(i => factory.GetGrain<INoOpGrain>(i)).ToArray();
        var mailboxes = grains.Select(_ => new Mailbox()).ToArray();

        var results = await Contest.RunAsync(
            scale,
            new Contestant("mailbox: channel, loop and task, nothing else", until => FromAllAsync(until, mailboxes.Length, i => new ValueTask(mailboxes[i].NoOpAsync()))),
            new Contestant("grain, no arguments", until => FromAllAsync(until, grains.Length, i => grains[i].NoOpAsync())),
            new Contestant("grain, two numbers in, one out", until => FromAllAsync(until, grains.Length, i => AddAsync(grains[i]))));
        report.Add(
            "No-op calls",
            $"{Callers} callers, each with one call at a time, to {grains.Length} grains of one silo. Real Orleans, co-hosted on this kind of machine: 430,000 to 510,000 a second.",
            results);

        foreach (var mailbox in mailboxes) mailbox.Stop();
        await host.StopAsync(cancellationToken);
    }

    private static async ValueTask AddAsync(INoOpGrain grain)
    {
        var sum = await grain.AddAsync(40, 2);
        if (sum != 42) throw new InvalidOperationException($"40 + 2: {sum} found");
    }

    private static async Task<long> FromAllAsync(Deadline until, int targets, Func<int, ValueTask> call)
        => (await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(until, caller, targets, call))))).Sum();

    // The clock is read once in 64 calls: it would be a part of what is measured.
    private static async Task<long> CallAsync(Deadline until, int caller, int targets, Func<int, ValueTask> call)
    {
        const int BetweenLooks = 64;
        var calls = 0L;
        var target = caller * 7 % targets;
        while (!until.HasPassed)
        {
            for (var i = 0; i < BetweenLooks; i++)
            {
                target = (target + 1) % targets;
                await call(target).ConfigureAwait(false);
            }

            calls += BetweenLooks;
        }

        return calls;
    }
}
