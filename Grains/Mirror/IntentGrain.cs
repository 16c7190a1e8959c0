using Microsoft.Extensions.Logging;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Storage;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains.Mirror;

/// <summary>Knows how far one intent is. It calls lanes and its sweep, never its subject, so that no two grains wait for each other. Two writes an
/// intent: queued, and its outcome; the steps between are stored by the lane for a whole batch (docs/decisions/025).</summary>
[GrainType("intent")]
public sealed partial class IntentGrain(
    [PersistentState("intent", GrainStorage.Name)] IPersistentState<IntentState> intent,
    LaneDirectory lanes,
    LedgerBeginnings beginnings,
    MirrorMetrics metrics,
    TimeProvider time,
    ILogger<IntentGrain> logger) : Grain, IIntentGrain
{
    private StateWriter<IntentState> _state = null!;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IntentProgress? _progress;
    private Task? _nextBlock;
    private Task? _reopening;
    private bool _ends;
    private ulong _chainId;
    private string _digest = "";

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_chainId, _digest) = GrainKeys.Split(this.GetPrimaryKeyString());
        _state = new(intent, DeactivateOnIdle);
        await beginnings.EnsureAsync(_chainId, GrainFactory);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _ends = true;
        _changed.TrySetResult();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<IntentStage> QueueAsync(QueuedIntent intent)
    {
        var known = _state.Current;
        if (known.Stage >= IntentStage.Mined && known.Queued is not null)
        {
            return known.Stage;
        }

        var lane = await LaneOfAsync(known);
        if (known.Queued is null || known.Lane != lane)
        {
            // Where the signer was faster than we, the outcome stays and only the subject is learnt.
            var stage = known.Stage < IntentStage.Queued ? IntentStage.Queued : known.Stage;
            await ChangeAsync(s => s with { Stage = stage, Queued = intent, Lane = lane });
        }

        if (_state.Current.Stage < IntentStage.Mined)
        {
            await Relay(lane).EnqueueAsync(_digest, intent);
        }

        return _state.Current.Stage;
    }

    /// <inheritdoc/>
    public async Task<bool> MoveAsync(string lane)
    {
        if (_state.Current is not { Stage: < IntentStage.Mined, Queued: { } queued } || !lanes.Has(_chainId, lane))
        {
            return false;
        }

        await ChangeAsync(s => s with { Lane = lane });
        return await Relay(lane).EnqueueAsync(_digest, queued);
    }

    /// <inheritdoc/>
    public async Task<bool> ResumeAsync()
    {
        if (Open is null)
        {
            // Only storage may say so: another activation may have noted it, and opened it or be about to. After this write it can't any more.
            await _state.RefreshAsync();
            if (Open is null)
            {
                await _state.ApplyAsync(s => s with { SchemaVersion = s.SchemaVersion });
            }
        }

        if (Open is not { } open)
        {
            return false;
        }

        await QueueAsync(open);
        return true;
    }

    /// <inheritdoc/>
    public async Task<IntentView> GetAsync()
    {
        var state = _state.Current;
        if (state is { Stage: IntentStage.Queued, Lane: { } lane } && _progress is null)
        {
            // The steps between are the lane's; this activation has not heard of them yet.
            if (await Relay(lane).FindAsync(_digest) is { Stage: > IntentStage.Queued } progress)
            {
                await AdvanceAsync(progress);
            }

            state = _state.Current;
        }

        if (state.Position is null)
        {
            return View(state, 0);
        }

        var ledger = await Ledger.GetAsync();
        if (IsVoid(state) && ledger.Cursor >= ledger.Head)
        {
            // A rebuild read the whole chain again, and the outcome does not stand in it: to be open again needs a turn of its own.
            _reopening = _reopening is null or { IsCompleted: true } ? ReopenAsync(ledger, state.Position.BlockHash) : _reopening;
        }

        return View(state, ledger.FinalBlock);
    }

    /// <inheritdoc/>
    public Task<QueuedIntent?> GetQueuedAsync() => Task.FromResult(Open);

    /// <inheritdoc/>
    public async Task<IntentView> WaitAsync(long afterVersion, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        using var ended = new CancellationTokenSource(Patience.Of(patience), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, cancellationToken);
        while (true)
        {
            var changed = _changed.Task;
            var ledger = _state.Current.Position is null ? null : await Ledger.GetAsync();
            var view = View(_state.Current, ledger?.FinalBlock ?? 0);
            if (view.Version > afterVersion || ended.IsCancellationRequested || _ends)
            {
                return view;
            }

            // What is mined becomes final by the follower going on; all else is a change of this grain.
            var change = ledger is null ? changed : Task.WhenAny(changed, NextBlock(ledger.Cursor));
            await change.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public Task AdvanceAsync(IntentProgress progress)
    {
        if (_state.Current.Stage < IntentStage.Mined && progress.Stage < IntentStage.Mined && !(progress.Stage < _progress?.Stage))
        {
            _progress = progress;
            Changed();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<IntentSubject?> ApplyAsync(IntentOutcome outcome)
    {
        LateBranchException.ThrowIfLate(_state.Current.Branch, outcome.Branch);
        if (_state.Current.Position is not { } known || known.BlockHash != outcome.Position.BlockHash || known.LogIndex != outcome.Position.LogIndex)
        {
            await ChangeAsync(s => s with
            {
                Branch = outcome.Branch.Number,
                Stage = outcome.CarriedOut ? IntentStage.Mined : IntentStage.Failed,
                Position = outcome.Position,
                TransactionHash = outcome.Position.TransactionHash,
                AcceptedByNodeUnixMs = _progress is { Stage: IntentStage.AcceptedByNode } accepted ? accepted.AtUnixMs : 0,
                Reason = outcome.Reason,
            });
            MirrorTraces.Settle(_chainId, _digest, _state.Current.Queued, _state.Current.Stage, outcome.Position.Block);
            metrics.Applied(_chainId, outcome.CarriedOut, SecondsSinceStored());
            var reason = NameOf(outcome.Reason);
            LogOutcome(_digest, _state.Current.Stage, outcome.Position.Block, reason);
        }

        else if (IsVoid(_state.Current))
        {
            await ChangeAsync(s => s with { Branch = outcome.Branch.Number });
        }

        // Also when it comes again: the follower may have died before the lane heard of it.
        await LeaveLaneAsync();
        return _state.Current.Queued?.Subject;
    }

    /// <inheritdoc/>
    public async Task RetractAsync(LedgerBranch branch, string blockHash)
    {
        LateBranchException.ThrowIfLate(_state.Current.Branch, branch);
        if (_state.Current.Position?.BlockHash != blockHash && _state.Current.Branch < branch.Number)
        {
            // Stored although it changes nothing: another activation, taken for dead, may have stored the outcome, and only a write finds that out.
            await ChangeAsync(s => s with { Branch = branch.Number });
        }

        var basis = _state.Current;
        if (basis.Position is { } known)
        {
            if (known.BlockHash != blockHash)
            {
                return;
            }

            // Its subject has settled it: from here on the sweep knows that it is open, before it is.
            if (basis.Queued is not null)
            {
                await NoteAsync();
            }

            // From what was known before the note: who stored something since may have cleared it.
            var stage = basis.Queued is null ? IntentStage.Unknown : IntentStage.Queued;
            _progress = null;
            await _state.ReplaceAsync(basis, basis with
            {
                Version = basis.Version + 1,
                Branch = branch.Number,
                Stage = stage,
                Position = null,
                TransactionHash = null,
                Reason = "",
                AcceptedByNodeUnixMs = 0,
            });
            Changed();
            metrics.Reopened(_chainId);
            LogRetracted(_digest, known.Block, blockHash);
        }

        // Also when it comes again: it may have died before the lane heard of it.
        await ResumeAsync();
    }

    /// <inheritdoc/>
    public async Task<IntentSubject?> ExpireAsync(ulong block, ulong blockUnixSeconds, string lastTrouble)
    {
        var known = _state.Current;
        if (known.Stage < IntentStage.Mined && known.Queued is { } queued && queued.DeadlineUnixSeconds < blockUnixSeconds)
        {
            var reason = $"deadline {queued.DeadlineUnixSeconds} passed at block {block} (time {blockUnixSeconds}) and no outcome stands in verified receipts"
                + (lastTrouble.Length > 0 ? $"; {lastTrouble}" : "");
            await ChangeAsync(s => s with { Stage = IntentStage.Failed, Reason = reason });
            MirrorTraces.Settle(_chainId, _digest, _state.Current.Queued, IntentStage.Failed, block);
            metrics.Expired(_chainId, SecondsSinceStored());
            LogExpired(_digest, reason);
        }

        return _state.Current.Stage >= IntentStage.Mined ? _state.Current.Queued?.Subject : null;
    }

    private async Task ReopenAsync(LedgerView ledger, string blockHash)
    {
        try
        {
            await this.AsReference<IIntentGrain>().RetractAsync(new LedgerBranch(ledger.Branch, ledger.BeganAnewAt), blockHash);
        }
        catch (Exception e)
        {
            LogNotReopened(_digest, e);
        }
    }

    private async Task ChangeAsync(Func<IntentState, IntentState> change)
    {
        var before = _state.Current;
        await _state.ApplyAsync(s => change(s) is var next && next == s ? s : next with { Version = s.Version + 1 });
        if (!ReferenceEquals(before, _state.Current))
        {
            Changed();
        }
    }

    private void Changed()
    {
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
    }

    // Negative where a signer went to the contract without us.
    private double SecondsSinceStored() => _state.Current.Queued is { AcceptedUnixMs: > 0 } queued
        ? Math.Max(0, (time.GetUtcNow().ToUnixTimeMilliseconds() - queued.AcceptedUnixMs) / 1_000.0)
        : -1;

    private async Task LeaveLaneAsync()
    {
        if (_state.Current.Lane is { } lane)
        {
            await Relay(lane).SettleAsync(_digest);
        }
    }

    private IRelayGrain Relay(string lane) => GrainFactory.GetGrain<IRelayGrain>(GrainKeys.Of(_chainId, lane));

    // It stays in its lane while that is there: elsewhere it would cost gas twice, though a contract takes it once.
    private async Task<string> LaneOfAsync(IntentState known)
        => known.Lane is { } taken && lanes.Has(_chainId, taken) ? taken : (await lanes.FindRoomAsync(GrainFactory, _chainId, _digest)).Lane;

    // Null where it has an outcome, or where nobody here knows more than that.
    private QueuedIntent? Open => _state.Current.Stage < IntentStage.Mined ? _state.Current.Queued : null;

    private Task<long> NoteAsync()
    {
        var self = new IntentSubject(SubjectKind.Intent, this.GetPrimaryKeyString());
        return GrainFactory.GetGrain<IOutboxSweepGrain>(OutboxSweepGrain.KeyOf(_chainId, self)).NoteAsync(self);
    }

    private ILedgerGrain Ledger => GrainFactory.GetLedger(_chainId);

    // Shared by all who wait here, and asked anew when it has ended.
    private Task NextBlock(ulong cursor)
        => _nextBlock is { IsCompleted: false } ? _nextBlock : _nextBlock = Ledger.WaitForAsync(cursor + 1, Patience.Longest);

    // An outcome from before a rebuild counts when the chain has said it again.
    private bool IsVoid(IntentState state) => state.Position is not null && state.Branch < beginnings.Of(_chainId);

    private IntentView View(IntentState state, ulong finalBlock)
    {
        if (IsVoid(state))
        {
            state = state with { Stage = state.Queued is null ? IntentStage.Unknown : IntentStage.Queued, Position = null, TransactionHash = null, Reason = "" };
        }

        var isFinal = state.Position is { } position && position.Block <= finalBlock;
        var stage = state.Stage switch
        {
            IntentStage.Mined when isFinal => IntentStage.Final,
            IntentStage.Failed when state.Position is not null && !isFinal => IntentStage.Mined,
            _ => state.Stage,
        };
        var isOpen = state.Stage is IntentStage.Queued;
        var step = isOpen && _progress is { } progress && progress.Stage > stage ? progress.Stage : stage;
        return new IntentView(
            _digest,
            step,
            VersionOf(state, step, isFinal),
            state.Queued?.ActName,
            state.Queued?.Signer,
            isOpen ? _progress?.TransactionHash : state.TransactionHash,
            state.Position,
            state.Reason,
            state.Queued?.GasLimit ?? 0,
            isOpen ? (_progress is { Stage: IntentStage.AcceptedByNode } accepted ? accepted.AtUnixMs : 0) : state.AcceptedByNodeUnixMs);
    }

    // Grows with each stored change, and between two of them with the lane's steps, or with the block of the outcome becoming final.
    private static long VersionOf(IntentState state, IntentStage step, bool isFinal)
        => (16 * state.Version) + (step < IntentStage.Mined ? (int)step : isFinal ? 1 : 0);

    // A contract's error by name; what follows may say whose.
    private static string NameOf(string reason) => reason.IndexOf('(') is var at and > 0 ? reason[..at] : reason;

    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "Intent {Digest} is {Stage} in block {Block}: {Reason}")]
    private partial void LogOutcome(string digest, IntentStage stage, ulong block, string reason);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Warning, Message = "Intent {Digest} is open again: block {Block} {Hash} has left the chain")]
    private partial void LogRetracted(string digest, ulong block, string hash);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Warning, Message = "Intent {Digest} could not be opened again yet")]
    private partial void LogNotReopened(string digest, Exception exception);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "Intent {Digest} failed: {Reason}")]
    private partial void LogExpired(string digest, string reason);
}
