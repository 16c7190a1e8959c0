using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains.Subjects;

/// <summary>
/// What every grain does that takes signed acts and mirrors a part of the chain. An act goes:
///  1. read: its form, and whether it is about this grain;
///  2. known already? then its first acceptance stands;
///  3. deadline;
///  4. signature;
///  5. rule, by the mirrored state;
///  6. noted at the sweep, so that a crash after the next step is found;
///  7. stored, with its outbox entry, in one write: from here on it will be carried out once, or reported failed;
///  8. queued.
/// </summary>
/// <remarks>The mirrored part changes by the follower's events alone, which always win. Calls go down only (sweep, intent, lane and other
/// subjects' reads), so that no two grains wait for each other.</remarks>
public abstract class SubjectGrain<TState, TRecord>(IPersistentState<TState> stored, SubjectServices services)
    : MirroredGrain<TState, TRecord>(stored, services), ISubjectGrain
    where TState : SubjectState<TRecord>
    where TRecord : MirroredRecord, new()
{
    protected ulong NowUnixSeconds => (ulong)Services.Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>How long nodes may take to say what a wallet says of a signature.</summary>
    private static readonly TimeSpan WalletPatience = TimeSpan.FromSeconds(2);

    // Number of the newest note at the sweep that is known here; it was known before any write that comes.
    private long _note;

    private IntentSubject Subject => new(Kind, this.GetPrimaryKeyString());

    private IOutboxSweepGrain Sweep => GrainFactory.GetGrain<IOutboxSweepGrain>(OutboxSweepGrain.KeyOf(Chain.ChainId, Subject));

    public async Task<IntentReceipt> SubmitAsync(SignedIntent intent, CancellationToken cancellationToken = default)
    {
        using var span = MirrorTraces.BeginAccept(Chain.ChainId);
        var receipt = await JudgeAsync(intent, MirrorTraces.ToStored(span), cancellationToken);
        MirrorTraces.EndAccept(span, receipt);
        return receipt;
    }

    private async Task<IntentReceipt> JudgeAsync(SignedIntent intent, string? traceParent, CancellationToken cancellationToken)
    {
        // 1. read
        var refusal = Services.Acts.Read(Chain, intent, out var act);
        if (act is null)
        {
            return Refuse(null, refusal!);
        }

        // 2. known already?
        if (await IsKnownAsync(act.Digest))
        {
            Services.Metrics.Judged(Chain.ChainId, IntentVerdict.AlreadyAccepted);
            return new IntentReceipt(IntentVerdict.AlreadyAccepted, act.Digest, "");
        }

        // 3. to 5.
        var known = State;
        var signature = default(SignatureCheck);
        refusal = CheckDeadline(act) ?? CheckOutbox(act) ?? await CheckLanesAsync(act);
        if (refusal is null)
        {
            signature = await CheckSignatureAsync(act, intent.Signature.AsMemory(), cancellationToken);
            refusal = signature.Refusal ?? await CheckRuleAsync(act);
        }

        if (refusal is not null)
        {
            return Refuse(act.Digest, refusal);
        }

        // 6. noted before stored; what has something unsent already is noted as long as it has
        if (State.Outbox.IsEmpty)
        {
            _note = await Sweep.NoteAsync(Subject);
        }

        // 7. stored
        var now = Services.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var entry = new OutboxEntry(act.Digest, act.ToQueued(Subject, signature.SignerIsWallet) with { AcceptedUnixMs = now, TraceParent = traceParent }, now);
        await Stored.ReplaceAsync(known, known with { Outbox = known.Outbox.Add(entry) });
        Services.Metrics.Judged(Chain.ChainId, IntentVerdict.Accepted);
        SubjectLog.Accepted(Services.Logger, Kind, act.Name, act.Digest);

        // 8. queued; if that fails now, the sweep sees to it
        await TryQueueAsync(entry);
        return new IntentReceipt(IntentVerdict.Accepted, act.Digest, "");
    }

    // A wallet's signature needs a node's word. A node that is silent or refuses must not hold the turn that the follower waits for.
    private async Task<SignatureCheck> CheckSignatureAsync(ReadAct act, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(WalletPatience, Services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await SignatureChecker.CheckAsync(Chain.Node, act.SignerAddress, act.DigestHash, signature, either.Token);
        }
        catch (Exception e) when (e is RpcException or RpcUnavailableException || (e is OperationCanceledException && patience.IsCancellationRequested))
        {
            throw NoWordOf(act.SignerAddress, e.Message);
        }
    }

    // Without the inner exception, which has no codec and must not cross a call.
    private static OrleansException NoWordOf(Address signer, string why) => new($"no node said whether {signer} takes the signature: {why}");

    public async Task FlushAsync(long note)
    {
        _note = Math.Max(_note, note);
        if (State.Outbox.IsEmpty)
        {
            // Only storage may say so: an activation that was taken for dead may have gone on and accepted something.
            await Stored.RefreshAsync();
        }

        foreach (var entry in State.Outbox)
        {
            await TryQueueAsync(entry);
        }

        if (State.Outbox.IsEmpty)
        {
            // A write, so that such an activation that has noted itself and not stored yet finds another etag and can't store any more. One
            // that notes itself from now on does so under another number.
            var known = _note;
            await Stored.ApplyAsync(s => s with { SchemaVersion = s.SchemaVersion });
            await Sweep.ClearAsync(Subject, known);
        }
    }

    public async Task SettleAsync(string digest)
    {
        var (isHere, known) = (State.Outbox.Any(e => e.Digest == digest), _note);
        await Stored.ApplyAsync(s => s.Outbox.Any(e => e.Digest == digest)
            ? s with { Outbox = s.Outbox.RemoveAll(e => e.Digest == digest) }
            : s);
        if (isHere && State.Outbox.IsEmpty)
        {
            await Sweep.ClearAsync(Subject, known);
        }
    }

    /// <summary>Whether the act is about this grain, and may be done now; null if so. Looks only.</summary>
    protected abstract Task<Refusal?> CheckRuleAsync(ReadAct act);

    protected static Refusal NotHere(ReadAct act, string found, string expected)
        => Refusal.WrongSubject($"{act.Name} of {found} found, of {expected} expected");

    private async Task<bool> IsKnownAsync(string digest)
    {
        if (State.Outbox.FirstOrDefault(e => e.Digest == digest) is { } entry)
        {
            await TryQueueAsync(entry);
            return true;
        }

        var intent = await GrainFactory.GetGrain<IIntentGrain>(GrainKeys.Of(Chain.ChainId, digest)).GetAsync();

        // What its signer carried out without us is not ours to promise before it is final: its block may leave the chain.
        return intent.Stage is IntentStage.Final or IntentStage.Failed || (intent.Stage is not IntentStage.Unknown && intent.ActName is not null);
    }

    private Refusal? CheckDeadline(ReadAct act)
    {
        var least = NowUnixSeconds + (ulong)Services.Options.Value.MinimumLeadSeconds;
        return act.DeadlineUnixSeconds >= least
            ? null
            : new Refusal(IntentVerdict.Expired, $"deadline {act.DeadlineUnixSeconds} found, {least} or later expected");
    }

    private Refusal? CheckOutbox(ReadAct act)
    {
        if (State.Outbox.Length >= Services.Options.Value.OutboxSize)
        {
            return new Refusal(IntentVerdict.Busy, $"{State.Outbox.Length} acts wait, at most {Services.Options.Value.OutboxSize} expected");
        }

        var rival = State.Outbox.FirstOrDefault(e => e.Intent.Target == act.Contract && e.Intent.Signer == act.Signer && e.Intent.Nonce == act.Nonce);
        return rival is null ? null : Refusal.WrongState($"nonce {act.Nonce} is taken by {rival.Intent.ActName} {rival.Digest}, which waits");
    }

    // A full mirror says so before anything is stored: what it has taken it will carry out.
    private async Task<Refusal?> CheckLanesAsync(ReadAct act)
    {
        var (_, room) = await Services.Lanes.FindRoomAsync(GrainFactory, Chain.ChainId, act.Digest);
        return room is LaneRoom.Full ? new Refusal(IntentVerdict.Busy, $"all lanes full found, room in one of at most {Services.Options.Value.LaneCapacity} each expected") : null;
    }

    // Accepted is accepted: what can't be queued now stays in the outbox, and the sweep comes again.
    private async Task TryQueueAsync(OutboxEntry entry)
    {
        try
        {
            var stage = await GrainFactory.GetGrain<IIntentGrain>(GrainKeys.Of(Chain.ChainId, entry.Digest)).QueueAsync(entry.Intent);
            if (stage >= IntentStage.Mined)
            {
                await SettleAsync(entry.Digest);
            }
        }
        catch (Exception e)
        {
            SubjectLog.NotQueued(Services.Logger, Kind, entry.Digest, e);
        }
    }

    private IntentReceipt Refuse(string? digest, Refusal refusal)
    {
        var subject = this.GetPrimaryKeyString();
        Services.Metrics.Judged(Chain.ChainId, refusal.Verdict);
        SubjectLog.Refused(Services.Logger, Kind, digest ?? "", refusal.Verdict);
        SubjectLog.RefusedDetail(Services.Logger, subject, digest ?? "", refusal.Detail);
        return new IntentReceipt(refusal.Verdict, digest, refusal.Detail);
    }
}
