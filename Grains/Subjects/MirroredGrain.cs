using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Grains.History;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Subjects;

/// <summary>
/// What every grain does that mirrors a part of the chain. It hears all that one block says about it at once, and stores beside the new
/// record how the old one was. Live, after a crash, after a reorganisation and in a rebuild the way is the same:
///  1. what comes from a branch of before is late, and refused; a rebuild since then voids what is known;
///  2. a block that is known came before; what was known of its height or above under another hash is taken back;
///  3. each event is applied to the record, by a pure function;
///  4. its history is written, behind the entries that count;
///  5. record, count of history, and how the record was before, in one write.
/// </summary>
/// <remarks>Dead between 4 and 5, the entries don't count, and the same or another block writes over them.</remarks>
public abstract class MirroredGrain<TState, TRecord>(IPersistentState<TState> stored, SubjectServices services) : Grain, IMirroredGrain
    where TState : MirroredState<TRecord>
    where TRecord : MirroredRecord, new()
{
    private static readonly TRecord Nothing = new();

    /// <summary>Stores the state.</summary>
    protected StateWriter<TState> Stored { get; private set; } = null!;

    /// <summary>What is stored.</summary>
    protected TState State => Stored.Current;

    /// <summary>What the chain says, as far as the follower has told; nothing where a rebuild has not come here yet.</summary>
    protected TRecord Record => State.Branch < services.Beginnings.Of(Chain.ChainId) ? Nothing : State.Record;

    protected LedgerChain Chain { get; private set; } = null!;

    /// <summary>The key after the chain id.</summary>
    protected string Id { get; private set; } = "";

    protected SubjectServices Services => services;

    protected abstract SubjectKind Kind { get; }

    /// <summary>Whether what happens here is written down, to be read by <see cref="IHistoryGrain"/>.</summary>
    protected virtual bool KeepsHistory => true;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (var chainId, Id) = GrainKeys.Split(this.GetPrimaryKeyString());
        Chain = services.Chains.Get(chainId);
        Stored = new(stored, DeactivateOnIdle);
        await services.Beginnings.EnsureAsync(chainId, GrainFactory);
    }

    /// <inheritdoc/>
    public async Task ApplyAsync(BlockNews news)
    {
        // 1. late?
        var known = State;
        var (record, before) = Hear(news.Branch);

        // 2. known?
        if (before.Any(b => b.BlockHash == news.BlockHash))
        {
            return;
        }

        (record, before) = TakeBack(record, before, b => b.Block >= news.Block);

        // 3. applied
        var was = record;
        var happened = ImmutableArray.CreateBuilder<HistoryRecord>();
        record = ApplyAll(record, news, happened);
        if (happened.Count == 0)
        {
            await StoreAsync(known, news.Branch, record, before);
            return;
        }

        // 4. history
        if (KeepsHistory)
        {
            record = record with { HistoryCount = was.HistoryCount + happened.Count };
            await WriteHistoryAsync(news.Branch, was.HistoryCount, happened.ToImmutable());
        }

        // 5. stored
        await StoreAsync(
            known,
            news.Branch,
            record with { Position = happened[^1].Position },
            [.. before.Where(b => b.Block + LedgerState.Depth >= news.Block), new(news.Block, news.BlockHash, was)]);
    }

    /// <inheritdoc/>
    public async Task RetractAsync(LedgerBranch branch, ulong block, string blockHash)
    {
        var known = State;
        var (record, before) = Hear(branch);
        if (before.Any(b => b.BlockHash == blockHash))
        {
            (record, before) = TakeBack(record, before, b => b.Block >= block);
        }

        await StoreAsync(known, branch, record, before);
    }

    /// <inheritdoc/>
    public Task<long> GetHistoryCountAsync() => Task.FromResult(Record.HistoryCount);

    /// <summary>The record after an event of the chain; the same object if it says nothing about this grain. Pure.</summary>
    protected abstract TRecord Apply(TRecord record, RegistryEvent happened, LedgerPosition position);

    /// <summary>The record at a block's time, before its events, and what that time did; null for nothing. Pure.</summary>
    protected virtual (TRecord Record, string Event)? ApplyTime(TRecord record, ulong unixSeconds) => null;

    // What is known; nothing if a rebuild came in between.
    private (TRecord Record, ImmutableArray<RecordBefore<TRecord>> Before) Hear(LedgerBranch branch)
    {
        LateBranchException.ThrowIfLate(State.Branch, branch);
        services.Beginnings.Raise(Chain.ChainId, branch.BeganAnewAt);
        return State.Branch < branch.BeganAnewAt ? (Nothing, []) : (State.Record, State.Before);
    }

    private static (TRecord Record, ImmutableArray<RecordBefore<TRecord>> Before) TakeBack(
        TRecord record, ImmutableArray<RecordBefore<TRecord>> before, Func<RecordBefore<TRecord>, bool> isAbandoned)
        => before.FirstOrDefault(isAbandoned) is { } first
            ? (first.Record, [.. before.TakeWhile(b => !ReferenceEquals(b, first))])
            : (record, before);

    private TRecord ApplyAll(TRecord record, BlockNews news, ImmutableArray<HistoryRecord>.Builder happened)
    {
        if (ApplyTime(record, news.UnixSeconds) is { } passed)
        {
            record = passed.Record;
            happened.Add(new HistoryRecord(new LedgerPosition(news.Block, news.BlockHash, news.UnixSeconds, 0, ""), passed.Event, []));
        }

        foreach (var told in news.Events)
        {
            if (LedgerEvents.TryDecode(told, out var decoded))
            {
                record = Apply(record, decoded, told.Position);
                happened.Add(LedgerEvents.Describe(told));
            }
        }

        return record;
    }

    private async Task WriteHistoryAsync(LedgerBranch branch, long first, ImmutableArray<HistoryRecord> entries)
    {
        for (var done = 0; done < entries.Length;)
        {
            var (page, at) = Math.DivRem(first + done, IHistoryPageGrain.Entries);
            var some = entries.AsSpan(done, Math.Min(entries.Length - done, IHistoryPageGrain.Entries - (int)at)).ToImmutableArray();
            await GrainFactory.GetGrain<IHistoryPageGrain>($"{HistoryKeys.Of(Chain.ChainId, Kind, Id)}/{page}").PutAsync(branch, (int)at, some);
            done += some.Length;
        }
    }

    private Task StoreAsync(TState known, LedgerBranch branch, TRecord record, ImmutableArray<RecordBefore<TRecord>> before)
        => Stored.ReplaceAsync(known, known.Branch == branch.Number && ReferenceEquals(known.Record, record) && known.Before.Equals(before)
            ? known
            : known with { Branch = branch.Number, Record = record, Before = before });
}
