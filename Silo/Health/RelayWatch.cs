using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Numerics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;
using Pythia.Gateway;
using Pythia.Grains;
using Pythia.Grains.Mirror;

namespace Pythia.Silo.Health;

/// <summary>What each relaying account holds and spends: its balance, and gas and fees of its mined transactions since the start. Apart from the
/// lanes, which must not wait for figures; of nodes' word, which decides nothing.</summary>
internal sealed class RelayWatch : BackgroundService
{
    private const int MostNoncesALook = 64;
    private const double WeiAnEther = 1e18;

    private readonly ConcurrentDictionary<string, double> _balances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _counted = new(StringComparer.Ordinal);
    private readonly LedgerChain _chain;
    private readonly IJsonRpc _rpc;
    private readonly IGrainFactory _grains;
    private readonly IOptions<OperationsOptions> _options;
    private readonly TimeProvider _time;
    private readonly Counter<long> _gas;
    private readonly Counter<double> _fees;

    public RelayWatch(LedgerChain chain, JsonRpcClient rpc, IGrainFactory grains, IMeterFactory meters, IOptions<OperationsOptions> options, TimeProvider time)
    {
        (_chain, _rpc, _grains, _options, _time) = (chain, rpc, grains, options, time);
        var meter = meters.Create("Pythia.Mirror");
        _gas = meter.CreateCounter<long>("pythia.mirror.gas.used", "{gas}", "Gas of mined transactions, as a node tells");
        _fees = meter.CreateCounter<double>("pythia.mirror.fees.paid", "{ether}", "Fees of mined transactions in ether, as a node tells");
        meter.CreateObservableGauge("pythia.mirror.lane.balance", Observe, "{ether}", "What the relaying account holds, in ether, as a node tells");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(_options.Value.LookSeconds), _time);
        try
        {
            do
            {
                foreach (var lane in _chain.Lanes) await TryLookAsync(lane.Account, stoppingToken);
            }
            while (await ticks.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    // Nodes, grains: whoever does not answer now is asked again at the next look, and health says so by itself.
    private async Task TryLookAsync(Address account, CancellationToken cancellationToken)
    {
        try
        {
            _balances[account.ToString()] = (double)await _rpc.BalanceAsync(account, BlockTag.Latest, cancellationToken) / WeiAnEther;
            var mined = await _rpc.TransactionCountAsync(account, BlockTag.Latest, cancellationToken);
            if (!_counted.TryGetValue(account.ToString(), out var next)) next = mined;
            for (var last = Math.Min(mined, next + MostNoncesALook); next < last; next++) await CountAsync(account, next, cancellationToken);
            _counted[account.ToString()] = next;
        }
        catch (Exception e) when (e is RpcException or RpcUnavailableException or OrleansException or TimeoutException)
        {
            _balances.TryRemove(account.ToString(), out _); // what is not known is not shown
        }
    }

    // Of the attempts under a nonce one at most was mined.
    private async Task CountAsync(Address account, ulong nonce, CancellationToken cancellationToken)
    {
        var attempts = await _grains.GetGrain<IBatchGrain>(GrainKeys.Of(_chain.ChainId, account.ToString(), nonce.ToString())).GetAsync();
        foreach (var attempt in attempts.Reverse())
        {
            if (await _rpc.ReceiptAsync(Hash32.Parse(attempt.TransactionHash), cancellationToken) is not { } receipt) continue;

            var (chain, lane) = (new KeyValuePair<string, object?>("chain", (long)_chain.ChainId), new KeyValuePair<string, object?>("lane", account.ToString()));
            _gas.Add((long)receipt.GasUsed, chain, lane);
            _fees.Add((double)(receipt.GasUsed * (receipt.EffectiveGasPriceWei ?? BigInteger.Zero)) / WeiAnEther, chain, lane);
            return;
        }
    }

    private IEnumerable<Measurement<double>> Observe()
        => _balances.Select(b => new Measurement<double>(b.Value, new KeyValuePair<string, object?>("chain", (long)_chain.ChainId), new("lane", b.Key)));
}
