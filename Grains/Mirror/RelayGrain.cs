using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Pythia.Ethereum;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains.Mirror;

/// <summary>
/// A lane. Callers only add and take out; one loop does the rest:
///  1. give up what can no longer be carried out;
///  2. read the account's nonce from the chain, which is always right about it;
///  3. look after each transaction under way (RelayGrain.UnderWay.cs);
///  4. fill the lowest free nonce with what waits: reserved, signed, stored, sent, each step stored before the next.
/// </summary>
/// <remarks>Reentrant, so that nobody waits for a node that hangs. Two activations at once do no harm: a nonce's bytes are stored by one
/// grain, which takes one set of intents for it, and a contract takes an intent once.</remarks>
[GrainType("relay"), Reentrant]
public sealed partial class RelayGrain(
    [PersistentState("lane", GrainStorage.Name)] IPersistentState<LaneState> lane,
    LedgerChains chains,
    LaneDirectory lanes,
    IOptions<MirrorOptions> options,
    MirrorMetrics metrics,
    TimeProvider time,
    ILogger<RelayGrain> logger) : Grain, IRelayGrain, IRemindable, IDisposable
{
    private const string ReminderName = "lane";

    private readonly Dictionary<string, QueuedIntent> _queued = [];
    private StateWriter<LaneState> _state = null!;
    private LedgerChain _chain = null!;
    private string _account = "";
    private Address _address;
    private ulong _minedNonce;
    private readonly StandingTrouble<LaneTrouble> _trouble = new(time);
    private RemindedLoop _loop = null!;
    private Task<LedgerView>? _nextBlock;
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MirrorOptions Options => options.Value;

    private ILedgerGrain Ledger => GrainFactory.GetGrain<ILedgerGrain>(GrainKeys.Of(_chain.ChainId, LedgerOrder.OnlyPartition));

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var (chainId, account) = GrainKeys.Split(this.GetPrimaryKeyString());
        _chain = chains.Get(chainId);
        _account = account;
        _address = Address.Parse(account);
        _state = new(lane, DeactivateOnIdle);
        _loop = new(() => this.RegisterOrUpdateReminder(ReminderName, RemindedLoop.Period, RemindedLoop.Period), RunAsync);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) 
    {
        metrics.Gone(_chain.ChainId, _account);
        return _loop.StopAsync(cancellationToken);
    }

    public void Dispose() => _loop?.Dispose();

    /// <inheritdoc/>
    public async Task EnqueueAsync(string digest, QueuedIntent intent)
    {
        var item = LaneItem.Of(digest, intent);
        await _state.ApplyAsync(s => LanePlan.Has(s, digest) ? s : s with { Waiting = s.Waiting.Add(item) });
        _queued[digest] = intent;
        await StartAsync();
        _signal.TrySetResult();
    }

    /// <inheritdoc/>
    public Task StartAsync() => _loop.StartAsync();

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => StartAsync();

    /// <inheritdoc/>
    public async Task SettleAsync(string digest)
    {
        await _state.ApplyAsync(s => LanePlan.Remove(s, digest));
        _queued.Remove(digest);
    }

    /// <inheritdoc/>
    public Task<LaneView> GetAsync()
    {
        var state = _state.Current;
        var next = LanePlan.NextFreeNonce(state, _minedNonce);
        return Task.FromResult(new LaneView(next, state.Waiting.Length, state.UnderWay.Sum(b => b.Items.Length), _trouble.Words, _trouble.Code, _trouble.SinceUnixMs, OldestSent(state)));
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                var ledger = await Ledger.GetAsync();
                await PumpAsync(ledger, cancellationToken);
                failures = 0;
                _trouble.EndRound();
                Show();
                await IdleAsync(ledger, cancellationToken);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _trouble.Say(LaneTroubles.Of(e), e.Message);
                _trouble.EndRound();
                Show();
                LogTrouble(_account, e);
                var pause = Math.Min(1 << Math.Min(failures++, 4), Options.LookAgainSeconds);
                await Task.Delay(TimeSpan.FromSeconds(pause), time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    private void Show()
    {
        var state = _state.Current;
        metrics.Show(_chain.ChainId, _account, state.Waiting.Length, state.UnderWay.Sum(b => b.Items.Length), state.UnderWay.Length, _trouble.Code);
    }

    private static long OldestSent(LaneState state) => state.UnderWay.Where(b => b.SentUnixMs > 0).Select(b => b.SentUnixMs).DefaultIfEmpty(0).Min();

    // Until something is enqueued, a block comes or the time to look again has passed. An empty lane asks nobody.
    private async Task IdleAsync(LedgerView ledger, CancellationToken cancellationToken)
    {
        if (_state.Current is { Waiting.IsEmpty: true, UnderWay.IsEmpty: true })
        {
            await _signal.Task.WaitAsync(cancellationToken);
            return;
        }

        // One question at a time: one that still waits for an earlier block does as well.
        var patience = TimeSpan.FromSeconds(Options.LookAgainSeconds);
        var nextBlock = _nextBlock ??= Ledger.WaitForAsync(ledger.Cursor + 1, patience, cancellationToken);
        await Task.WhenAny(_signal.Task, nextBlock).WaitAsync(cancellationToken);
        if (nextBlock.IsCompleted)
        {
            _nextBlock = null;
            await nextBlock;
        }
    }

    private async Task PumpAsync(LedgerView ledger, CancellationToken cancellationToken)
    {
        // 1. give up what can no longer be carried out
        await ExpireAsync(ledger);
        if (_state.Current is { Waiting.IsEmpty: true, UnderWay.IsEmpty: true })
        {
            return;
        }

        // 2. the chain's own word on the nonce
        _minedNonce = await _chain.Node.GetMinedNonceAsync(_address, cancellationToken);

        // 3. look after what is under way
        foreach (var batch in _state.Current.UnderWay.OrderBy(b => b.Nonce))
        {
            await LookAfterAsync(batch, ledger, cancellationToken);
        }

        // 4. send what waits
        while (await SendNextAsync(ledger, cancellationToken))
        {
        }
    }

    private async Task ExpireAsync(LedgerView ledger)
    {
        var state = _state.Current;
        var expired = state.Waiting.Concat(state.UnderWay.SelectMany(b => b.Items))
            .Where(i => i.DeadlineUnixSeconds < ledger.FinalUnixSeconds)
            .ToArray();
        foreach (var item in expired)
        {
            var trouble = item.Attempts > 0 ? $"its contract left it without an outcome {item.Attempts} times" : "";
            var subject = await Intent(item.Digest).ExpireAsync(ledger.FinalBlock, ledger.FinalUnixSeconds, trouble);
            if (subject is not null)
            {
                await GrainFactory.GetSubject(subject).SettleAsync(item.Digest);
            }

            await SettleAsync(item.Digest);
        }
    }

    /// <summary>Reserves the lowest free nonce for what waits, and sends it.</summary>
    /// <returns>False when there is nothing to send, or enough under way.</returns>
    private async Task<bool> SendNextAsync(LedgerView ledger, CancellationToken cancellationToken)
    {
        var state = _state.Current;
        var nonce = LanePlan.NextFreeNonce(state, _minedNonce);
        var isGap = LanePlan.IsGap(state, nonce);
        var items = LanePlan.Choose(state, Options, ledger.CursorUnixSeconds, NowUnixMs);
        if (!isGap && (items.IsEmpty || state.UnderWay.Count(b => b.Nonce >= _minedNonce) >= Options.BatchesUnderWay))
        {
            return false;
        }

        await _state.ApplyAsync(s => LanePlan.Reserve(s, nonce, items));
        var batch = _state.Current.UnderWay.Single(b => b.Nonce == nonce);
        LogReserved(_account, nonce, batch.Items.Length);
        await AdvanceAsync(batch, IntentStage.NonceReserved, null);
        return await SignAndSendAsync(batch, cancellationToken);
    }

    private IIntentGrain Intent(string digest) => GrainFactory.GetGrain<IIntentGrain>(GrainKeys.Of(_chain.ChainId, digest));

    private IBatchGrain Batch(ulong nonce) => GrainFactory.GetGrain<IBatchGrain>(GrainKeys.Of(_chain.ChainId, _account, nonce.ToString()));

    // A step that an intent does not hear of is followed by the next one; it must not stop the lane.
    private async Task AdvanceAsync(LaneBatch batch, IntentStage stage, string? transactionHash)
    {
        var progress = new IntentProgress(stage, transactionHash, NowUnixMs);
        try
        {
            await Task.WhenAll(batch.Items.Select(i => Intent(i.Digest).AdvanceAsync(progress)));
        }
        catch (Exception e)
        {
            LogNotAdvanced(_account, batch.Nonce, stage, e);
        }
    }

    private async Task<ImmutableArray<QueuedIntent>> LoadAsync(ImmutableArray<string> digests)
    {
        var loaded = ImmutableArray.CreateBuilder<QueuedIntent>(digests.Length);
        foreach (var digest in digests)
        {
            if (!_queued.TryGetValue(digest, out var queued))
            {
                queued = await Intent(digest).GetQueuedAsync()
                    ?? throw new InvalidOperationException($"Intent {digest} is in lane {_account} and its call is not stored");
            }

            loaded.Add(queued);
        }

        return loaded.MoveToImmutable();
    }

    [LoggerMessage(EventId = 4201, Level = LogLevel.Warning, Message = "Lane {Account} can't go on; it will try again")]
    private partial void LogTrouble(string account, Exception exception);

    [LoggerMessage(EventId = 4202, Level = LogLevel.Debug, Message = "Lane {Account} reserved nonce {Nonce} for {Count} intents")]
    private partial void LogReserved(string account, ulong nonce, int count);

    [LoggerMessage(EventId = 4203, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce}: intents did not hear of {Stage}")]
    private partial void LogNotAdvanced(string account, ulong nonce, IntentStage stage, Exception exception);
}
