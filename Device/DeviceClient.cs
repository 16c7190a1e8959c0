using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Device;

/// <summary>
/// A device's way of asking: 1. a question with a fresh nonce and the highest block seen as min-block, 2. over the transport, 3. signature, nonce,
/// question, configuration, results, level and block (<see cref="AnswerCheck"/>), 4. age by the device's own timer, 5. heads that go back or stand
/// still, 6. the new highest head stored, and only then believed.
/// </summary>
/// <remarks>
/// One question at a time; others wait. Without any clock of its own a device can't tell how old its very first head is: it is as old as whoever
/// stands between lets it be, and from then on time must pass for the heads as it does for the device.
/// </remarks>
public sealed class DeviceClient : IDisposable
{
    private readonly DeviceTrust _trust;
    private readonly IDeviceTransport _transport;
    private readonly IDeviceStore _store;
    private readonly TimeProvider _time;
    private readonly Es256Key[] _keys;
    private readonly SemaphoreSlim _turn = new(1);
    private DeviceMemory _memory;
    private HeadClock _clock;

    private DeviceClient(DeviceTrust trust, IDeviceTransport transport, IDeviceStore store, TimeProvider time, DeviceMemory memory)
    {
        (_trust, _transport, _store, _time, _memory) = (trust, transport, store, time, memory);
        _keys = [.. trust.EnclaveKeys.Select(key => Es256Key.TryImport(key)!)];
        _clock = new HeadClock(time, trust.HeadTolerance);
    }

    /// <summary>The highest head accepted so far.</summary>
    public DeviceMemory Memory => _memory;

    /// <summary>Starts with what the store remembers.</summary>
    /// <exception cref="ArgumentException">The trust settings are incomplete; the message names the one.</exception>
    /// <exception cref="DeviceStoreException">The store is damaged.</exception>
    public static async Task<DeviceClient> StartAsync(
        DeviceTrust trust, IDeviceTransport transport, IDeviceStore store, TimeProvider? time = null, CancellationToken cancellationToken = default)
        => trust.FindProblem() is { } problem
            ? throw new ArgumentException(problem, nameof(trust))
            : new DeviceClient(trust, transport, store, time ?? TimeProvider.System, await store.LoadAsync(cancellationToken));

    /// <summary>May <paramref name="commander"/> command <paramref name="scope"/> now? Asks anew each time; any doubt is a no.</summary>
    public async Task<DevicePermission> MayCommandAsync(Address commander, Hash32 scope, CancellationToken cancellationToken = default)
        => new(await AskAsync([Fact.CommandAllowed(commander, scope)], cancellationToken));

    /// <summary>Asks 1 to 4 facts about this device.</summary>
    public async Task<DeviceAnswer> AskAsync(IReadOnlyList<Fact> facts, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await AskInTurnAsync([.. facts], cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _turn.Dispose();
        foreach (var key in _keys)
        {
            key.Dispose();
        }
    }

    private async Task<DeviceAnswer> AskInTurnAsync(Fact[] facts, CancellationToken cancellationToken)
    {
        // 1. question; its age counts from here
        var askedAt = _time.GetTimestamp();
        var request = new Request(
            Question.Create(_trust.DeviceId, _memory.Block, facts), [.. RandomNumberGenerator.GetBytes(Request.NonceBytes)], _trust.MinLevel);
        var encoded = request.Encode();

        // 2. transport
        var reply = await _transport.AskAsync(encoded, cancellationToken);
        if (reply.Answer is not { } answer)
        {
            return reply.Problem is { } problem
                ? Fault(DeviceFault.Refused, $"{problem.Title}: {problem.Detail}")
                : Fault(DeviceFault.NoReply, reply.Trouble ?? "nothing came");
        }

        // 3. answer
        var verdict = Check(answer, request);
        if (!verdict.IsValid)
        {
            var wentBack = verdict.Fault == AnswerFault.MinBlock; // the min-block is the highest block seen
            return Fault(wentBack ? DeviceFault.HeadWentBack : DeviceFault.WrongAnswer, $"{verdict.Fault}: {verdict.Detail}", verdict.Fault, answer);
        }

        // 4. age, 5. head
        var body = verdict.Body!;
        var (fault, detail) = CheckHead(body, askedAt);
        if (fault != DeviceFault.None)
        {
            return Fault(fault, detail, encodedAnswer: answer);
        }

        // 6. memory
        if (await RememberAsync(body, cancellationToken) is { } notStored)
        {
            return Fault(DeviceFault.NotStored, notStored, encodedAnswer: answer);
        }

        return new DeviceAnswer(DeviceFault.None, "", AnswerFault.None, body, answer, encoded, _time, askedAt, _trust.MaxAge);

        DeviceAnswer Fault(DeviceFault reason, string text, AnswerFault answerFault = AnswerFault.None, byte[]? encodedAnswer = null)
            => new(reason, text, answerFault, null, encodedAnswer, encoded, _time, askedAt, _trust.MaxAge);
    }

    // The key id only says which key to try first: an answer may hold under any of them.
    private AnswerVerdict Check(byte[] answer, Request request)
    {
        _ = SignedAnswer.Decode(answer, out var signed);
        AnswerVerdict? first = null;
        foreach (var key in _keys.OrderByDescending(key => signed is not null && key.KeyId.Span.SequenceEqual(signed.KeyId)))
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

    private (DeviceFault Fault, string Detail) CheckHead(AnswerBody body, long askedAt)
    {
        var age = _time.GetElapsedTime(askedAt);
        return age > _trust.MaxAge ? (DeviceFault.TooOld, $"{age} since it was asked, at most {_trust.MaxAge} expected")
            : body.UnixSeconds < _memory.UnixSeconds ? (DeviceFault.TimeWentBack, $"time {body.UnixSeconds} found, {_memory.UnixSeconds} or later expected")
            : _clock.FindProblem(body.UnixSeconds) is { } problem ? (DeviceFault.HeadStandsStill, problem)
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
