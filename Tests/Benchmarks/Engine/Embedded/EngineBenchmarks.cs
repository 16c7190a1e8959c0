using Pythia.Benchmarks.Answers;
using Pythia.Benchmarks.Calls;
using Pythia.Benchmarks.Enclaves;
using Pythia.Benchmarks.Intents;
using Pythia.Benchmarks.Measuring;
using Pythia.Benchmarks.Memory;
using Pythia.Benchmarks.Quotes;
using Pythia.Benchmarks.Start;
using Pythia.Benchmarks.Storage;

namespace Pythia.Benchmarks;

/// <summary>What is measured with the engine of this repository: all of it.</summary>
internal static class EngineBenchmarks
{
    public static IReadOnlyList<IBenchmark> All { get; } =
        [new CallBenchmark(), new StorageBenchmark(), new AnswerBenchmark(), new IntentBenchmark(), new StartBenchmark(), new MemoryBenchmark(), new QuoteBenchmark(), new EnclaveBenchmark()];

    // This engine needs nothing that the benchmarks do not add themselves.
    public static void Configure(ISiloBuilder silo) => ArgumentNullException.ThrowIfNull(silo);
}
