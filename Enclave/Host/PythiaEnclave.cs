using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host.Heads;
using Pythia.Enclave.Host.Keys;
using Pythia.Enclave.Host.Logs;
using Pythia.Enclave.Host.Nodes;
using Pythia.Enclave.Host.Proofs;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host;

/// <summary>
/// The enclave in the caller's process. Its keys live as long as it does; run <see cref="RunAsync"/> for its heads to move.
/// </summary>
/// <remarks>
/// A question goes: 1. read the request, 2. wait for its min-block, 3. prove its slots under the head, 4. sign, 5. see that the head is still
/// that head. An answer that leaves is of the newest verified head at that moment: once a head that holds a revocation is verified, nothing older
/// is signed out any more.
/// </remarks>
public sealed partial class PythiaEnclave : IEnclave, ICountingEnclave, IDisposable
{
    /// <summary>Times that an answer is made anew because the head moved under it.</summary>
    private const int MaxRounds = 16;

    private readonly EnclaveOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly KeyRing _keys;
    private readonly IAttester? _attester;
    private readonly HeadChain _chain = new();
    private readonly TrieNodeCache _cache;
    private readonly EnclaveMetrics _metrics;
    private readonly ReplyRoom _room;
    private readonly HttpJsonRpcNode[] _ownNodes;
    private readonly UntrustedNodes _nodes;
    private readonly SlotReader _slots;
    private readonly QuestionResolver _resolver;
    private readonly HeadFollower _follower;
    private readonly BlockLogReader _logs;
    private readonly EnclaveIdentity _identity;
    private readonly string _keyText;
    private readonly string _configurationText;
    private volatile bool _isDisposed;

    /// <param name="options">Valid, as <see cref="EnclaveOptionsCheck"/> has it.</param>
    /// <param name="time">For time limits and waits; the only time asserted is that of blocks.</param>
    /// <param name="logger">Events 3xxx.</param>
    /// <param name="attester">What makes its quotes; null where nothing does.</param>
    public PythiaEnclave(EnclaveOptions options, TimeProvider? time = null, ILogger<PythiaEnclave>? logger = null, IAttester? attester = null)
    {
        if (EnclaveOptionsCheck.FindProblems(options) is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        _options = options;
        _time = time ?? TimeProvider.System;
        _attester = attester;
        _logger = logger ?? NullLogger<PythiaEnclave>.Instance;
        _keys = new KeyRing(TimeSpan.FromHours(options.KeyLifetimeHours), TimeSpan.FromMinutes(options.KeyOverlapMinutes), _time, OnKeysTurned);
        var configuration = options.ToConfiguration();
        var replyTime = TimeSpan.FromMilliseconds(options.ReplyMilliseconds);
        _room = new ReplyRoom(options.ReplyBytes > 0 ? options.ReplyBytes : EnclaveOptions.MostReplyBytes);
        _ownNodes = [.. options.UntrustedRpc.Prepend(options.HeadRpc).Select(url => new HttpJsonRpcNode(url, replyTime, _room, _time))];
        var source = new NodeHeadSource(_ownNodes[0]);

        _cache = new TrieNodeCache(options.CacheBytes);
        _metrics = new EnclaveMetrics(options.Id, () => _cache.Bytes, () => (long)(_chain.Current?.Header.Number ?? 0));
        _nodes = new UntrustedNodes(_ownNodes[1..], TimeSpan.FromSeconds(options.SetAsideSeconds), _time, _metrics, _logger);
        _slots = new SlotReader(_nodes, _cache, _metrics, _stopping.Token);
        _resolver = new QuestionResolver(_slots);
        _follower = new HeadFollower(source, _nodes, _chain, configuration, _logger);
        _logs = new BlockLogReader(_chain, source, _follower, _nodes, configuration, _stopping.Token);
        _identity = new EnclaveIdentity(
            options.Id,
            options.ChainId,
            configuration.ComputeHash(),
            EnclaveAnchor.Development.ComputeHash(),
            source.Level,
            _keys.Describe().Current);
        _keyText = Hex.Format(_identity.SigningKey.Span);
        _configurationText = Hex.Format(_identity.ConfigurationHash.Span);
    }

    /// <inheritdoc/>
    public EnclaveCounters Counters => _metrics.Counters;

    /// <summary>Follows heads until cancelled: proves the contracts' accounts under each and fetches ahead what its block changed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        LogStarted(_options.Id, _options.ChainId, _keyText, _configurationText);
        var poll = TimeSpan.FromMilliseconds(_options.PollMilliseconds);
        var unprepared = new List<BlockHeader>();
        var preparing = Task.CompletedTask;
        try
        {
            while (true)
            {
                _keys.Turn();
                unprepared.AddRange(await _follower.StepAsync(either.Token));

                // Heads do not wait for what is only fetched ahead.
                if (preparing.IsCompleted)
                {
                    await preparing;
                    preparing = PrepareAsync([.. unprepared], either.Token);
                    unprepared.Clear();
                }

                await Task.Delay(poll, _time, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            await preparing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            LogStopped(_options.Id, _chain.Current?.Header.Number);
        }
    }

    /// <inheritdoc/>
    public ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var (current, next) = _keys.Describe();
        return ValueTask.FromResult(_identity with { Current = current, Next = next });
    }

    /// <inheritdoc/>
    public async ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (nonce.Length is not (0 or KeyBinding.NonceBytes)) throw new ArgumentException($"nonce: {nonce.Length} bytes found, 0 or {KeyBinding.NonceBytes} expected", nameof(nonce));
        if (keyId.Length is not (0 or SignedAnswer.KeyIdBytes)) throw new ArgumentException($"key id: {keyId.Length} bytes found, 0 or {SignedAnswer.KeyIdBytes} expected", nameof(keyId));
        if (_attester is null) throw new EnclaveException(EnclaveFault.NotAttested, $"enclave {_options.Id} runs without anything that makes quotes");
        var keys = _keys.Find(keyId.Span) ?? throw UnknownKey(keyId.Span);

        var binding = new KeyBinding(
            keys.Signer.PublicKey,
            keys.AgreementKey,
            _identity.ConfigurationHash,
            _identity.AnchorHash,
            nonce.IsEmpty ? new byte[KeyBinding.NonceBytes] : nonce);
        try
        {
            var quote = await _attester.QuoteAsync(binding.ComputeReportData(), cancellationToken);
            return new EnclaveAttestation(quote, binding.SigningKey, binding.AgreementKey, binding.ConfigurationHash, binding.AnchorHash, binding.Nonce);
        }
        catch (AttestationException e)
        {
            throw new EnclaveException(e.IsBusy ? EnclaveFault.Busy : EnclaveFault.QuoteFailed, $"no quote by {_attester.Kind}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (keyId.Length != SignedAnswer.KeyIdBytes) throw new ArgumentException($"key id: {keyId.Length} bytes found, {SignedAnswer.KeyIdBytes} expected", nameof(keyId));

        var registry = Address.Parse(_options.Contracts[nameof(ContractRole.PythiaRegistry)].Address);
        var ended = _keys.Revoke(keyId.Span, _options.ChainId, registry) ?? throw UnknownKey(keyId.Span);
        LogRevoked(ended.Generation, Hex.Format(ended.KeyId), _keys.Current.Number);
        return ValueTask.FromResult(new EnclaveRevocation(ended.SigningKey, ended.Signature));
    }

    /// <inheritdoc/>
    public async ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
    {
        using var span = EnclaveTraces.BeginAnswer(_options.Id);
        var started = _metrics.Now();
        var reply = Reply(await AnswerOnceAsync(request, AnswerAtHeadAsync, cancellationToken));
        _metrics.Took(started, reply.Refusal is null);
        EnclaveTraces.EndAnswer(span, reply.Refusal);
        return reply;
    }

    /// <inheritdoc/>
    public async ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
        => Reply(await AnswerOnceAsync(request, (head, parsed, token) => _resolver.ProveAsync(head, parsed.Question, token), cancellationToken));

    /// <inheritdoc/>
    public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(_chain.Current?.Head);

    /// <inheritdoc/>
    public async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            return (await _chain.WaitAsync(afterBlock, either.Token)).Head;
        }
        catch (OperationCanceledException stopped) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException($"enclave {_options.Id} is stopped", stopped);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default)
        => (await _logs.ReadAsync(block, cancellationToken)).TryGet(out var read, out var refusal)
            ? BlockLogsReply.Read(read)
            : BlockLogsReply.Refused(refusal);

    /// <inheritdoc/>
    public ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default)
    {
        var head = _chain.Current;
        var wrongCode = head?.Contracts.Select(contract => contract.WrongCode).FirstOrDefault(refusal => refusal is not null);
        var trouble = wrongCode ?? _follower.Trouble ?? (head is null ? NoHead() : null);
        return ValueTask.FromResult(new EnclaveHealth(
            head is not null && wrongCode is null, head?.Head, trouble, _nodes.Health(), _cache.Count, _cache.Bytes));
    }

    /// <summary>Stops everything under way and forgets the keys.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _stopping.Cancel();
        _keys.Dispose();
        _metrics.Dispose();
        foreach (var node in _ownNodes)
        {
            node.Dispose();
        }

        _room.Dispose();
        _stopping.Dispose();
    }

    // One account proof a contract; the slots that the new blocks changed and that somebody asks for come with it.
    private async Task PrepareAsync(IReadOnlyList<BlockHeader> blocks, CancellationToken cancellationToken)
    {
        if (_chain.Current is not { } head || (blocks.Count == 0 && head.Contracts.All(contract => contract.StorageRoot is not null || contract.WrongCode is not null)))
        {
            return;
        }

        var logs = new List<VerifiedLog>();
        foreach (var block in blocks)
        {
            if ((await _logs.ReadAsync(block, cancellationToken)).TryGet(out var read, out _))
            {
                logs.AddRange(read.Logs);
            }
        }

        await Task.WhenAll(head.Contracts.Select(contract => PrepareAsync(head, contract, logs, cancellationToken)));
    }

    private async Task PrepareAsync(HeadState head, ContractAtHead contract, List<VerifiedLog> logs, CancellationToken cancellationToken)
    {
        var changed = ChangedSlots.Find(contract.Configured.Name, logs).Where(slot => _slots.IsRemembered(contract.Configured.Address, slot));
        if (!(await _slots.ProveAsync(head, contract, changed, cancellationToken)).TryGet(out _, out var refusal) && refusal.Reason == RefusalReason.CodeHashMismatch)
        {
            LogWrongCode(contract.Configured.Name, refusal.Detail);
        }
    }

    private async ValueTask<Outcome<byte[]>> AnswerOnceAsync(
        ReadOnlyMemory<byte> request, Func<HeadState, Request, CancellationToken, ValueTask<Outcome<byte[]>>> answer, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);

        // 1. read
        var error = Request.Decode(request.Span, out var parsed, out var detail);
        if (error != RequestError.None)
        {
            return new EnclaveRefusal(error == RequestError.UnknownFact ? RefusalReason.UnknownFact : RefusalReason.BadRequest, $"{error}: {detail}");
        }

        if (parsed!.MinLevel > (byte)_identity.Level)
        {
            return new EnclaveRefusal(RefusalReason.LevelTooLow, $"level {parsed.MinLevel} asked, {(byte)_identity.Level} ({_identity.Level}) is what heads here have");
        }

        if (AsksAboutOwnKey(parsed.Question))
        {
            return new EnclaveRefusal(RefusalReason.OwnKey, "a key of this enclave is asked about; ask another enclave");
        }

        for (var round = 0; round < MaxRounds; round++)
        {
            // 2. wait, 3. prove, 4. sign
            if (!(await HeadOfAtLeastAsync(parsed.Question.MinBlock, cancellationToken)).TryGet(out var head, out var tooOld))
            {
                return tooOld;
            }

            var outcome = await answer(head, parsed, cancellationToken);

            // 5. still the head?
            if (ReferenceEquals(_chain.Current, head))
            {
                return outcome;
            }
        }

        return new EnclaveRefusal(RefusalReason.NodeUnavailable, $"the head moved on {MaxRounds} times before a proof came");
    }

    private async ValueTask<Outcome<byte[]>> AnswerAtHeadAsync(HeadState head, Request request, CancellationToken cancellationToken)
    {
        // Without a nonce an answer may be given to many (architecture section 7); its bytes name no one but the question and the head.
        var keys = _keys.Current;
        var shared = request.Nonce is null ? head.AnswersBy(keys.Number) : null;
        if (shared is not null && shared.TryGet(request.Question.Encoded, out var stored))
        {
            return stored;
        }

        if (!_resolver.TryResolve(head, request.Question, out var results))
        {
            if (!(await _resolver.ResolveAsync(head, request.Question, cancellationToken)).TryGet(out var resolved, out var refusal))
            {
                return refusal;
            }

            results = resolved.Results;
        }

        var body = new AnswerBody(head.Header.Number, head.Header.UnixSeconds, head.Header.Hash, (byte)head.Head.Level, request.Nonce, results);
        var encoded = body.Encode();
        byte[]? answer;
        while (!keys.Signer.TrySign(encoded, _identity.ConfigurationHash.Span, request.Question, out answer))
        {
            // It ended while the proof was fetched: the next one signs, and keeps what it signed under its own number.
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            keys = _keys.Current;
            shared = shared is null ? null : head.AnswersBy(keys.Number);
        }

        shared?.Add(request.Question.Encoded, answer);
        return answer;
    }

    // The next key too: it may be the one that signs by the time the proof is there.
    private bool AsksAboutOwnKey(Question question)
    {
        if (question.Facts.All(fact => fact.Kind != FactKind.PythiaKey))
        {
            return false;
        }

        var (current, next) = _keys.Describe();
        return question.Facts.Any(fact => fact.Kind == FactKind.PythiaKey && (Is(current, fact) || (next is not null && Is(next, fact))));

        static bool Is(EnclaveKeys keys, Fact fact) => Es256Key.ComputeFingerprint(keys.SigningKey.Span) == fact.Subject;
    }

    private async ValueTask<Outcome<HeadState>> HeadOfAtLeastAsync(ulong block, CancellationToken cancellationToken)
    {
        if (_chain.Current is { } current && current.Header.Number >= block)
        {
            return current;
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.MinBlockWaitMilliseconds), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await _chain.WaitAsync(block == 0 ? null : block - 1, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return _chain.Current is { } late
                ? new EnclaveRefusal(RefusalReason.HeadTooOld, $"block {block} asked, {late.Header.Number} is the verified head{Because()}")
                : NoHead();
        }
    }

    private void OnKeysTurned(KeyGeneration made, KeyGeneration? ended)
    {
        var keyId = Hex.Format(made.Signer.KeyId);
        if (ended is null) LogAnnounced(made.Number, keyId);
        else LogRotated(made.Number, keyId, ended.Number);
    }

    private EnclaveException UnknownKey(ReadOnlySpan<byte> keyId)
        => new(EnclaveFault.UnknownKey, $"key {Hex.Format(keyId)} found, the current or next one of enclave {_options.Id} expected");

    private EnclaveRefusal NoHead() => new(RefusalReason.NoHead, $"no head is verified yet{Because()}", _follower.Trouble?.Node);

    private string Because() => _follower.Trouble is { } trouble ? $"; {trouble.Reason}: {trouble.Detail}" : "";

    private EnclaveReply Reply(Outcome<byte[]> outcome)
    {
        if (outcome.TryGet(out var answer, out var refusal))
        {
            _metrics.Answered();
            return EnclaveReply.Answered(answer);
        }

        _metrics.Refused(refusal.Reason);
        LogRefused(refusal.Reason, refusal.Detail, refusal.Node);
        return EnclaveReply.Refused(refusal, RefusalProblem.Encode(refusal));
    }

    [LoggerMessage(EventId = 3004, Level = LogLevel.Information, Message = "Enclave {Id} on chain {ChainId}: key {Key}, configuration {Configuration}")]
    private partial void LogStarted(string id, ulong chainId, string key, string configuration);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Information, Message = "Enclave {Id} stopped at block {Block}")]
    private partial void LogStopped(string id, ulong? block);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Error, Message = "{Contract} is not the configured contract: {Detail}")]
    private partial void LogWrongCode(string contract, string detail);

    [LoggerMessage(EventId = 3401, Level = LogLevel.Information, Message = "Keys of generation {Generation} are made and will sign next, kid {KeyId}")]
    private partial void LogAnnounced(ulong generation, string keyId);

    [LoggerMessage(EventId = 3402, Level = LogLevel.Information, Message = "Keys of generation {Generation} sign from now on, kid {KeyId}; those of generation {Ended} are destroyed")]
    private partial void LogRotated(ulong generation, string keyId, ulong ended);

    [LoggerMessage(EventId = 3403, Level = LogLevel.Warning, Message = "Keys of generation {Generation}, kid {KeyId}, have ended by their own word and are destroyed; generation {Current} signs")]
    private partial void LogRevoked(ulong generation, string keyId, ulong current);

    [LoggerMessage(EventId = 3007, Level = LogLevel.Debug, Message = "Refused, {Reason}: {Detail} (node {Node})")]
    private partial void LogRefused(RefusalReason reason, string detail, string? node);
}
