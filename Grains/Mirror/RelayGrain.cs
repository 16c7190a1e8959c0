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
///  1. take up what an earlier activation left (RelayGrain.Stored.cs);
///  2. give up what can no longer be carried out;
///  3. when the chain has moved: read the account's nonce from it, which is always right about it, and look after each transaction under way
///     (RelayGrain.UnderWay.cs, and RelayGrain.Refused.cs for what nodes don't take);
///  4. fill the lowest free nonce with what waits: reserved, signed, stored, sent, each step stored before the next.
/// </summary>
/// <remarks>Reentrant, so that nobody waits for a node that hangs. Two activations at once do no harm: a nonce's bytes are stored by one
/// grain, which takes one attempt after the other, and a contract takes an intent once.</remarks>
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

    private readonly LaneBook _book = new();
    private readonly StandingTrouble<LaneTrouble> _trouble = new(time);
    private StateWriter<LaneState> _state = null!;
    private LedgerChain _chain = null!;
    private string _account = "";
    private Address _address;
    private ulong _minedNonce;
    private HeadHint _head = new(0, 0);
    private bool _looksAgain = true;
    private bool _isStored;
    private long _setAsideUntilUnixMs;
    private string _setAsideWords = "";
    private RemindedLoop _loop = null!;
    private Task<LedgerView>? _nextBlock;
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MirrorOptions Options => options.Value;

    private bool IsSetAside => NowUnixMs < _setAsideUntilUnixMs;

    private bool IsConfigured => lanes.Has(_chain.ChainId, _account);

    private ILedgerGrain Ledger => GrainFactory.GetLedger(_chain.ChainId);

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
    public async Task<bool> EnqueueAsync(string digest, QueuedIntent intent)
    {
        if (_book.Find(digest) is null)
        {
            if (await GetRoomAsync() is LaneRoom.Full or LaneRoom.Closed)
            {
                return false;
            }

            _book.Add(digest, intent);
        }

        await StartAsync();
        _signal.TrySetResult();
        return true;
    }

    /// <inheritdoc/>
    public Task<LaneRoom> GetRoomAsync() => Task.FromResult(
        !IsConfigured ? LaneRoom.Closed
        : _book.Waiting.Count >= Options.LaneCapacity ? LaneRoom.Full
        : IsSetAside ? LaneRoom.SetAside
        : LaneRoom.Free);

    /// <inheritdoc/>
    public Task StartAsync() => IsConfigured ? _loop.StartAsync() : Task.CompletedTask;

    /// <inheritdoc/>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (IsConfigured)
        {
            await StartAsync();
        }
        else if (await this.GetReminder(ReminderName) is { } reminder)
        {
            // Without its key a lane can do nothing; its intents choose another one when their subjects queue them again.
            await this.UnregisterReminder(reminder);
        }
    }

    /// <inheritdoc/>
    public Task SettleAsync(string digest)
    {
        var next = _book.Find(digest) is { } item ? _book.FindAfter(item.Intent) : null;
        _book.Remove(digest);
        if (next is not null)
        {
            // What had to come first has its outcome: whatever kept this one from being carried out may be over.
            next.AtOnce();
            _signal.TrySetResult();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IntentProgress?> FindAsync(string digest) => Task.FromResult(_book.Find(digest) switch
    {
        null => null,
        { Batch: { } batch } => new IntentProgress(batch.Stage, batch.Attempt?.TransactionHash, batch.SentUnixMs),
        _ => new IntentProgress(IntentStage.Queued, null, 0),
    });

    /// <inheritdoc/>
    public Task<string?> FindByNonceAsync(string target, string signer, string nonce) => Task.FromResult(_book.FindByNonce(target, signer, nonce)?.Digest);

    /// <inheritdoc/>
    public Task<LaneView> GetAsync()
    {
        var next = LanePlan.NextFreeNonce(_book.Nonces, _minedNonce);
        var oldest = _book.Batches.Where(b => b.SentUnixMs > 0).Select(b => b.SentUnixMs).DefaultIfEmpty(0).Min();
        return Task.FromResult(new LaneView(next, _book.Waiting.Count, _book.UnderWay, _trouble.Words, _trouble.Code, _trouble.SinceUnixMs, oldest));
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
                var looked = _looksAgain;
                await PumpAsync(ledger, cancellationToken);
                failures = 0;
                if (looked)
                {
                    _trouble.EndRound();
                }

                Show();
                await IdleAsync(ledger, cancellationToken);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _looksAgain = true;
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

    private void Show() => metrics.Show(_chain.ChainId, _account, _book.Waiting.Count, _book.UnderWay, _book.Batches.Count, _trouble.Code);

    // Until something is enqueued, a block comes or the time to look again has passed. An empty lane asks nobody.
    private async Task IdleAsync(LedgerView ledger, CancellationToken cancellationToken)
    {
        if (_book.IsEmpty && _state.Current.Closed.IsEmpty)
        {
            _looksAgain = true;
            await _signal.Task.WaitAsync(cancellationToken);
            return;
        }

        // One question at a time: one that still waits for an earlier block does as well.
        var patience = TimeSpan.FromSeconds(Options.LookAgainSeconds);
        var nextBlock = _nextBlock ??= Ledger.WaitForAsync(ledger.Cursor + 1, patience, cancellationToken);
        await Task.WhenAny(_signal.Task, nextBlock).WaitAsync(cancellationToken);
        if (nextBlock.IsCompleted)
        {
            (_nextBlock, _looksAgain) = (null, true);
            await nextBlock;
        }
    }

    private async Task PumpAsync(LedgerView ledger, CancellationToken cancellationToken)
    {
        // 1. take up what an earlier activation left
        await TakeUpAsync();
        await StandAsideAsync();

        if (_looksAgain)
        {
            // 2. give up what can no longer be carried out
            await ExpireAsync(ledger);
            await ClearAsync(ledger);
            if (_book.IsEmpty)
            {
                return;
            }

            // 3. the chain's own word on the nonce, and what is under way
            _minedNonce = await _chain.Node.GetMinedNonceAsync(_address, _state.Current.Explain(), cancellationToken);
            _head = await _chain.Node.GetHeadAsync(cancellationToken);
            await LookAfterAllAsync(ledger, cancellationToken);
            _looksAgain = false;
        }

        // 4. send what waits
        while (await SendNextAsync(ledger, cancellationToken))
        {
        }
    }

    private async Task ExpireAsync(LedgerView ledger)
    {
        foreach (var item in _book.Items.Where(i => i.Intent.DeadlineUnixSeconds < ledger.FinalUnixSeconds).ToArray())
        {
            var subject = await Intent(item.Digest).ExpireAsync(ledger.FinalBlock, ledger.FinalUnixSeconds, item.Trouble);
            if (subject is not null)
            {
                await GrainFactory.GetSubject(subject).SettleAsync(item.Digest);
            }

            await SettleAsync(item.Digest);
        }

        // Only a block's time ends an intent: this host's clock may be wrong, and what was sent can be mined until a block says otherwise.
        var clock = (ulong)(NowUnixMs / 1_000) - Math.Min((ulong)(NowUnixMs / 1_000), (ulong)(2 * Options.LookAgainSeconds));
        var late = _book.Items.Count(i => i.Intent.DeadlineUnixSeconds < clock);
        if (late > 0)
        {
            _trouble.Say(LaneTrouble.AwaitsBlock, $"{late} intents are past their deadline by this host's clock; they are reported failed when a final block is later, and the last is of {ledger.FinalUnixSeconds} (Unix time)");
        }

        if (_book.Waiting.Count >= Options.LaneCapacity)
        {
            _trouble.Say(LaneTrouble.Full, $"{_book.Waiting.Count} intents wait, which is as many as may");
        }
    }

    /// <summary>Reserves the lowest free nonce for what waits, and sends it.</summary>
    /// <returns>False when there is nothing to send, or enough under way.</returns>
    private async Task<bool> SendNextAsync(LedgerView ledger, CancellationToken cancellationToken)
    {
        var nonce = LanePlan.NextFreeNonce(_book.Nonces, _minedNonce);
        var isGap = IsGap(nonce);
        var items = LanePlan.Choose(_book.Waiting, _book.FindBefore, Options.BatchSize, LanePlan.MostGas(Options, _head.GasLimit), ledger.CursorUnixSeconds, NowUnixMs);
        if (!isGap && (items.IsEmpty || IsSetAside || _book.Nonces.Count(n => n >= _minedNonce) >= Options.BatchesUnderWay))
        {
            return false;
        }

        var batch = _book.Reserve(nonce, items);
        try
        {
            await _state.ApplyAsync(s => s.With(new OpenNonce(nonce, 0)));
        }
        catch
        {
            _book.Close(nonce);
            throw;
        }

        LogReserved(_account, nonce, items.Length);
        await TellAsync(batch);
        return await SignAndSendAsync(batch, cancellationToken);
    }

    // A transaction with a higher nonce waits for this one.
    private bool IsGap(ulong nonce) => _book.Nonces.Any(n => n > nonce);

    private IIntentGrain Intent(string digest) => GrainFactory.GetGrain<IIntentGrain>(GrainKeys.Of(_chain.ChainId, digest));

    private IBatchGrain Batch(ulong nonce) => GrainFactory.GetGrain<IBatchGrain>(GrainKeys.Of(_chain.ChainId, _account, nonce.ToString()));

    // For those who wait at an intent. One that does not hear of a step hears of the next, or asks; it must not stop the lane.
    private async Task TellAsync(LaneBatch batch)
    {
        var progress = new IntentProgress(batch.Stage, batch.Attempt?.TransactionHash, batch.SentUnixMs);
        try
        {
            await Task.WhenAll(batch.Open.Select(i => Intent(i.Digest).AdvanceAsync(progress)));
        }
        catch (Exception e)
        {
            LogNotAdvanced(_account, batch.Nonce, batch.Stage, e);
        }
    }

    [LoggerMessage(EventId = 4201, Level = LogLevel.Warning, Message = "Lane {Account} can't go on; it will try again")]
    private partial void LogTrouble(string account, Exception exception);

    [LoggerMessage(EventId = 4202, Level = LogLevel.Debug, Message = "Lane {Account} reserved nonce {Nonce} for {Count} intents")]
    private partial void LogReserved(string account, ulong nonce, int count);

    [LoggerMessage(EventId = 4203, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce}: intents did not hear of {Stage}")]
    private partial void LogNotAdvanced(string account, ulong nonce, IntentStage stage, Exception exception);
}
