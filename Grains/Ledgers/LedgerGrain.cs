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
///  1. wait for a head at or above the next block;
///  2. read the block's verified logs;
///  3. check that it stands on the block delivered before, else step back to where the branches part;
///  4. tell every grain what happened to it, then every intent its outcome;
///  5. store the cursor.
/// </summary>
[GrainType("ledger"), Reentrant, BesideEnclave]
public sealed partial class LedgerGrain(
    [PersistentState("ledger", GrainStorage.Name)] IPersistentState<LedgerState> ledger,
    LedgerChains chains,
    EnclaveDirectory enclaves,
    IOptions<MirrorOptions> options,
    LedgerMetrics metrics,
    TimeProvider time,
    ILogger<LedgerGrain> logger) : Grain, ILedgerGrain, IRemindable, IDisposable
{
    private const string ReminderName = "follow";
    private const int BlocksBetweenStores = 64;

    private StateWriter<LedgerState> _state = null!;
    private LedgerChain _chain = null!;
    private LedgerDelivery _delivery = null!;
    private LedgerState _cursor = new();
    private ulong _head;
    private bool _headsAreFinal;
    private readonly StandingTrouble<LedgerTrouble> _trouble = new(time);
    private RemindedLoop _loop = null!;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var (chainId, _) = GrainKeys.Split(this.GetPrimaryKeyString());
        _chain = chains.Get(chainId);
        _state = new(ledger, DeactivateOnIdle);
        _cursor = _state.Current.Next > 0 ? _state.Current : _state.Current with { Next = Math.Max(1, _chain.FirstBlock) };
        _delivery = new(_chain, GrainFactory, options.Value.DeliveriesAtOnce);
        _loop = new(() => this.RegisterOrUpdateReminder(ReminderName, RemindedLoop.Period, RemindedLoop.Period), RunAsync);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        var stopped = _loop.StopAsync(cancellationToken);
        _moved.TrySetResult();
        await stopped;
        metrics.Gone(_chain.ChainId);
    }

    public void Dispose() => _loop?.Dispose();

    /// <inheritdoc/>
    public Task StartAsync() => _loop.StartAsync();

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => StartAsync();

    /// <inheritdoc/>
    public Task<LedgerView> GetAsync()
    {
        var delivered = _cursor.Delivered;
        var last = delivered.IsEmpty ? new DeliveredBlock(_cursor.Next - 1, "", 0, []) : delivered[^1];
        var head = Math.Max(_head, last.Number);
        var depth = _headsAreFinal ? 0 : (ulong)options.Value.FinalityDepthBlocks;
        var final = delivered.LastOrDefault(b => b.Number + depth <= head) ?? new DeliveredBlock(0, "", 0, []);
        return Task.FromResult(new LedgerView(
            last.Number, last.Hash, last.UnixSeconds, head, final.Number, final.UnixSeconds, _cursor.Branch, _trouble.Words, _trouble.Code, _trouble.SinceUnixMs));
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

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await FollowOneAsync(cancellationToken);
                failures = 0;
                _trouble.EndRound();
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _trouble.Say(LedgerTroubles.Of(e), e.Message);
                _trouble.EndRound();
                Show();
                LogTrouble(_chain.ChainId, _cursor.Next, e);
                await PauseAsync(failures++, cancellationToken);
            }
        }
    }

    // 0.25 s, doubled with each failure up to 16 s; a reminder starts the loop again should it ever end.
    private async Task PauseAsync(int failures, CancellationToken cancellationToken)
        => await Task.Delay(TimeSpan.FromMilliseconds(250 << Math.Min(failures, 6)), time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task FollowOneAsync(CancellationToken cancellationToken)
    {
        // 1. wait for a head
        var enclave = await enclaves.GetAsync(_chain.ChainId, cancellationToken);
        var head = await enclave.WaitForHeadAsync(_cursor.Next - 1, cancellationToken);
        _head = head.Block;
        _headsAreFinal = head.Level is AssuranceLevel.Finalized;

        // 2. read the block
        var reply = await enclave.ReadLogsAsync(_cursor.Next, cancellationToken);
        if (reply.Block is not { } block)
        {
            throw LedgerStandsException.Unread(_cursor.Next, reply.Refusal!);
        }

        // 3. check that it stands on the block before
        if (!_cursor.Delivered.IsEmpty && Hex(block.ParentHash) is var parent && parent != _cursor.Delivered[^1].Hash)
        {
            await StepBackAsync(enclave, parent, cancellationToken);
            return;
        }

        // 4. tell the grains
        var outcomes = await _delivery.DeliverAsync(block, _cursor.Branch);

        // 5. store the cursor
        metrics.Delivered(_chain.ChainId, block.Logs.Count);
        _cursor = _cursor.After(new DeliveredBlock(block.Number, Hex(block.Hash), block.UnixSeconds, outcomes));
        if (block.Logs.Count > 0 || _cursor.Next > _head || _cursor.Next >= _state.Current.Next + BlocksBetweenStores)
        {
            await _state.ApplyAsync(_ => _cursor);
        }

        Moved();
    }

    /// <summary>The chain was reorganised: goes back to the newest delivered block that is still on it, and on from there under a new
    /// branch number, by which its events win over those of the abandoned blocks.</summary>
    private async Task StepBackAsync(IEnclave enclave, string parent, CancellationToken cancellationToken)
    {
        var abandoned = _cursor.Delivered[^1];
        var back = _cursor.Back();
        while (!back.Delivered.IsEmpty)
        {
            var reply = await enclave.ReadLogsAsync(back.Delivered[^1].Number, cancellationToken);
            if (reply.Block is not { } block)
            {
                throw LedgerStandsException.Unread(back.Next - 1, reply.Refusal!);
            }

            if (Hex(block.Hash) == back.Delivered[^1].Hash)
            {
                break;
            }

            back = back.Back();
        }

        if (back.Delivered.IsEmpty && _cursor.Delivered[0].Number > Math.Max(1, _chain.FirstBlock))
        {
            throw new LedgerStandsException(LedgerTrouble.ReorgTooDeep, $"block {abandoned.Number} {abandoned.Hash} was abandoned for {parent}, deeper than the {LedgerState.Depth} blocks that are remembered");
        }

        foreach (var block in _cursor.Delivered.Where(b => b.Number >= back.Next))
        {
            await _delivery.RetractAsync(block);
        }

        metrics.Reorganised(_chain.ChainId, (int)(_cursor.Next - back.Next));
        LogReorganised(_chain.ChainId, abandoned.Number, abandoned.Hash, parent, back.Next);
        _cursor = back with { Branch = _cursor.Branch + 1 };
        await _state.ApplyAsync(_ => _cursor);
        Moved();
    }

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
        Message = "Chain {Chain} was reorganised: block {Block} {Abandoned} is not the parent that was named, {Parent}; reading again from block {Next}")]
    private partial void LogReorganised(ulong chain, ulong block, string abandoned, string parent, ulong next);
}
