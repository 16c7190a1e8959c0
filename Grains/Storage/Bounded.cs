namespace Pythia.Grains.Storage;

/// <summary>Does things side by side, so many at once at most, on the caller's own scheduler.</summary>
internal static class Bounded
{
    /// <summary>Completes when all are done; if some threw, the others were still done, and the first exception comes out.</summary>
    public static async Task ForEachAsync<T>(IEnumerable<T> items, int atOnce, Func<T, Task> body)
    {
        using var next = items.GetEnumerator();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => WorkAsync()).ToArray());

        // A grain's scheduler runs one thing at a time, so the workers share the enumerator without a lock.
        async Task WorkAsync()
        {
            while (next.MoveNext())
            {
                await body(next.Current);
            }
        }
    }
}
