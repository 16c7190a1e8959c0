using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Pythia.Enclave;
using Pythia.Grains.Mirror;
using Pythia.Grains.Pythia;
using Pythia.Grains.Storage;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains.Ledgers;

/// <summary>
/// Follows a chain block by block through an enclave, which proves that no event is forged and none is left out:
///  1. finish what was begun: a rebuild, or the taking back of abandoned blocks;
///  2. wait for a head at or above the next block; an enclave that did not give the last block it was asked for comes after the others;
///  3. read the block's verified logs;
///  4. check that it stands on the block delivered before, and is the one that was begun to be told; else step back to where the
///     branches part;
///  5. store that it is being told, then whom it will be told to;
///  6. tell every grain what happened to it, then every intent its outcome;
///  7. the block is delivered: stored with the next one.
/// </summary>
/// <remarks>A crash after 5 lets the block be told again, if it is still there, or be taken back, if it is not. A step back is stored before
/// anybody hears of it: if the chain flips back meanwhile, its blocks are told anew. What is stored costs nothing in blocks that say nothing,
/// save a write in <see cref="BlocksBetweenStores"/>.</remarks>
[GrainType("ledger"), Reentrant, BesideEnclave]
public sealed partial class LedgerGrain(
    [PersistentState("ledger", GrainStorage.Name)] IPersistentState<LedgerState> ledger,
    LedgerChains chains,
    EnclaveDirectory enclaves,
    IOptions<MirrorOptions> options,
    LedgerBeginnings beginnings,
    LedgerMetrics metrics,
    TimeProvider time,
    ILogger<LedgerGrain> logger) : Grain, ILedgerGrain, IRemindable, IDisposable
{
    private const string ReminderName = "follow";
    private const int BlocksBetweenStores = 64;
    private const int BlocksBetweenReports = 5_000;

    private readonly StandingTrouble<LedgerTrouble> _trouble = new(time);
    private readonly BlocksAhead _ahead = new(TimeSpan.FromSeconds(options.Value.ReadSeconds), time);

    private StateWriter<LedgerState> _state = null!;
    private LedgerChain _chain = null!;
    private LedgerDelivery _delivery = null!;
    private LedgerState _known = new();
    private LedgerState _cursor = new();
    private ulong _head;
    private uint _heard;
    private bool _headsAreFinal;
    private RemindedLoop _loop = null!;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _rebuild;
    private CancellationTokenSource _round = new();

    private ulong FirstBlock => Math.Max(1, _chain.FirstBlock);

    private LedgerBranch Branch => new(_cursor.Branch, _cursor.BeganAnewAt);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var (chainId, partition) = GrainKeys.Split(this.GetPrimaryKeyString());
        _chain = chains.Get(chainId);
        _state = new(ledger, DeactivateOnIdle);
        Recall();
        _delivery = new(_chain, partition, GrainFactory, options.Value.DeliveriesAtOnce);
        _loop = new(() => this.RegisterOrUpdateReminder(ReminderName, RemindedLoop.Period, RemindedLoop.Period), RunAsync);
        beginnings.Raise(chainId, _cursor.BeganAnewAt);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        var stopped = _loop.StopAsync(cancellationToken);
        _moved.TrySetResult();
        await stopped;
        metrics.Gone(_chain.ChainId);
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _round.Dispose();
    }

    /// <inheritdoc/>
    public Task StartAsync() => _loop.StartAsync();

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => StartAsync();

    /// <inheritdoc/>
    public Task<LedgerView> GetAsync()
    {
        var delivered = _cursor.Delivered;
        var last = delivered.IsEmpty ? new DeliveredBlock(_cursor.Next - 1, "", 0, false) : delivered[^1];
        var head = Math.Max(_head, last.Number);
        var depth = _headsAreFinal ? 0 : (ulong)options.Value.FinalityDepthBlocks;
        var final = delivered.LastOrDefault(b => b.Number + depth <= head) ?? new DeliveredBlock(0, "", 0, false);
        return Task.FromResult(new LedgerView(
            last.Number, last.Hash, last.UnixSeconds, head, final.Number, final.UnixSeconds, _cursor.Branch, _trouble.Words, _trouble.Code, _trouble.SinceUnixMs,
            _cursor.BeganAnewAt));
    }

    /// <inheritdoc/>
    public async Task<LedgerView> WaitForAsync(ulong block, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        using var ended = new CancellationTokenSource(Patience.Of(patience), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, cancellationToken);
        while (_cursor.Next <= block && !ended.IsCancellationRequested && !_loop.IsStopping)
        {
            await _moved.Task.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return await GetAsync();
    }

    /// <inheritdoc/>
    public Task<bool> HasDeliveredAsync(ulong block, string hash)
    {
        var delivered = _cursor.Delivered;
        return Task.FromResult(!delivered.IsEmpty && (block < delivered[0].Number || delivered.Any(d => d.Number == block && d.Hash == hash)));
    }

    /// <inheritdoc/>
    public async Task<LedgerView> RebuildAsync()
    {
        await _loop.StartAsync();
        var rebuild = _rebuild ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _round.CancelAsync();
        await rebuild.Task;
        return await GetAsync();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            using var round = _round = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                await FollowOneAsync(round.Token);
                failures = 0;
                _trouble.EndRound();
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception) when (round.IsCancellationRequested)
            {
                failures = 0;
            }
            catch (LateBranchException late)
            {
                // Grains know more than this state does. If it is the true one, what they know is void; if not, it can't be stored.
                _heard = Math.Max(_heard, late.Heard);
            }
            catch (Exception e)
            {
                _trouble.Say(LedgerTroubles.Of(e), e.Message);
                _trouble.EndRound();
                Show();
                LogTrouble(_chain.ChainId, _cursor.Next, e);
                await PauseAsync(failures++, round.Token);
            }
        }

        _rebuild?.TrySetException(new OrleansException($"the follower of chain {_chain.ChainId} was stopped before it began anew"));
    }

    // 0.25 s, doubled with each failure up to 16 s; a reminder starts the loop again should it ever end.
    private async Task PauseAsync(int failures, CancellationToken cancellationToken)
        => await Task.Delay(TimeSpan.FromMilliseconds(250 << Math.Min(failures, 6)), time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task FollowOneAsync(CancellationToken cancellationToken)
    {
        // 1. finish what was begun
        await BeginAnewAsync();
        await TakeBackAsync();

        // 2. wait for a head
        var (enclave, head) = await enclaves.WaitForHeadAsync(_chain.ChainId, _cursor.Next - 1, _ahead.Failed, cancellationToken);
        _head = head.Block;
        _headsAreFinal = head.Level is AssuranceLevel.Finalized;

        // 3. read the block
        var read = Read(await _ahead.ReadAsync(enclave, _cursor.Next, _head, cancellationToken), _cursor.Next);

        // 4. check that it stands on the block before
        var parent = _cursor.Delivered.IsEmpty ? null : _cursor.Delivered[^1];
        var plan = await _delivery.PlanAsync(read, parent, Branch);
        if (!_cursor.LeadsTo(plan.Block, Hex(read.ParentHash)))
        {
            await StepBackAsync(enclave, Hex(read.ParentHash), cancellationToken);
            return;
        }

        if (plan.Block.HasNews)
        {
            // 5. store whom it will be told to
            await JournalAsync(plan);

            // 6. tell the grains
            await _delivery.TellAsync(plan, Branch);
        }

        // 7. delivered
        await DeliveredAsync(plan.Block, read.Logs.Count);
    }

    private async Task BeginAnewAsync()
    {
        var asked = _rebuild;
        if (asked is not null || _heard >= _cursor.Branch)
        {
            var anew = _cursor.Anew(FirstBlock, Math.Max(_heard + 1, (uint)time.GetUtcNow().ToUnixTimeSeconds()));
            await StoreAsync(anew);
            beginnings.Raise(_chain.ChainId, anew.BeganAnewAt);
            _ahead.Clear();
            LogBeganAnew(_chain.ChainId, anew.Next, anew.Branch);
            _rebuild = null;
            asked?.SetResult();
        }
    }

    // What some told block did is undone, newest first; a crash in between lets it be done again.
    private async Task TakeBackAsync()
    {
        if (!_cursor.TakingBack.IsEmpty)
        {
            foreach (var block in _cursor.TakingBack)
            {
                await _delivery.TakeBackAsync(block, Branch);
            }

            await StoreAsync(_cursor with { TakingBack = [] });
        }
    }

    private async Task JournalAsync(BlockPlan plan)
    {
        // The cursor first: who was taken for dead can't store it, and journals nothing over what the other one does.
        if (_cursor.Telling is null)
        {
            await StoreAsync(_cursor with { Telling = plan.Block });
        }

        await _delivery.JournalAsync(plan);
    }

    private async Task DeliveredAsync(DeliveredBlock block, int events)
    {
        if (_cursor.Delivered.Length > LedgerState.Depth)
        {
            await _delivery.ForgetHoursAsync(_cursor.Delivered[0], _cursor.Delivered[1]);
        }

        metrics.Delivered(_chain.ChainId, events);
        _cursor = _cursor.After(block);
        if (_cursor.Next >= _known.Next + BlocksBetweenStores)
        {
            await StoreAsync(_cursor);
        }

        if (block.Number % BlocksBetweenReports == 0 && _head > block.Number)
        {
            LogProgress(_chain.ChainId, block.Number, _head);
        }

        Moved();
    }

    /// <summary>The chain was reorganised: goes back to the newest delivered block that is still on it, and on from there under a new branch
    /// number.</summary>
    private async Task StepBackAsync(IEnclave enclave, string parent, CancellationToken cancellationToken)
    {
        _ahead.Clear();
        var delivered = _cursor.Delivered;
        var abandoned = 0;
        while (abandoned < delivered.Length)
        {
            var known = delivered[delivered.Length - 1 - abandoned];
            if (Hex(Read(await _ahead.ReadNowAsync(enclave, known.Number, cancellationToken), known.Number).Hash) == known.Hash)
            {
                break;
            }

            abandoned++;
        }

        if (abandoned == delivered.Length && abandoned > 0 && delivered[0].Number > FirstBlock)
        {
            throw new LedgerStandsException(
                LedgerTrouble.ReorgTooDeep,
                $"block {delivered[0].Number} {delivered[0].Hash} was abandoned, deeper than the {LedgerState.Depth} blocks that can be taken back; a rebuild helps");
        }

        if (abandoned == 0 && _cursor.Telling is null)
        {
            throw new LedgerStandsException(
                LedgerTrouble.NodesDisagree, $"block {_cursor.Next} names parent {parent}, and yet block {_cursor.Next - 1} is {delivered[^1].Hash} still");
        }

        var back = _cursor.Back(abandoned);
        metrics.Reorganised(_chain.ChainId, back.TakingBack.Length);
        LogReorganised(_chain.ChainId, back.TakingBack[0].Number, back.TakingBack[0].Hash, back.Next);
        await StoreAsync(back);
        await TakeBackAsync();
        Moved();
    }

    private async Task StoreAsync(LedgerState next)
    {
        try
        {
            await _state.ReplaceAsync(_known, next);
        }
        catch
        {
            // What is stored may be another's, or ours that was taken unheard: on from there, whatever was delivered since comes again.
            Recall();
            throw;
        }

        (_known, _cursor) = (next, next);
    }

    private void Recall()
    {
        _known = _state.Current;
        _cursor = _known.Next > 0 ? _known : _known with { Next = FirstBlock };
    }

    private static VerifiedBlock Read(BlockLogsReply reply, ulong number)
        => reply.Block ?? throw LedgerStandsException.Unread(number, reply.Refusal!);

    private void Show() => metrics.Show(
        _chain.ChainId, _cursor.Next - 1, _cursor.Delivered.IsEmpty ? 0 : _cursor.Delivered[^1].UnixSeconds, _head, _trouble.Code);

    private void Moved()
    {
        Show();
        var moved = _moved;
        _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        moved.SetResult();
    }

    private static string Hex(ReadOnlyMemory<byte> bytes) => Ethereum.Hex.Format(bytes.Span);

    [LoggerMessage(EventId = 4301, Level = LogLevel.Warning, Message = "Follower of chain {Chain} stands at block {Block}; it will try again")]
    private partial void LogTrouble(ulong chain, ulong block, Exception exception);

    [LoggerMessage(EventId = 4302, Level = LogLevel.Warning,
        Message = "Chain {Chain} was reorganised: block {Block} {Abandoned} and what stands on block {Next} are taken back")]
    private partial void LogReorganised(ulong chain, ulong block, string abandoned, ulong next);

    [LoggerMessage(EventId = 4303, Level = LogLevel.Information, Message = "Follower of chain {Chain} has reached block {Block} of {Head}")]
    private partial void LogProgress(ulong chain, ulong block, ulong head);

    [LoggerMessage(EventId = 4305, Level = LogLevel.Warning, Message = "Follower of chain {Chain} begins anew at block {Block}, as branch {Branch}")]
    private partial void LogBeganAnew(ulong chain, ulong block, uint branch);
}
