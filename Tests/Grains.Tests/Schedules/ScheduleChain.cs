using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;
using Pythia.Contracts.Abi;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Enclave;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Schedules;

/// <summary>A block of the model: what it holds, and the registries after it.</summary>
public sealed record ChainBlock(VerifiedBlock Verified, ContractState State, ImmutableArray<SignedTransaction> Transactions, ImmutableArray<OtherCall> Others)
{
    public ulong Number => Verified.Number;
}

/// <summary>What somebody else than the mirror sends.</summary>
public sealed record OtherCall(SignedAct Act, OtherCallKind Kind);

public enum OtherCallKind
{
    /// <summary>The signed form, as anybody may send it.</summary>
    Signed,

    /// <summary>The direct form, by the signer.</summary>
    Direct,

    /// <summary>The signer cancels the act's nonce.</summary>
    Cancel,

    /// <summary>A transaction of the lane's own account that is not the mirror's.</summary>
    Robbery,
}

/// <summary>A chain whose blocks carry the registries' whole state, so that a reorganisation takes back what its blocks did. Thread-safe.</summary>
public sealed class ScheduleChain
{
    private static readonly AbiFunction Relay = AbiFunction.Parse(
        "function relay((address target,uint32 gas,bytes data)[] items) returns (bool[] succeeded)");

    private readonly Lock _gate = new();
    private readonly ContractModel _model;
    private readonly TimeProvider _time;
    private readonly ulong _chainId;
    private readonly List<ChainBlock> _blocks = [];
    private readonly Dictionary<(Address Account, ulong Nonce), SignedTransaction> _pool = [];
    private readonly ConcurrentDictionary<string, SignedAct> _acts = new(StringComparer.Ordinal);
    private readonly List<OtherCall> _others = [];
    private TaskCompletionSource _newBlock = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _blocksMade;

    public ScheduleChain(ContractModel model, ulong chainId, TimeProvider time)
    {
        (_model, _chainId, _time) = (model, chainId, time);
        AddBlock(ContractState.Empty, [], [], []);
    }

    /// <summary>Wei a gas. A transaction that offers less waits.</summary>
    public BigInteger BaseFeeWei { get; set; } = 1_000_000_000;

    /// <summary>How far the chain's time is ahead of the hosts' clocks.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>The highest block there ever was.</summary>
    public ulong Highest { get; private set; }

    /// <summary>Acts that stood in a block which has left the chain.</summary>
    public ConcurrentDictionary<Hash32, bool> Undone { get; } = new();

    public IReadOnlyList<ChainBlock> Blocks
    {
        get
        {
            lock (_gate)
            {
                return [.. _blocks];
            }
        }
    }

    public ChainBlock Head
    {
        get
        {
            lock (_gate)
            {
                return _blocks[^1];
            }
        }
    }

    /// <summary>Tells what a signed call means.</summary>
    public void Expect(ReadOnlySpan<byte> callData, SignedAct act) => _acts[Hex.Format(callData)] = act;

    /// <summary>Goes into the next block.</summary>
    public void Add(OtherCall call)
    {
        lock (_gate)
        {
            _others.Add(call);
        }
    }

    /// <summary>Mines a block with what waits, as far as <paramref name="takes"/> takes it.</summary>
    public ChainBlock Mine(Address lane, Func<SignedTransaction, bool> takes)
    {
        lock (_gate)
        {
            var (pool, others) = (_pool.Values.Where(takes).ToArray(), _others.ToArray());
            _others.Clear();
            var block = Mine(lane, pool, others);
            Announce();
            return block;
        }
    }

    /// <summary>Abandons the newest blocks and puts others in their place. What they held waits again, as far as <paramref name="keeps"/> keeps it.</summary>
    public void Reorganise(Address lane, int depth, int blocks, Func<bool> keeps)
    {
        lock (_gate)
        {
            var abandoned = _blocks[^depth..];
            _blocks.RemoveRange(_blocks.Count - depth, depth);
            foreach (var transaction in abandoned.SelectMany(b => b.Transactions).Where(_ => keeps()))
            {
                _pool.TryAdd((transaction.Sender, transaction.Transaction.Nonce), transaction);
            }

            foreach (var act in abandoned.SelectMany(b => b.Transactions).SelectMany(ActsOf))
            {
                Undone[act.Digest(_chainId)] = true;
            }

            var others = abandoned.SelectMany(b => b.Others).Where(_ => keeps()).ToArray();
            for (var i = 0; i < blocks; i++)
            {
                var pool = _pool.Values.Where(_ => keeps()).ToArray();
                Mine(lane, pool, i == 0 ? others : []);
            }

            Announce();
        }
    }

    public void ForgetPool()
    {
        lock (_gate)
        {
            _pool.Clear();
        }
    }

    public ulong NonceOf(Address account, int blocksAgo)
    {
        lock (_gate)
        {
            return _blocks[Math.Max(0, _blocks.Count - 1 - blocksAgo)].State.Accounts.GetValueOrDefault(account);
        }
    }

    public TransactionHint Find(Hash32 hash)
    {
        lock (_gate)
        {
            var block = _blocks.FirstOrDefault(b => b.Transactions.Any(t => t.Hash == hash));
            return block is not null ? new TransactionHint(true, block.Number, Hex.Format(block.Verified.Hash.Span)) : new TransactionHint(_pool.Values.Any(t => t.Hash == hash), null);
        }
    }

    /// <summary>As a node takes a transaction into its pool.</summary>
    public SendReply Take(SignedTransaction transaction)
    {
        lock (_gate)
        {
            var (account, nonce) = (transaction.Sender, transaction.Transaction.Nonce);
            if (nonce < _blocks[^1].State.Accounts.GetValueOrDefault(account))
            {
                return new SendReply(SendVerdict.NonceTooLow, "nonce too low");
            }

            if (_pool.TryGetValue((account, nonce), out var waiting))
            {
                if (waiting.Hash == transaction.Hash)
                {
                    return new SendReply(SendVerdict.AlreadyKnown, "already known");
                }

                if (transaction.Transaction.MaxFeePerGasWei < waiting.Transaction.MaxFeePerGasWei * 110 / 100)
                {
                    return new SendReply(SendVerdict.Underpriced, "replacement transaction underpriced");
                }
            }

            _pool[(account, nonce)] = transaction;
            return new SendReply(SendVerdict.Accepted, "");
        }
    }

    public VerifiedBlock? Read(ulong block)
    {
        lock (_gate)
        {
            return block < (ulong)_blocks.Count ? _blocks[(int)block].Verified : null;
        }
    }

    public async Task<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_blocks[^1].Number > afterBlock)
                {
                    return HeadOf(_blocks[^1].Verified);
                }

                next = _newBlock.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    public static VerifiedHead HeadOf(VerifiedBlock block) => new(block.Number, block.UnixSeconds, block.Hash, AssuranceLevel.Development);

    // The gate is held.
    private ChainBlock Mine(Address lane, IEnumerable<SignedTransaction> pool, IReadOnlyList<OtherCall> others)
    {
        var time = NextTime();
        var state = _blocks[^1].State;
        var logs = new List<(ModelLog Log, Hash32 Transaction)>();
        var mined = new List<SignedTransaction>();
        foreach (var call in others)
        {
            var outcome = call.Kind switch
            {
                OtherCallKind.Signed => _model.CarryOut(state, call.Act, time),
                OtherCallKind.Direct => _model.CallDirectly(state, call.Act, time),
                OtherCallKind.Cancel => _model.Cancel(state, call.Act),
                _ => new Outcome(state with { Accounts = state.Accounts.SetItem(lane, state.Accounts.GetValueOrDefault(lane) + 1) }, []),
            };
            Take(outcome, default);
        }

        foreach (var transaction in pool.OrderBy(t => t.Transaction.Nonce))
        {
            if (transaction.Transaction.Nonce != state.Accounts.GetValueOrDefault(transaction.Sender) || transaction.Transaction.MaxFeePerGasWei < BaseFeeWei)
            {
                continue;
            }

            state = state with { Accounts = state.Accounts.SetItem(transaction.Sender, transaction.Transaction.Nonce + 1) };
            mined.Add(transaction);
            foreach (var act in ActsOf(transaction))
            {
                Take(_model.CarryOut(state, act, time), transaction.Hash);
            }
        }

        foreach (var old in _pool.Keys.Where(k => k.Nonce < state.Accounts.GetValueOrDefault(k.Account)).ToArray())
        {
            _pool.Remove(old);
        }

        return AddBlock(state, logs, [.. mined], [.. others]);

        // Relay.sol: an item that reverts consumes nothing and leaves no log that is final.
        void Take(Outcome? outcome, Hash32 transaction)
        {
            if (outcome is not null)
            {
                state = outcome.State;
                logs.AddRange(outcome.Logs.Select(l => (l, transaction)));
            }
        }
    }

    private IEnumerable<SignedAct> ActsOf(SignedTransaction transaction)
        => Relay.TryDecodeInputs(transaction.Transaction.Data.Span, out var inputs, out _)
            ? inputs.Nested(0).Cast<AbiValues>().Select(item => _acts[Hex.Format(item.Bytes(2))])
            : [];

    private ulong NextTime() => Math.Max(_blocks[^1].Verified.UnixSeconds + 1, (ulong)(_time.GetUtcNow() + Ahead).ToUnixTimeSeconds());

    private ChainBlock AddBlock(
        ContractState state, IReadOnlyList<(ModelLog Log, Hash32 Transaction)> logs, ImmutableArray<SignedTransaction> transactions, ImmutableArray<OtherCall> others)
    {
        var number = (ulong)_blocks.Count;
        var time = number == 0 ? (ulong)_time.GetUtcNow().ToUnixTimeSeconds() : NextTime();
        var hash = Keccak256.HashData([.. BitConverter.GetBytes(_chainId), .. BitConverter.GetBytes(++_blocksMade)]).ToArray();
        var verified = logs.Select((l, i) => new VerifiedLog(
            l.Log.Contract, l.Log.Address.ToArray(), [.. l.Log.Topics.Select(t => (ReadOnlyMemory<byte>)t.ToArray())], l.Log.Data, l.Transaction.ToArray(), 0, i)).ToArray();
        var block = new ChainBlock(
            new VerifiedBlock(number, time, hash, number == 0 ? new byte[32] : _blocks[^1].Verified.Hash, verified), state, transactions, others);
        _blocks.Add(block);
        Highest = Math.Max(Highest, number);
        return block;
    }

    private void Announce()
    {
        var newBlock = _newBlock;
        _newBlock = new(TaskCreationOptions.RunContinuationsAsynchronously);
        newBlock.SetResult();
    }
}
