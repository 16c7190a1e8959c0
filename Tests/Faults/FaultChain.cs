using System.Net;
using System.Net.Sockets;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;

namespace Pythia.Faults;

/// <summary>The chain that all silos of a test class share: it goes on by itself, whoever dies.</summary>
public sealed class FaultChain : RegistryChain
{
    private readonly int _port = FreePort();

    protected override AnvilOptions Options => new() { BlockTimeMs = 300, Port = _port };

    /// <summary>The process of this chain's node: its port is in its arguments.</summary>
    public int FindNodeProcess() => Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
        .Single(id => id > 0 && ArgumentsOf(id) is { Length: > 0 } arguments && Path.GetFileName(arguments[0]).StartsWith("anvil", StringComparison.Ordinal)
            && arguments.Contains($"{_port}"));

    /// <summary>What the chain says of each intent: counted in its logs, not in our tables.</summary>
    public async Task<ChainCount> CountAsync()
    {
        var contracts = new[] { RegistryKind.DeviceRegistry, RegistryKind.ConsentRegistry, RegistryKind.PolicyRegistry }.Select(k => Deployment.AddressOf($"{k}")).ToHashSet();
        var logs = await Rpc.LogsAsync(new RpcLogFilter { From = BlockTag.Earliest, To = BlockTag.Latest });
        var events = new List<RegistryEvent>();
        foreach (var log in logs.Where(l => contracts.Contains(l.Address)))
        {
            if (RegistryEvents.TryDecode(log.Topics, log.Data.AsSpan(), out var happened))
            {
                events.Add(happened);
            }
        }

        return new ChainCount(events, await NowAsync());
    }

    private static string[] ArgumentsOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return []; // it has ended meanwhile
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Everything that our contracts ever reported, and the time of the newest block.</summary>
public sealed class ChainCount(IReadOnlyList<RegistryEvent> events, ulong nowUnixSeconds)
{
    private readonly ILookup<Hash32, RegistryEvent> _outcomes = events.Where(e => e is IntentCarriedOut or IntentFailed)
        .ToLookup(e => e is IntentCarriedOut done ? done.Digest : ((IntentFailed)e).Digest);

    public ulong NowUnixSeconds => nowUnixSeconds;

    public int CarriedOut(Hash32 digest) => _outcomes[digest].OfType<IntentCarriedOut>().Count();

    public int Failed(Hash32 digest) => _outcomes[digest].OfType<IntentFailed>().Count();

    /// <summary>How often it had the effect that it asks for.</summary>
    public int Effects(PreparedIntent intent) => events.Count(intent.IsEffect);
}
