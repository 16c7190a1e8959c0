using Pythia.Contracts.Abi;
using Pythia.Contracts.Transactions;
using Pythia.Enclave;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;

namespace Pythia.Tests.Support;

/// <summary>A chain in memory, small enough to be told what to do wrong: nonces, a pool, blocks with logs, the Relay's item-by-item
/// outcome. It is a node and an enclave at once, so nothing here is proven; what is proven is tested against anvil.</summary>
public sealed class ModelChain : IChainNode, IEnclave
{
    private static readonly AbiFunction Relay = AbiFunction.Parse(
        "function relay((address target,uint32 gas,bytes data)[] items) returns (bool[] succeeded)");

    private readonly Lock _gate = new();
    private readonly List<VerifiedBlock> _blocks = [];
    private readonly List<SignedTransaction> _sent = [];
    private readonly Dictionary<string, int> _carriedOut = [];
    private readonly Dictionary<Address, ulong> _nonces = [];
    private readonly SortedDictionary<(string Account, ulong Nonce), SignedTransaction> _pool = [];
    private readonly Dictionary<Hash32, ulong> _mined = [];
    private readonly Dictionary<string, ModelAct> _acts = [];
    private readonly HashSet<string> _usedNonces = [];
    private readonly List<(ulong Block, Action Undo)> _undo = [];
    private TaskCompletionSource _newBlock = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _branch;

    public ModelChain(ulong chainId)
    {
        ChainId = chainId;
        AddBlock([]);
    }

    public ulong ChainId { get; }

    public string EnclaveId { get; init; } = "model";

    /// <summary>Mines a block as soon as a transaction is taken.</summary>
    public bool MinesAtOnce { get; set; } = true;

    /// <summary>Says what happens to the next transaction instead of taking it; null takes it.</summary>
    public Func<SignedTransaction, SendReply?> OnSend { get; set; } = _ => null;

    /// <summary>Says what is known of a transaction instead of what is; null says that.</summary>
    public Func<Hash32, TransactionHint?> OnFind { get; set; } = _ => null;

    /// <summary>What is said of every account's nonce instead of what it is; null says that.</summary>
    public ulong? NonceSaid { get; set; }

    /// <summary>Seconds that the next block's time moves on.</summary>
    public ulong SecondsABlock { get; set; } = 2;

    /// <summary>Every raw transaction that was sent, in order.</summary>
    public IReadOnlyList<SignedTransaction> Sent
    {
        get
        {
            lock (_gate)
            {
                return [.. _sent];
            }
        }
    }

    /// <summary>How often each act was carried out, by call data.</summary>
    public IReadOnlyDictionary<string, int> CarriedOut
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, int>(_carriedOut);
            }
        }
    }

    public Dictionary<Address, Func<ReadOnlyMemory<byte>, byte[]?>> Code { get; } = [];

    public ulong Head
    {
        get
        {
            lock (_gate)
            {
                return _blocks[^1].Number;
            }
        }
    }

    public ulong HeadUnixSeconds
    {
        get
        {
            lock (_gate)
            {
                return _blocks[^1].UnixSeconds;
            }
        }
    }

    /// <summary>Tells what a signed call does when it is carried out.</summary>
    public void Expect(ReadOnlySpan<byte> callData, ModelAct act) => _acts[Hex.Format(callData)] = act;

    /// <summary>Carries an act out without a lane, as its signer could do.</summary>
    public void CarryOutDirectly(ReadOnlySpan<byte> callData)
    {
        lock (_gate)
        {
            AddBlock(Carry(Hex.Format(callData)) ?? []);
        }
    }

    /// <summary>Adds a block with these logs.</summary>
    public void Mine(params IReadOnlyList<ModelLog> logs)
    {
        lock (_gate)
        {
            AddBlock(logs);
        }
    }

    /// <summary>Adds so many empty blocks, and says so once.</summary>
    public void MineEmpty(int count)
    {
        lock (_gate)
        {
            for (var i = 1; i <= count; i++)
            {
                AddBlock([], announce: i == count);
            }
        }
    }

    /// <summary>Mines what waits in the pool.</summary>
    public void MinePool()
    {
        lock (_gate)
        {
            MineWaiting();
        }
    }

    /// <summary>Uses an account's next nonce for something that is not ours.</summary>
    public void UseNonce(Address account)
    {
        lock (_gate)
        {
            _nonces[account] = _nonces.GetValueOrDefault(account) + 1;
            AddBlock([]);
        }
    }

    /// <summary><see cref="Sent"/> begins anew.</summary>
    public void ForgetSent()
    {
        lock (_gate)
        {
            _sent.Clear();
        }
    }

    public void ForgetPool()
    {
        lock (_gate)
        {
            _pool.Clear();
        }
    }

    /// <summary>Abandons the newest blocks and puts others in their place, one more than before.</summary>
    public void Reorganise(int depth, params IReadOnlyList<ModelLog> logsOfFirst)
    {
        lock (_gate)
        {
            _branch++;
            _blocks.RemoveRange(_blocks.Count - depth, depth);
            foreach (var (_, undo) in _undo.Where(u => u.Block >= (ulong)_blocks.Count).Reverse())
            {
                undo();
            }

            _undo.RemoveAll(u => u.Block >= (ulong)_blocks.Count);
            AddBlock(logsOfFirst, announce: false);
            for (var i = 0; i < depth; i++)
            {
                AddBlock([], announce: i == depth - 1);
            }
        }
    }

    /// <summary>The chain as it is now, to flip back to.</summary>
    public IReadOnlyList<VerifiedBlock> Blocks
    {
        get
        {
            lock (_gate)
            {
                return [.. _blocks];
            }
        }
    }

    /// <summary>Goes back to blocks that were abandoned, and grows above all before. What acts did in them is not done again: for blocks of
    /// logs that tests made.</summary>
    public void FlipTo(IReadOnlyList<VerifiedBlock> blocks)
    {
        lock (_gate)
        {
            _branch++;
            var least = Math.Max(_blocks.Count, blocks.Count) + 1;
            var common = _blocks.Zip(blocks).TakeWhile(p => p.First.Hash.Span.SequenceEqual(p.Second.Hash.Span)).Count();
            foreach (var (_, undo) in _undo.Where(u => u.Block >= (ulong)common).Reverse())
            {
                undo();
            }

            _undo.RemoveAll(u => u.Block >= (ulong)common);
            _blocks.RemoveRange(common, _blocks.Count - common);
            _blocks.AddRange(blocks.Skip(common));
            while (_blocks.Count < least)
            {
                AddBlock([], announce: _blocks.Count == least - 1);
            }
        }
    }

    public Task<ulong> GetMinedNonceAsync(Address account, ulong? explained, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(NonceSaid ?? _nonces.GetValueOrDefault(account));
        }
    }

    public Task<SendReply> SendAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken)
    {
        if (!SignedTransaction.TryDecode(rawTransaction.Span, out var transaction))
        {
            return Task.FromResult(new SendReply(SendVerdict.Refused, "no transaction"));
        }

        lock (_gate)
        {
            _sent.Add(transaction);
            if (OnSend(transaction) is { } instead)
            {
                return Task.FromResult(instead);
            }

            var reply = Take(transaction);
            if (MinesAtOnce)
            {
                MineWaiting();
            }

            return Task.FromResult(reply);
        }
    }

    public Task<TransactionHint> FindAsync(Hash32 transactionHash, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(OnFind(transactionHash) is { } instead ? instead : _mined.TryGetValue(transactionHash, out var block)
                ? new TransactionHint(true, block, Hex.Format(_blocks[(int)block].Hash.Span))
                : new TransactionHint(_pool.Values.Any(t => t.Hash == transactionHash), null));
        }
    }

    /// <summary>What nodes say of the newest block: base fee in wei, gas limit.</summary>
    public HeadHint HeadSaid { get; set; } = new(1_000_000_000, 60_000_000);

    public Task<HeadHint> GetHeadAsync(CancellationToken cancellationToken) => Task.FromResult(HeadSaid);

    /// <summary>What the Relay says of every item that its target did not take.</summary>
    public string ItemFailure { get; set; } = "SignedActExpired(time: 1, deadline: 0)";

    public Task<IReadOnlyDictionary<int, string>> GetItemFailuresAsync(Hash32 transactionHash, CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyDictionary<int, string>>(Enumerable.Range(0, 200).ToDictionary(i => i, _ => ItemFailure));

    /// <summary>Every question about code waits for this, or ends with it.</summary>
    public Func<CancellationToken, Task> BeforeCode { get; set; } = _ => Task.CompletedTask;

    public async Task<bool> HasCodeAsync(Address address, CancellationToken cancellationToken)
    {
        await BeforeCode(cancellationToken);
        return Code.ContainsKey(address);
    }

    public Task<byte[]?> CallAsync(Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => Task.FromResult(Code[to](data));

    public ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default)
        => new(ModelIdentity.Of(EnclaveId, ChainId));

    public ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
        => ValueTask.FromException<EnclaveAttestation>(new EnclaveException(EnclaveFault.NotAttested, "a model makes no quotes"));

    public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
        => ValueTask.FromException<EnclaveRevocation>(new EnclaveException(EnclaveFault.UnknownKey, "a model has no keys"));

    public ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
        => new(request.Length == 1
            ? EnclaveReply.Refused(new EnclaveRefusal(RefusalReason.BadRequest, "one byte"), new byte[] { 0xa0 })
            : EnclaveReply.Answered(request));

    public ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => AnswerAsync(request, cancellationToken);

    public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(HeadOf(_blocks[^1]));
        }
    }

    public async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_blocks[^1].Number > afterBlock)
                {
                    return HeadOf(_blocks[^1]);
                }

                next = _newBlock.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    public ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(block < (ulong)_blocks.Count
                ? BlockLogsReply.Read(_blocks[(int)block])
                : BlockLogsReply.Refused(new EnclaveRefusal(RefusalReason.BlockUnknown, $"block {block}")));
        }
    }

    public ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new(new EnclaveHealth(true, HeadOf(_blocks[^1]), null, [], 0, 0));
        }
    }

    private SendReply Take(SignedTransaction transaction)
    {
        var (account, nonce) = (transaction.Sender, transaction.Transaction.Nonce);
        if (nonce < _nonces.GetValueOrDefault(account))
        {
            return new SendReply(SendVerdict.NonceTooLow, "nonce too low");
        }

        if (_pool.TryGetValue((account.ToString(), nonce), out var waiting))
        {
            if (waiting.Hash == transaction.Hash)
            {
                return new SendReply(SendVerdict.AlreadyKnown, "already known");
            }

            var enough = waiting.Transaction.MaxFeePerGasWei * 110 / 100;
            if (transaction.Transaction.MaxFeePerGasWei < enough)
            {
                return new SendReply(SendVerdict.Underpriced, "replacement transaction underpriced");
            }
        }

        _pool[(account.ToString(), nonce)] = transaction;
        return new SendReply(SendVerdict.Accepted, "");
    }

    private void MineWaiting()
    {
        var logs = new List<ModelLog>();
        var any = false;
        foreach (var ((account, nonce), transaction) in _pool.ToArray())
        {
            var address = Address.Parse(account);
            if (nonce != _nonces.GetValueOrDefault(address))
            {
                continue;
            }

            any = true;
            _pool.Remove((account, nonce));
            _nonces[address] = nonce + 1;
            _mined[transaction.Hash] = _blocks[^1].Number + 1;
            _undo.Add(((ulong)_blocks.Count, () =>
            {
                _nonces[address] = nonce;
                _mined.Remove(transaction.Hash);
            }
            ));
            logs.AddRange(Execute(transaction));
        }

        if (any)
        {
            AddBlock(logs);
        }
    }

    // Relay.sol: item by item; one that reverts consumes nothing and emits nothing that is final.
    private List<ModelLog> Execute(SignedTransaction transaction)
    {
        var logs = new List<ModelLog>();
        if (!Relay.TryDecodeInputs(transaction.Transaction.Data.Span, out var inputs, out _))
        {
            return logs;
        }

        foreach (var item in inputs.Nested(0).Cast<AbiValues>())
        {
            logs.AddRange(Carry(Hex.Format(item.Bytes(2))) ?? []);
        }

        return logs;
    }

    private IReadOnlyList<ModelLog>? Carry(string callData)
    {
        var time = _blocks[^1].UnixSeconds + SecondsABlock;
        if (!_acts.TryGetValue(callData, out var act) || act.DeadlineUnixSeconds < time || (act.After is { } after && !_usedNonces.Contains(after)) || !_usedNonces.Add(act.NonceKey))
        {
            return null;
        }

        _carriedOut[callData] = _carriedOut.GetValueOrDefault(callData) + 1;
        _undo.Add(((ulong)_blocks.Count, () =>
        {
            _usedNonces.Remove(act.NonceKey);
            _carriedOut[callData]--;
        }
        ));
        return act.Logs();
    }

    private void AddBlock(IReadOnlyList<ModelLog> logs, bool announce = true)
    {
        var number = (ulong)_blocks.Count;
        var parent = number == 0 ? new byte[32] : _blocks[^1].Hash;
        var time = number == 0 ? (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() : _blocks[^1].UnixSeconds + SecondsABlock;
        var hash = Keccak256.HashData([.. parent.Span, .. BitConverter.GetBytes(number), .. BitConverter.GetBytes(_branch)]).ToArray();
        var verified = logs.Select((l, i) => new VerifiedLog(
            l.Contract, l.Address.ToArray(), [.. l.Topics.Select(t => (ReadOnlyMemory<byte>)t.ToArray())], l.Data, hash, 0, i)).ToArray();
        _blocks.Add(new VerifiedBlock(number, time, hash, parent, verified));
        if (announce)
        {
            var newBlock = _newBlock;
            _newBlock = new(TaskCreationOptions.RunContinuationsAsynchronously);
            newBlock.SetResult();
        }
    }

    private static VerifiedHead HeadOf(VerifiedBlock block) => new(block.Number, block.UnixSeconds, block.Hash, AssuranceLevel.Development);
}

/// <summary>What a signed call does on the model chain.</summary>
/// <param name="NonceKey">Consumed by carrying it out.</param>
/// <param name="Logs">What it then emits, outcome event included.</param>
/// <param name="After">Must have been consumed before; null for nothing.</param>
public sealed record ModelAct(string NonceKey, ulong DeadlineUnixSeconds, Func<IReadOnlyList<ModelLog>> Logs, string? After = null);

/// <summary>A log to emit.</summary>
public sealed record ModelLog(string Contract, Address Address, IReadOnlyList<Hash32> Topics, byte[] Data);
