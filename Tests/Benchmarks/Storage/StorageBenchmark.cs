using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;
using Pythia.Benchmarks.Measuring;
using Pythia.Embedded;

namespace Pythia.Benchmarks.Storage;

/// <summary>Durable writes of grains against the same file written by hand.</summary>
internal sealed class StorageBenchmark : IBenchmark
{
    public const string Store = "benchmark";

    public const int RowBytes = 300;

    private static readonly int[] FileCounts = [1, 2, 4];

    public string Name => "storage";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("pythia-benchmark-");
        try
        {
            foreach (var writers in new[] { 1, 100, 1_000 })
            {
                var results = await CompareAsync(scale, folder.FullName, writers, cancellationToken);
                report.Add(
                    $"{writers} writers at once",
                    $"Each writes {RowBytes} bytes and waits until they are on the disk. The peer puts {writers} rows into one commit, which is the least that so many writers need.",
                    results);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<IReadOnlyList<Result>> CompareAsync(Scale scale, string folder, int writers, CancellationToken cancellationToken)
    {
        using var raw = new RawSqlite(Path.Combine(folder, $"raw-{writers}.db"));
        var contestants = new List<Contestant> { new($"SQLite by hand, {writers} rows a commit", until => Task.FromResult(raw.Write(until, writers))) };
        var hosts = new List<IHost>();
        try
        {
            foreach (var files in FileCounts)
            {
                var host = await StartAsync(Path.Combine(folder, $"grains-{writers}-{files}.db"), files, cancellationToken);
                hosts.Add(host);
                var factory = BenchmarkHost.Grains(host);
                var grains = Enumerable.Range(0, writers).Select(i => factory.GetGrain<ICounterGrain>(i)).ToArray();
                contestants.Add(new(files == 1 ? "grains" : $"grains, {files} files", until => WriteAsync(until, grains)));
            }

            return await Contest.RunAsync(scale, [.. contestants]);
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.StopAsync(cancellationToken);
                host.Dispose();
            }
        }
    }

    private static Task<IHost> StartAsync(string path, int files, CancellationToken cancellationToken)
        => BenchmarkHost.StartAsync(
            silo =>
            {
                silo.AddSqliteGrainStorage(Store, options => (options.Path, options.Shards) = (path, files));
                silo.Services.AddSingleton<IGrainStorageSerializer>(new Json());
            },
            cancellationToken);

    private static async Task<long> WriteAsync(Deadline until, ICounterGrain[] grains)
        => (await Task.WhenAll(grains.Select(grain => Task.Run(async () =>
        {
            var written = 0L;
            do
            {
                await grain.WriteAsync().ConfigureAwait(false);
                written++;
            }
            while (!until.HasPassed);
            return written;
        })))).Sum();

    private sealed class Json : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T input) => new(JsonSerializer.SerializeToUtf8Bytes(input));

        public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input.ToMemory().Span)!;
    }
}
