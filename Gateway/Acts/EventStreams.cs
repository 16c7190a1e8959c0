using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Acts;

/// <summary>Counts the streams of events that are open for each network address: each holds a connection and a waiting grain call.</summary>
public sealed class EventStreams(IOptions<GatewayOptions> options)
{
    private const int RetrySeconds = 5;

    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>A place until it is disposed of; null if none is left.</summary>
    public IDisposable? TryTake(string address)
    {
        var most = options.Value.EventStreamsPerAddress;
        var now = _open.AddOrUpdate(address, 1, (_, open) => open + 1);
        if (now <= most) return new Place(this, address);

        Leave(address);
        return null;
    }

    internal static Problem Full(int most)
        => new(ProblemTypes.TooManyStreams, $"{most} open streams of this address found, at most {most} expected") { RetryAfterSeconds = RetrySeconds };

    private void Leave(string address)
    {
        while (_open.TryGetValue(address, out var open))
        {
            if (open > 1 ? _open.TryUpdate(address, open - 1, open) : _open.TryRemove(KeyValuePair.Create(address, open))) return;
        }
    }

    private sealed class Place(EventStreams streams, string address) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) streams.Leave(address);
        }
    }
}
