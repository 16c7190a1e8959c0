using Pythia.Embedded.References;

namespace Orleans.Runtime;

/// <summary>How a sequence comes from a grain.</summary>
public static class AsyncEnumerableExtensions
{
    /// <summary>At most so many elements an answer; 100 without it. Another sequence than a grain's stays as it is.</summary>
    public static IAsyncEnumerable<T> WithBatchSize<T>(this IAsyncEnumerable<T> self, int maxBatchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
        return self is RemoteSequence<T> remote ? remote.With(maxBatchSize) : self;
    }
}
