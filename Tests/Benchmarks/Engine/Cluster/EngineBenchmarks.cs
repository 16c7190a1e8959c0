using Pythia.Benchmarks.Calls;
using Pythia.Benchmarks.Measuring;

namespace Pythia.Benchmarks;

/// <summary>What is measured with Orleans itself: the calls, which both engines have. Its storage is an operator's choice.</summary>
internal static class EngineBenchmarks
{
    public static IReadOnlyList<IBenchmark> All { get; } = [new CallBenchmark()];

    /// <summary>One silo that knows no other, caller and grains in one process.</summary>
    public static void Configure(ISiloBuilder silo) => silo.UseLocalhostClustering();
}
