using System.Collections.Immutable;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;

namespace Pythia.Faults;

/// <summary>Children one after the other on one data folder, under a load that goes on: each may die; the last one brings everything to its end.</summary>
public sealed class FaultSeries : IDisposable
{
    private readonly FaultChain _chain;
    private readonly FaultLoad _load;
    private readonly Dictionary<Hash32, PreparedIntent> _submitted = [];
    private readonly HashSet<Hash32> _acknowledged = [];
    private readonly Dictionary<Hash32, (IntentStage Stage, string Reason)> _settled = [];
    private readonly EthereumKey _relay;
    private readonly string _folder = Directory.CreateTempSubdirectory("pythia-faults-").FullName;
    private int _folders;

    private FaultSeries(FaultChain chain, FaultLoad load, EthereumKey relay) => (_chain, _load, _relay) = (chain, load, relay);

    /// <summary>Intents that somebody heard were taken.</summary>
    public int Acknowledged => _acknowledged.Count;

    public int Submitted => _submitted.Count;

    /// <summary>Children that died of what an earlier one had left, before anything new was handed to them.</summary>
    public int DiedRecovering { get; private set; }

    public string DataFolder => Path.Combine(_folder, $"data-{_folders}");

    private string FailpointJournal => Path.Combine(_folder, "failpoints");

    public static async Task<FaultSeries> PrepareAsync(FaultChain chain, string name)
        => new(chain, await FaultLoad.PrepareAsync(chain, name), await chain.FundedKeyAsync($"{name}/relay"));

    /// <summary>From now on this folder is where the children's data is.</summary>
    public string TakeNewFolder()
    {
        _folders++;
        return DataFolder;
    }

    /// <summary>Every failpoint that a child met.</summary>
    public ImmutableSortedSet<string> Met() => [.. Journal().Where(l => l.StartsWith("met ", StringComparison.Ordinal)).Select(l => l["met ".Length..])];

    public void ForgetMet() => File.Delete(FailpointJournal);

    /// <param name="failpoint">"{side} {hit} {name}", or null.</param>
    /// <param name="nodes">Where the chain is read and written; none: anvil itself.</param>
    public FaultyChild Start(string? failpoint, IReadOnlyList<Uri>? nodes = null, IReadOnlyDictionary<string, string>? environment = null)
        => FaultyChild.Start(
        [
            FailpointJournal,
            .. (nodes ?? [_chain.Anvil.Address]).Select((node, i) => $"Chain:Rpc:{i}={node}"),
            $"Data:Folder={DataFolder}",
            $"Chain:Manifest={_chain.ManifestPath}",
            $"Relay:Key={PrivateKey()}",
            "Gateway:Url=http://127.0.0.1:0",
            "Enclave:PollMilliseconds=50",
            "Mirror:MinimumLeadSeconds=0",
            "Mirror:LookAgainSeconds=1",
            "Mirror:BatchSize=8",
            "Operations:LookSeconds=1",
            "Logging:LogLevel:Default=Warning",
        ], failpoint, environment);

    /// <summary>Runs a child under a part of the load until it dies, or until it has settled all and can't be expected to any more.</summary>
    /// <returns>Whether it died where it was told to.</returns>
    public async Task<bool> RunAsync(string failpoint, int intents, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using var child = Start(failpoint, environment: environment);
        if (await child.IsUpAsync())
        {
            await SubmitAsync(child, await _load.NextAsync(intents));
            await SettleAsync(child);
            if (!child.HasExited)
            {
                await child.StopAsync();
            }
        }

        await child.WaitForExitAsync();
        var parts = failpoint.Split(' ', 3);
        var died = Journal().LastOrDefault() == $"died {parts[0]} {parts[2]}";
        DiedRecovering += died && intents == 0 ? 1 : 0;
        return died;
    }

    /// <summary>Runs a child that lives until all is settled.</summary>
    public async Task CompleteAsync(int intents)
    {
        await using var child = Start(null);
        Assert.True(await child.IsUpAsync(), child.Errors);
        await SubmitAsync(child, await _load.NextAsync(intents));
        await SettleAsync(child);
        await child.StopAsync();
    }

    /// <summary>Hands intents over and hears what is said to them, until all have an answer or the child is dead.</summary>
    public async Task SubmitAsync(FaultyChild child, ImmutableArray<PreparedIntent> intents)
    {
        foreach (var intent in intents)
        {
            _submitted[intent.Digest] = intent;
            await child.SayAsync(intent.ToCommand());
        }

        for (var left = intents.Length; left > 0 && await child.NextLineAsync() is { } line;)
        {
            left -= Hear(line) ? 1 : 0;
        }
    }

    public Task<ImmutableArray<PreparedIntent>> NextIntentsAsync(int count) => _load.NextAsync(count);

    /// <summary>Waits until every acknowledged intent is at its end, or the child is dead.</summary>
    public async Task SettleAsync(FaultyChild child)
    {
        var open = _acknowledged.Where(d => !_settled.ContainsKey(d)).ToHashSet();
        foreach (var digest in open)
        {
            await child.SayAsync($"settle {digest}");
        }

        while (open.Count > 0 && await child.NextLineAsync() is { } line)
        {
            Hear(line);
            open.RemoveWhere(_settled.ContainsKey);
        }
    }

    /// <summary>Holds what was said against what the chain says.</summary>
    public async Task<List<string>> FindViolationsAsync()
    {
        var found = new List<string>();
        var count = await _chain.CountAsync();
        foreach (var intent in _submitted.Values)
        {
            var (done, failed, effects) = (count.CarriedOut(intent.Digest), count.Failed(intent.Digest), count.Effects(intent));
            var name = $"{intent.Act.PrimaryType} {intent.Digest}: carried out {done} times, failed {failed} times, {effects} effects on the chain";
            if (done + failed > 1 || effects != done)
            {
                found.Add(name);
            }

            if (!_acknowledged.Contains(intent.Digest))
            {
                continue;
            }

            var (stage, reason) = _settled.GetValueOrDefault(intent.Digest);
            var fits = done == 1 ? stage is IntentStage.Final
                : stage is IntentStage.Failed && reason.Length > 0 && (failed == 1 || intent.Act.DeadlineUnixSeconds < count.NowUnixSeconds);
            if (!fits)
            {
                found.Add($"{name}; acknowledged, and said to be {stage} {reason}");
            }
        }

        return found;
    }

    public void Dispose()
    {
        _relay.Dispose();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A child that is just ending may still write; the system cleans its temporary folder.
        }
    }

    private string PrivateKey()
    {
        Span<byte> key = stackalloc byte[EthereumKey.PrivateKeySize];
        _relay.ExportPrivateKey(key);
        return Hex.Format(key);
    }

    private string[] Journal() => File.Exists(FailpointJournal) ? File.ReadAllLines(FailpointJournal) : [];

    // True if it is an answer to a submission.
    private bool Hear(string line)
    {
        var words = line.Split(' ', 4);
        switch (words[0])
        {
            case "ack":
                _acknowledged.Add(Hash32.Parse(words[1]));
                return true;
            case "settled":
                _settled[Hash32.Parse(words[1])] = (Enum.Parse<IntentStage>(words[2]), words.Length > 3 ? words[3] : "");
                return false;
            default:
                return words[0] is "no" or "lost";
        }
    }
}
