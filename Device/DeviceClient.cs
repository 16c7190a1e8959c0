using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Device;

/// <summary>
/// A device's way of asking: 1. a question with a fresh nonce and the highest block seen as min-block, 2. over the transport, 3. the enclave's key: a
/// pinned one, or one that a passport confirms, 4. signature, nonce, question, configuration, results, level and block (<see cref="AnswerCheck"/>),
/// 5. age by the device's own timer, 6. heads that go back, stand still or are far behind, 7. the new highest head stored, and only then believed.
/// </summary>
/// <remarks>
/// One question at a time; others wait. With a pinned key and no clock a device can't tell how old its very first head is: it is as old as whoever
/// stands between lets it be, and from then on time must pass for the heads as it does for the device. A passport with the device's own nonce says what
/// time it is by the verifier's clock, and so ends that doubt too.
/// </remarks>
public sealed class DeviceClient : IDisposable
{
    // Status of the fact PythiaKey (architecture section 11); null is a key that the registry has never heard of.
    private const ulong UnknownKey = 0;
    private const ulong ActiveKey = 1;

    private readonly DeviceTrust _trust;
    private readonly IReadOnlyList<IDeviceTransport> _transports;
    private readonly IDeviceStore _store;
    private readonly TimeProvider _time;
    private readonly Es256Key[] _pinned;
    private readonly EnclaveKeyring? _ring;
    private readonly SemaphoreSlim _turn = new(1);
    private DeviceMemory _memory;
    private HeadClock _clock;

    private DeviceClient(DeviceTrust trust, IReadOnlyList<IDeviceTransport> transports, IDeviceStore store, TimeProvider time, DeviceMemory memory)
    {
        (_trust, _transports, _store, _time, _memory) = (trust, transports, store, time, memory);
        _pinned = [.. trust.EnclaveKeys.Select(key => Es256Key.TryImport(key)!)];
        _ring = trust.Passports is { } passports ? new EnclaveKeyring(passports, trust.ConfigurationHash, time) : null;
        _clock = new HeadClock(time, trust.HeadTolerance);
    }

    /// <summary>The highest head accepted so far.</summary>
    public DeviceMemory Memory => _memory;

    /// <summary>Starts with what the store remembers.</summary>
    /// <exception cref="ArgumentException">The trust settings are incomplete; the message names the one.</exception>
    /// <exception cref="DeviceStoreException">The store is damaged.</exception>
    public static Task<DeviceClient> StartAsync(
        DeviceTrust trust, IDeviceTransport transport, IDeviceStore store, TimeProvider? time = null, CancellationToken cancellationToken = default)
        => StartAsync(trust, [transport], store, time, cancellationToken);

    /// <summary>The same with several ways, to gateways of different operators: the first is the usual one, the others are for a second word.</summary>
    /// <inheritdoc cref="StartAsync(DeviceTrust, IDeviceTransport, IDeviceStore, TimeProvider?, CancellationToken)"/>
    public static async Task<DeviceClient> StartAsync(
        DeviceTrust trust, IReadOnlyList<IDeviceTransport> transports, IDeviceStore store, TimeProvider? time = null, CancellationToken cancellationToken = default)
        => trust.FindProblem() is { } problem ? throw new ArgumentException(problem, nameof(trust))
            : transports.Count == 0 ? throw new ArgumentException("no transport found, one or more expected", nameof(transports))
            : new DeviceClient(trust, [.. transports], store, time ?? TimeProvider.System, await store.LoadAsync(cancellationToken));

    /// <summary>May <paramref name="commander"/> command <paramref name="scope"/> now? Asks anew each time; any doubt is a no.</summary>
    public Task<DevicePermission> MayCommandAsync(Address commander, Hash32 scope, CancellationToken cancellationToken = default)
        => MayCommandAsync(commander, scope, demandTwo: false, cancellationToken);

    /// <summary>The same, for acts that matter by two enclaves of different operators.</summary>
    /// <param name="commander">Who commands.</param>
    /// <param name="scope">What is commanded.</param>
    /// <param name="demandTwo">True: an enclave of another operator must say so too, under a head not below the first's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<DevicePermission> MayCommandAsync(Address commander, Hash32 scope, bool demandTwo, CancellationToken cancellationToken = default)
    {
        var fact = Fact.CommandAllowed(commander, scope);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var first = await AskInTurnAsync(_transports[0], [fact], cancellationToken);
            return demandTwo && DevicePermission.Permits(first) ? await SecondAsync(first, fact, cancellationToken) : new DevicePermission(first);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Asks 1 to 4 facts about this device.</summary>
    public async Task<DeviceAnswer> AskAsync(IReadOnlyList<Fact> facts, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await AskInTurnAsync(_transports[0], [.. facts], cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Has the passport of a key that signs nothing yet (<c>nextKey</c> of <c>…/enclaves</c>) fetched and checked ahead, so that the first answer under it needs none.
    /// Who names the key is not believed: only the passport counts.
    /// </summary>
    /// <param name="keyId">8 bytes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns><see cref="DeviceFault.None"/>, or why it is not known; then the first answer under it has it fetched again.</returns>
    /// <exception cref="InvalidOperationException">This device pins keys and takes no passports.</exception>
    public async Task<(DeviceFault Fault, string Detail)> PrepareAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
    {
        if (_ring is not { } ring) throw new InvalidOperationException("Passports: none found, one expected: keys are pinned");

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (ring.Find(keyId.Span, _memory.UnixSeconds) is not null) return (DeviceFault.None, "");

            var confirmation = await ConfirmAsync(ring, _transports[0], keyId, _memory.UnixSeconds, cancellationToken);
            return (confirmation.Fault, confirmation.Detail);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _turn.Dispose();
        _ring?.Dispose();
        foreach (var key in _pinned)
        {
            key.Dispose();
        }
    }

    // The other ways are tried until one leads to another operator's enclave; what that one says counts, whatever the ones after it would say.
    private async Task<DevicePermission> SecondAsync(DeviceAnswer first, Fact fact, CancellationToken cancellationToken)
    {
        var met = new List<string>();
        foreach (var transport in _transports.Skip(1))
        {
            var second = await AskInTurnAsync(transport, [fact], cancellationToken);
            if (second.Fault != DeviceFault.None)
            {
                met.Add(second.ToString());
            }
            else if (FindSameness(first, second) is { } same)
            {
                met.Add(same);
            }
            else
            {
                return DevicePermission.Permits(second)
                    ? new DevicePermission(first, second)
                    : new DevicePermission(first.Refuted(DeviceFault.Disagreement, $"{first.Passport!.Operator} permits, {second.Passport!.Operator} says {second}"), second);
            }
        }

        return new DevicePermission(first.Refuted(
            DeviceFault.OneOperator, met.Count == 0 ? "no second way found, one to another operator's gateway expected" : string.Join("; ", met)));
    }

    // Names are the verifier's word, and another verifier may call the same operator otherwise; key and platform must differ as well, whatever it says.
    private static string? FindSameness(DeviceAnswer one, DeviceAnswer other)
        => (one.Passport, other.Passport) is not ({ } first, { } second) ? "a pinned key names no operator"
            : !string.Equals(one.Verifier, other.Verifier, StringComparison.Ordinal)
                ? $"verifier {one.Verifier} found for {first.Operator} and {other.Verifier} for {second.Operator}, one verifier expected for both"
            : string.Equals(first.Operator, second.Operator, StringComparison.Ordinal) ? $"operator {second.Operator} found twice"
            : first.Platform.AsSpan().SequenceEqual(second.Platform.AsSpan()) ? $"one platform found for {first.Operator} and {second.Operator}"
            : first.SigningKey.AsSpan().SequenceEqual(second.SigningKey.AsSpan()) ? $"one key found for {first.Operator} and {second.Operator}"
            : null;

    private async Task<DeviceAnswer> AskInTurnAsync(IDeviceTransport transport, Fact[] facts, CancellationToken cancellationToken)
    {
        // 1. question; its age counts from here
        var askedAt = _time.GetTimestamp();
        var request = new Request(
            Question.Create(_trust.DeviceId, _memory.Block, facts), [.. RandomNumberGenerator.GetBytes(Request.NonceBytes)], _trust.MinLevel);
        var encoded = request.Encode();

        // 2. transport
        var reply = await transport.AskAsync(encoded, cancellationToken);
        if (reply.Answer is not { } answer)
        {
            return reply.Problem is { } problem
                ? Fault(DeviceFault.Refused, $"{problem.Title}: {problem.Detail}")
                : Fault(DeviceFault.NoReply, reply.Trouble ?? "nothing came");
        }

        // 3. key, 4. answer
        var (verdict, by, doubt) = _ring is null
            ? (CheckByPinned(answer, request), null, null)
            : await CheckByPassportAsync(_ring, transport, answer, request, cancellationToken);
        if (doubt is not null)
        {
            return Fault(doubt.Fault, doubt.Detail, encodedAnswer: answer, passportFault: doubt.PassportFault);
        }

        if (!verdict!.IsValid)
        {
            var wentBack = verdict.Fault == AnswerFault.MinBlock; // the min-block is the highest block seen
            return Fault(wentBack ? DeviceFault.HeadWentBack : DeviceFault.WrongAnswer, $"{verdict.Fault}: {verdict.Detail}", verdict.Fault, answer);
        }

        // 5. age, 6. head
        var body = verdict.Body!;
        var (fault, detail) = CheckHead(body, askedAt);
        if (fault != DeviceFault.None)
        {
            return Fault(fault, detail, encodedAnswer: answer);
        }

        // 7. memory
        if (await RememberAsync(body, cancellationToken) is { } notStored)
        {
            return Fault(DeviceFault.NotStored, notStored, encodedAnswer: answer);
        }

        return new DeviceAnswer(DeviceFault.None, "", AnswerFault.None, body, answer, encoded, _time, askedAt, _trust.MaxAge) { Passport = by?.Passport, Verifier = by?.Verifier };

        DeviceAnswer Fault(
            DeviceFault reason, string text, AnswerFault answerFault = AnswerFault.None, byte[]? encodedAnswer = null, PassportFault passportFault = PassportFault.None)
            => new(reason, text, answerFault, null, encodedAnswer, encoded, _time, askedAt, _trust.MaxAge) { PassportFault = passportFault };
    }

    // The key id only says which key to try first: an answer may hold under any of them.
    private AnswerVerdict CheckByPinned(byte[] answer, Request request)
    {
        _ = SignedAnswer.Decode(answer, out var signed);
        AnswerVerdict? first = null;
        foreach (var key in _pinned.OrderByDescending(key => signed is not null && key.KeyId.Span.SequenceEqual(signed.KeyId)))
        {
            var verdict = AnswerCheck.Check(answer, request, key, _trust.ConfigurationHash);
            if (verdict.Fault != AnswerFault.Signature)
            {
                return verdict;
            }

            first ??= verdict;
        }

        return first!;
    }

    // A passport is fetched at most once a question: when no confirmed key has the answer's id, or when the answer's own head is past the passport's end.
    private async Task<(AnswerVerdict? Verdict, ConfirmedKey? By, Confirmation? Doubt)> CheckByPassportAsync(
        EnclaveKeyring ring, IDeviceTransport transport, byte[] answer, Request request, CancellationToken cancellationToken)
    {
        if (SignedAnswer.Decode(answer, out var signed) != SignedAnswerError.None)
        {
            return (AnswerCheck.CheckForm(answer), null, null);
        }

        var known = ring.Find(signed!.KeyId, _memory.UnixSeconds);
        var key = known;
        if (key is null)
        {
            var confirmation = await ConfirmAsync(ring, transport, signed.KeyId, _memory.UnixSeconds, cancellationToken);
            if (confirmation.Key is null) return (null, null, confirmation);

            key = confirmation.Key;
        }

        var verdict = AnswerCheck.Check(answer, request, key.Key, _trust.ConfigurationHash);
        if (verdict.IsValid && await FindEndAsync(transport, key, request, cancellationToken) is { } end) return (null, null, end);
        if (!verdict.IsValid || ring.Holds(key, ring.NowAtLeast(verdict.Body!.UnixSeconds))) return (verdict, key, null);

        if (known is null) return (null, null, Ended(key, verdict.Body.UnixSeconds));

        var anew = await ConfirmAsync(ring, transport, signed.KeyId, verdict.Body.UnixSeconds, cancellationToken);
        return anew.Key is null ? (null, null, anew)
            : ring.Holds(anew.Key, ring.NowAtLeast(verdict.Body.UnixSeconds)) ? (verdict, anew.Key, null)
            : (null, null, Ended(anew.Key, verdict.Body.UnixSeconds));
    }

    // Another enclave says what the chain says of this one's key; what a key says of itself counts for nothing. What asks about a key is not asked about.
    private async Task<Confirmation?> FindEndAsync(IDeviceTransport transport, ConfirmedKey key, Request request, CancellationToken cancellationToken)
    {
        var demanded = _trust.Passports!.KeyStanding;
        if (demanded == KeyStanding.NotAsked || key.IsInForce || request.Question.Facts.Any(fact => fact.Kind == FactKind.PythiaKey)) return null;

        var met = new List<string>();
        foreach (var other in _transports.Where(way => way != transport))
        {
            var answer = await AskInTurnAsync(other, [Fact.PythiaKey(Hash32.FromSpan(SHA256.HashData(key.Key.PublicKey)))], cancellationToken);
            if (answer.Fault != DeviceFault.None || answer.Passport!.SigningKey.AsSpan().SequenceEqual(key.Key.PublicKey))
            {
                met.Add(answer.Fault == DeviceFault.None ? "the same key found behind another way" : answer.ToString());
                continue;
            }

            var status = answer.Results[0] is { Values: [{ IsNumber: true } first, ..] } ? first.Number : 0;
            key.IsInForce = status == ActiveKey || (status == UnknownKey && demanded == KeyStanding.NotEnded);
            return key.IsInForce ? null : new Confirmation(null, DeviceFault.KeyEnded, $"key {Hex.Format(key.Key.KeyId.Span)}: {answer.Passport.Operator} says {answer}");
        }

        return new Confirmation(null, DeviceFault.KeyEnded, met.Count == 0 ? "no second way found to ask about the key" : string.Join("; ", met));
    }

    private static Confirmation Ended(ConfirmedKey key, ulong headUnixSeconds) => new(
        null, DeviceFault.WrongPassport, $"{PassportFault.Expired}: over at {key.Passport.ExpiresUnixSeconds}, and the head's time is {headUnixSeconds}", PassportFault.Expired);

    private static async Task<Confirmation> ConfirmAsync(
        EnclaveKeyring ring, IDeviceTransport transport, ReadOnlyMemory<byte> keyId, ulong headUnixSeconds, CancellationToken cancellationToken)
    {
        var confirmation = await ring.ConfirmAsync(transport, keyId, headUnixSeconds, cancellationToken);
        return confirmation.Key is { } key && !key.Key.KeyId.Span.SequenceEqual(keyId.Span)
            ? new Confirmation(null, DeviceFault.OtherKey, $"passport of key {Hex.Format(key.Key.KeyId.Span)} found, of {Hex.Format(keyId.Span)} expected")
            : confirmation;
    }

    private (DeviceFault Fault, string Detail) CheckHead(AnswerBody body, long askedAt)
    {
        var age = _time.GetElapsedTime(askedAt);
        return age > _trust.MaxAge ? (DeviceFault.TooOld, $"{age} since it was asked, at most {_trust.MaxAge} expected")
            : body.UnixSeconds < _memory.UnixSeconds ? (DeviceFault.TimeWentBack, $"time {body.UnixSeconds} found, {_memory.UnixSeconds} or later expected")
            : _clock.FindProblem(body.UnixSeconds) is { } problem ? (DeviceFault.HeadStandsStill, problem)
            : _ring?.FindProblemOfHead(body.UnixSeconds, _memory.UnixSeconds) is { } old ? (DeviceFault.HeadTooOld, old)
            : (DeviceFault.None, "");
    }

    private async Task<string?> RememberAsync(AnswerBody body, CancellationToken cancellationToken)
    {
        var next = new DeviceMemory(body.Block, body.UnixSeconds);
        if (next != _memory)
        {
            try
            {
                await _store.StoreAsync(next, cancellationToken);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return failure.Message;
            }

            _memory = next;
        }

        _clock = _clock.Advance(body.UnixSeconds);
        return null;
    }
}

/// <summary>
/// Holds the heads' time to the device's uptime. Each accepted head says "when my timer was at t, it was h or later"; from the best of them follows how
/// late it must be by now, less a tolerance.
/// </summary>
internal readonly struct HeadClock(TimeProvider time, TimeSpan tolerance)
{
    private readonly long? _timestamp;
    private readonly ulong _unixSeconds;

    private HeadClock(TimeProvider time, TimeSpan tolerance, long timestamp, ulong unixSeconds)
        : this(time, tolerance)
        => (_timestamp, _unixSeconds) = (timestamp, unixSeconds);

    // Seconds that it must be by now, by the best head so far.
    private double Expected => _unixSeconds + time.GetElapsedTime(_timestamp!.Value).TotalSeconds;

    /// <summary>Null when a head of that time may be the newest; before the first head, any may.</summary>
    public string? FindProblem(ulong unixSeconds)
        => _timestamp is null || unixSeconds >= Expected - tolerance.TotalSeconds
            ? null
            : $"head time {unixSeconds} found, {Expected - tolerance.TotalSeconds:0} or later expected after this uptime";

    public HeadClock Advance(ulong unixSeconds)
        => _timestamp is null || unixSeconds > Expected ? new HeadClock(time, tolerance, time.GetTimestamp(), unixSeconds) : this;
}
