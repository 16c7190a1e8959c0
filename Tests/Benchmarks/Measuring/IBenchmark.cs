namespace Pythia.Benchmarks.Measuring;

/// <summary>One subject that is measured.</summary>
internal interface IBenchmark
{
    /// <summary>As it is called on the command line, and its page in <c>results/</c>.</summary>
    string Name { get; }

    /// <summary>Measures and writes its tables.</summary>
    Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken);
}
