using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Sockets;

namespace Pythia.Enclave.Serving;

/// <summary>
/// The enclave's end of one connection (<see cref="EnclaveProtocol"/>): 1. Hello, 2. requests, each on a thread of the pool, 3. its reply, or its
/// fault. A peer that breaks the protocol is told how and is gone; one that does not read is not read from.
/// </summary>
internal sealed partial class ServedConnection : IDisposable
{
    /// <summary>Requests whose reply is not with the operating system yet. A peer that reads and counts comes nowhere near; one that does not read is not read from.</summary>
    private const int MostUnsettled = 2 * EnclaveProtocol.MostInFlight;

    /// <summary>Requests above <see cref="ServedRequest.UsualBytes"/> at once: no question is that long.</summary>
    private const int MostLongRequests = 64;

    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LargePatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly IEnclave _enclave;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FrameSender _sender;
    private readonly FrameReceiver _receiver;
    private readonly ServedLoad _load;
    private readonly SemaphoreSlim _room = new(MostUnsettled);
    private readonly SemaphoreSlim _longRequests = new(MostLongRequests);
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, ServedRequest> _underWay = [];
    private readonly Stack<ServedRequest> _idle = new();
    private readonly CancellationTokenSource _closing = new();
    private TaskCompletionSource? _settled;
    private int _unsettled;

    public ServedConnection(Socket socket, IEnclave enclave, ServedLoad load, TimeProvider time, ILogger logger)
    {
        (_socket, _enclave, _load, _time, _logger) = (socket, enclave, load, time, logger);
        _sender = new FrameSender(socket, _ => _closing.Cancel());
        _receiver = new FrameReceiver(socket, EnclaveProtocol.MaxRequestBytes);
    }

    /// <summary>Says why a connection is not served, without waiting for its Hello, and closes it.</summary>
    public static async Task RefuseAsync(Socket socket, EnclaveFault fault, string text)
    {
        using (socket)
        {
            // A new connection's buffer is empty: it takes this at once, whether or not anybody reads.
            var sender = new FrameSender(socket, _ => { });
            await sender.SendAsync(EnclaveProtocol.ConnectionNumber, EnclaveProtocol.FaultOp, EnclaveMessages.WriteFault((ushort)fault, text));
            await sender.DrainAsync();
        }
    }

    /// <summary>Serves until the peer closes, breaks the protocol, or <paramref name="stopping"/>; then what is under way is finished.</summary>
    public async Task RunAsync(TimeSpan drainTime, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, _closing.Token);
        try
        {
            // 1. hello
            using (var patience = new CancellationTokenSource(HelloPatience, _time))
            using (var limited = CancellationTokenSource.CreateLinkedTokenSource(either.Token, patience.Token))
            {
                Greet(await NextAsync(limited.Token));
            }

            // 2. requests
            do
            {
                while (_receiver.TryTake(out var frame)) await TakeAsync(frame, either.Token);
            }
            while (await _receiver.FillAsync(either.Token));
        }
        catch (ViolationException e)
        {
            LogViolation(e.Violation, e.Message);
            var said = _sender.SendAsync(EnclaveProtocol.ConnectionNumber, EnclaveProtocol.FaultOp, EnclaveMessages.WriteFault((ushort)EnclaveFault.Malformed, e.Message));
            await EndsWithinAsync(said.AsTask(), LastPatience);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or EndOfStreamException)
        {
            // The peer went, or we stop.
        }

        await FinishAsync(stopping.IsCancellationRequested ? drainTime : TimeSpan.Zero);
    }

    /// <summary>3. Carries out one request and sends its reply.</summary>
    public async Task ServeAsync(ServedRequest request)
    {
        try
        {
            await ReplyAsync(request);
        }
        catch (Exception e)
        {
            var (fault, text) = FaultOf(request.Op, e);
            FreeNumber(request);
            await _sender.SendAsync(request.Number, EnclaveProtocol.FaultOp, EnclaveMessages.WriteFault(fault, text));
        }
        finally
        {
            Settle(request);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _closing.Dispose();
        _room.Dispose();
        _longRequests.Dispose();
        foreach (var request in _idle) request.Dispose();
    }

    private static ReadOnlyMemory<byte> HelloReply()
        => new PayloadWriter().Raw(EnclaveProtocol.Magic).UInt16(EnclaveProtocol.Version).UInt16(EnclaveProtocol.MostInFlight).Written;

    private async ValueTask<Frame> NextAsync(CancellationToken cancellationToken)
    {
        Frame frame;
        while (!_receiver.TryTake(out frame))
        {
            if (!await _receiver.FillAsync(cancellationToken)) throw new EndOfStreamException();
        }

        return frame;
    }

    private void Greet(Frame frame)
    {
        if (frame.Op != (byte)EnclaveOp.Hello) throw new ViolationException(Violation.HelloMisplaced, $"op 0x{frame.Op:x2} found, Hello expected");

        var reader = new PayloadReader(frame.Payload.Span);
        if (frame.Payload.Length < EnclaveProtocol.Magic.Length || !reader.Raw(EnclaveProtocol.Magic.Length).SequenceEqual(EnclaveProtocol.Magic))
        {
            throw new ViolationException(Violation.WrongMagic, "another greeting than pythia-enclave found");
        }

        var version = reader.UInt16();
        reader.End();
        if (version != EnclaveProtocol.Version) throw new ViolationException(Violation.WrongVersion, $"version {version} found, {EnclaveProtocol.Version} expected");

        _ = _sender.SendAsync(frame.Number, (byte)EnclaveOp.Hello | EnclaveProtocol.ReplyBit, HelloReply()).AsTask();
    }

    private async ValueTask TakeAsync(Frame frame, CancellationToken cancellationToken)
    {
        switch ((EnclaveOp)frame.Op)
        {
            case EnclaveOp.Hello:
                throw new ViolationException(Violation.HelloMisplaced, "a second Hello found");
            case EnclaveOp.Cancel:
                Cancel(frame.Number);
                break;
            case (>= EnclaveOp.Identify and <= EnclaveOp.Health) or EnclaveOp.RevokeOwnKey or EnclaveOp.Counters:
                await _room.WaitAsync(cancellationToken);
                if (frame.Payload.Length > ServedRequest.UsualBytes) await _longRequests.WaitAsync(cancellationToken);
                ThreadPool.UnsafeQueueUserWorkItem(Begin(frame), preferLocal: false);
                break;
            default:
                throw new ViolationException(Violation.UnknownOp, $"op 0x{frame.Op:x2} found");
        }
    }

    private ServedRequest Begin(Frame frame)
    {
        lock (_gate)
        {
            if (_underWay.Count >= EnclaveProtocol.MostInFlight) throw new ViolationException(Violation.TooManyInFlight, $"more than {EnclaveProtocol.MostInFlight} requests at once found");
            if (frame.Number == EnclaveProtocol.ConnectionNumber || _underWay.ContainsKey(frame.Number)) throw new ViolationException(Violation.WrongNumber, $"number {frame.Number} found, which is under way");

            if (!_idle.TryPop(out var request)) request = new ServedRequest(this);
            request.Begin(frame);
            _underWay.Add(frame.Number, request);
            _unsettled++;
            return request;
        }
    }

    private void Cancel(uint number)
    {
        // Inside the gate, so that it is not another request by the time it is cancelled.
        lock (_gate)
        {
            if (_underWay.TryGetValue(number, out var request)) request.Cancel();
        }
    }

    // Before its reply can be read: from then on the peer takes the number, and the place, for another request.
    private void FreeNumber(ServedRequest request)
    {
        lock (_gate) _underWay.Remove(request.Number);
    }

    private void Settle(ServedRequest request)
    {
        _room.Release();
        if (request.IsLong) _longRequests.Release();
        lock (_gate)
        {
            request.Reset();
            _idle.Push(request);
            if (--_unsettled == 0) _settled?.TrySetResult();
        }
    }

    private async ValueTask ReplyAsync(ServedRequest request)
    {
        switch (request.Op)
        {
            case EnclaveOp.Answer:
                await SendAsync(request, EnclaveMessages.Write(await _enclave.AnswerAsync(request.Payload, request.Cancelled)));
                break;
            case EnclaveOp.Prove or EnclaveOp.ReadLogs:
                await ReplyLargeAsync(request);
                break;
            case EnclaveOp.Attest:
                var (nonce, keyId) = EnclaveMessages.ReadAttest(request.Payload.Span);
                await SendAsync(request, EnclaveMessages.Write(await _enclave.AttestAsync(nonce, keyId, request.Cancelled)));
                break;
            case EnclaveOp.Counters:
                await SendAsync(request, EnclaveMessages.Write((_enclave as ICountingEnclave)?.Counters ?? EnclaveCounters.None));
                break;
            case EnclaveOp.RevokeOwnKey:
                await SendAsync(request, EnclaveMessages.Write(await _enclave.RevokeOwnKeyAsync(EnclaveMessages.ReadKeyId(request.Payload.Span), request.Cancelled)));
                break;
            case EnclaveOp.WaitForHead:
                await SendAsync(request, EnclaveMessages.Write(await WaitForHeadAsync(request)));
                break;
            case EnclaveOp.Identify:
                await SendAsync(request, EnclaveMessages.Write(await _enclave.IdentifyAsync(request.Cancelled)));
                break;
            case EnclaveOp.Head:
                await SendAsync(request, EnclaveMessages.WriteOptional(await _enclave.HeadAsync(request.Cancelled)));
                break;
            default:
                await SendAsync(request, EnclaveMessages.Write(await _enclave.HealthAsync(request.Cancelled)));
                break;
        }
    }

    private Task ReplyLargeAsync(ServedRequest request) => _load.RunLargeAsync(
        async () =>
        {
            var payload = request.Op == EnclaveOp.Prove
                ? EnclaveMessages.Write(await _enclave.ProveAsync(request.Payload, request.Cancelled))
                : (EnclaveMessages.Write(await _enclave.ReadLogsAsync(EnclaveMessages.ReadUInt64(request.Payload.Span), request.Cancelled)), default);

            // Others wait for it: a peer that does not read is no reason to.
            var sent = SendAsync(request, payload).AsTask();
            if (!await EndsWithinAsync(sent, LargePatience)) _socket.Dispose();
            await sent;
        },
        request.Cancelled);

    private async Task<VerifiedHead> WaitForHeadAsync(ServedRequest request)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(request.Cancelled, _closing.Token);
        try
        {
            return await _enclave.WaitForHeadAsync(EnclaveMessages.ReadUInt64(request.Payload.Span), either.Token);
        }
        catch (OperationCanceledException e) when (!request.Cancelled.IsCancellationRequested)
        {
            throw new EnclaveException(EnclaveFault.Gone, "the enclave stops", e);
        }
    }

    private ValueTask SendAsync(ServedRequest request, ReadOnlyMemory<byte> payload) => SendAsync(request, (payload, default));

    private ValueTask SendAsync(ServedRequest request, (ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second) payload)
    {
        var length = payload.First.Length + payload.Second.Length;
        if (length > EnclaveProtocol.MaxReplyBytes) throw new EnclaveException(EnclaveFault.Failed, $"{request.Op}: a reply of {length} bytes found, at most {EnclaveProtocol.MaxReplyBytes} expected");

        FreeNumber(request);
        return _sender.SendAsync(request.Number, (byte)((byte)request.Op | EnclaveProtocol.ReplyBit), payload.First, payload.Second);
    }

    private (ushort Fault, string Text) FaultOf(EnclaveOp op, Exception exception)
    {
        switch (exception)
        {
            case EnclaveException e:
                return ((ushort)e.Fault, e.Message);
            case OperationCanceledException:
                return (EnclaveProtocol.FaultCancelled, "cancelled");
            case ObjectDisposedException:
                return ((ushort)EnclaveFault.Gone, "the enclave stops");
            case ViolationException e:
                return ((ushort)EnclaveFault.Malformed, e.Message);
            default:
                LogFailed(op, exception);
                return ((ushort)EnclaveFault.Failed, $"{op} failed: {exception.GetType().Name}");
        }
    }

    private async Task FinishAsync(TimeSpan drainTime)
    {
        Task settled;
        lock (_gate)
        {
            _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_unsettled == 0) _settled.SetResult();
            settled = _settled.Task;
        }

        // Who waits for a head would wait for long; the peer that went wants nothing any more.
        await _closing.CancelAsync();
        if (drainTime == TimeSpan.Zero) CancelAll();
        if (drainTime > TimeSpan.Zero && !await EndsWithinAsync(settled, drainTime)) CancelAll();

        // A peer that does not read would hold us for ever: without its socket, replies go nowhere and are settled.
        if (!await EndsWithinAsync(settled, LastPatience)) _socket.Dispose();
        await settled;
        await EndsWithinAsync(_sender.DrainAsync(), LastPatience);
    }

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void CancelAll()
    {
        lock (_gate)
        {
            foreach (var request in _underWay.Values) request.Cancel();
        }
    }

    [LoggerMessage(EventId = 3411, Level = LogLevel.Warning, Message = "A connection broke the protocol, {Violation}: {Detail}")]
    private partial void LogViolation(Violation violation, string detail);

    [LoggerMessage(EventId = 3412, Level = LogLevel.Error, Message = "{Op} failed")]
    private partial void LogFailed(EnclaveOp op, Exception exception);
}
