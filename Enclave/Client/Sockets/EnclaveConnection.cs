using System.Net;
using System.Net.Sockets;

namespace Pythia.Enclave.Sockets;

/// <summary>A silo's end of one connection: requests go out under free numbers, replies find their request. Its end fails all that is under way.</summary>
internal sealed class EnclaveConnection : IAsyncDisposable
{
    // A number is a place and how often it was used, so that a reply which comes twice is not taken for the next one's.
    private const int PlaceBits = 10;
    private const uint PlaceMask = (1 << PlaceBits) - 1;

    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly FrameSender _sender;
    private readonly FrameReceiver _receiver;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly PendingCall?[] _places = new PendingCall?[EnclaveProtocol.MostInFlight];
    private readonly Stack<uint> _free = new();
    private readonly SemaphoreSlim _room = new(EnclaveProtocol.MostInFlight);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EnclaveException? _why;
    private Task _reading = Task.CompletedTask;

    private EnclaveConnection(Socket socket)
    {
        _socket = socket;
        _sender = new FrameSender(socket, e => End(Gone($"a write failed: {e.Message}", e)));
        _receiver = new FrameReceiver(socket, EnclaveProtocol.MaxReplyBytes);
        for (var place = (uint)EnclaveProtocol.MostInFlight; place > 0; place--) _free.Push(place - 1);
    }

    /// <summary>Completes when nothing can be asked here any more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Why it ended; null while it has not.</summary>
    public EnclaveException? Why => Volatile.Read(ref _why);

    /// <summary>Connects and says Hello, within 5 seconds.</summary>
    /// <exception cref="EnclaveException">Nobody listens, or who does speaks something else, or nothing.</exception>
    public static async Task<EnclaveConnection> OpenAsync(EndPoint endPoint, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        if (endPoint is IPEndPoint) socket.NoDelay = true;
        return await OpenAsync(socket, limit => socket.ConnectAsync(endPoint, limit), time, cancellationToken);
    }

    /// <summary>Says Hello within 5 seconds, <paramref name="connect"/> included, to whom that connects <paramref name="socket"/>, which is this connection's from now on.</summary>
    /// <exception cref="EnclaveException">As with an endpoint.</exception>
    internal static async Task<EnclaveConnection> OpenAsync(Socket socket, Func<CancellationToken, ValueTask> connect, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(HelloPatience, time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await connect(limited.Token);
            var connection = new EnclaveConnection(socket);
            await connection.GreetAsync(limited.Token);
            connection._reading = connection.ReadAsync();
            return connection;
        }
        catch (Exception e)
        {
            socket.Dispose();
            // A write that fails closes the socket under the read.
            if (e is SocketException or ObjectDisposedException) throw Gone(e.Message, e);
            if (e is ViolationException) throw new EnclaveException(EnclaveFault.Malformed, e.Message, e);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested) throw Gone($"no Hello within {HelloPatience.TotalSeconds:0} s", e);
            throw;
        }
    }

    /// <summary>Asks, and gives what the reply's payload was read as.</summary>
    public async ValueTask<object?> AskAsync(EnclaveOp op, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await EnterAsync(cancellationToken);
        var call = new PendingCall(op);
        Take(call);
        var sent = _sender.SendAsync(call.Number, (byte)op, payload);
        if (!sent.IsCompletedSuccessfully) await sent;

        if (!cancellationToken.CanBeCanceled) return await call.Result;

        using (cancellationToken.UnsafeRegister(static (state, token) => ((Cancellation)state!).Run(token), new Cancellation(this, call))) return await call.Result;
    }

    public async ValueTask DisposeAsync()
    {
        End(Gone("the connection was closed"));
        await _reading;
        await Ended; // whoever ends it has done so
        _closing.Dispose();
        _room.Dispose();
    }

    private static EnclaveException Gone(string why, Exception? inner = null) => new(EnclaveFault.Gone, why, inner);

    private ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _room.Wait(0, CancellationToken.None) ? default : new(WaitForRoomAsync(cancellationToken));
        }
        catch (ObjectDisposedException)
        {
            throw Renewed(); // it ended after the caller chose it
        }
    }

    private async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            await _room.WaitAsync(either.Token);
        }
        catch (Exception e) when (e is ObjectDisposedException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Renewed();
        }
    }

    private void Take(PendingCall call)
    {
        lock (_gate)
        {
            if (_why is not null) throw Renewed();

            var number = _free.Pop();
            call.Number = number;
            _places[number & PlaceMask] = call;
        }
    }

    // An exception is thrown to one caller each.
    private EnclaveException Renewed() => new(_why!.Fault, _why.Message, _why.InnerException);

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        var hello = new PayloadWriter().Raw(EnclaveProtocol.Magic).UInt16(EnclaveProtocol.Version).Written;
        await _sender.SendAsync(0, (byte)EnclaveOp.Hello, hello);
        Frame frame;
        while (!_receiver.TryTake(out frame))
        {
            if (!await _receiver.FillAsync(cancellationToken)) throw Gone("the connection ended before Hello");
        }

        Greet(frame);
    }

    private static void Greet(Frame frame)
    {
        ThrowIfFault(frame);
        if (frame.Op != ((byte)EnclaveOp.Hello | EnclaveProtocol.ReplyBit)) throw new ViolationException(Violation.HelloMisplaced, $"op 0x{frame.Op:x2} found, Hello expected");

        var reader = new PayloadReader(frame.Payload.Span);
        if (!reader.Raw(EnclaveProtocol.Magic.Length).SequenceEqual(EnclaveProtocol.Magic)) throw new ViolationException(Violation.WrongMagic, "another program answers");

        var (version, most) = (reader.UInt16(), reader.UInt16());
        reader.End();
        if (version != EnclaveProtocol.Version) throw new ViolationException(Violation.WrongVersion, $"version {version} found, {EnclaveProtocol.Version} expected");
        if (most < EnclaveProtocol.MostInFlight) throw new ViolationException(Violation.TooManyInFlight, $"at most {most} in flight found, {EnclaveProtocol.MostInFlight} expected");
    }

    private static void ThrowIfFault(Frame frame)
    {
        if (frame.Op != EnclaveProtocol.FaultOp || frame.Number != EnclaveProtocol.ConnectionNumber) return;

        var (fault, text) = EnclaveMessages.ReadFault(frame.Payload.Span);
        throw new EnclaveException((EnclaveFault)fault, text);
    }

    private async Task ReadAsync()
    {
        try
        {
            do
            {
                while (_receiver.TryTake(out var frame)) Receive(frame);
            }
            while (await _receiver.FillAsync(_closing.Token));
            End(Gone("the enclave closed the connection"));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            End(Gone(e.Message, e));
        }
        catch (Exception e)
        {
            End(Malformed(e));
        }
    }

    // Whatever a reader stumbles over: it was not the protocol.
    private static EnclaveException Malformed(Exception e) => e as EnclaveException ?? new EnclaveException(EnclaveFault.Malformed, e.Message, e);

    private void Receive(Frame frame)
    {
        ThrowIfFault(frame);
        var call = Release(frame.Number);
        try
        {
            End(call, frame);
        }
        catch (Exception e)
        {
            // It has no place any more, so the connection's end would not find it.
            call.TryFail(Malformed(e));
            throw;
        }
    }

    private static void End(PendingCall call, Frame frame)
    {
        if (frame.Op == EnclaveProtocol.FaultOp)
        {
            // A caller that cancelled has been told already: who hears of it here did not, and the enclave is about to go.
            var (fault, text) = EnclaveMessages.ReadFault(frame.Payload.Span);
            call.TryFail(fault == EnclaveProtocol.FaultCancelled ? Gone($"the enclave gave up: {text}") : new EnclaveException((EnclaveFault)fault, text));
            return;
        }

        if (frame.Op != ((byte)call.Op | EnclaveProtocol.ReplyBit)) throw new ViolationException(Violation.UnknownOp, $"op 0x{frame.Op:x2} found, the reply to {call.Op} expected");

        call.TryEnd(Read(call.Op, frame.Payload.Span));
    }

    private static object? Read(EnclaveOp op, ReadOnlySpan<byte> payload) => op switch
    {
        EnclaveOp.Answer or EnclaveOp.Prove => EnclaveMessages.ReadReply(payload),
        EnclaveOp.Identify => EnclaveMessages.ReadIdentity(payload),
        EnclaveOp.Attest => EnclaveMessages.ReadAttestation(payload),
        EnclaveOp.Counters => EnclaveMessages.ReadCounters(payload),
        EnclaveOp.RevokeOwnKey => EnclaveMessages.ReadRevocation(payload),
        EnclaveOp.Head => EnclaveMessages.ReadOptionalHead(payload),
        EnclaveOp.WaitForHead => EnclaveMessages.ReadHead(payload),
        EnclaveOp.ReadLogs => EnclaveMessages.ReadLogs(payload),
        EnclaveOp.Health => EnclaveMessages.ReadHealth(payload),
        _ => throw new ViolationException(Violation.UnknownOp, $"{op} has no reply"),
    };

    private PendingCall Release(uint number)
    {
        PendingCall call;
        lock (_gate)
        {
            var place = number & PlaceMask;
            if (_places[place] is not { } found || found.Number != number) throw new ViolationException(Violation.WrongNumber, $"a reply to {number} found, which is not under way");

            call = found;
            _places[place] = null;
            _free.Push(unchecked(number + PlaceMask + 1) == EnclaveProtocol.ConnectionNumber ? place : unchecked(number + PlaceMask + 1));
        }

        _room.Release();
        return call;
    }

    private void End(EnclaveException why)
    {
        PendingCall?[] left;
        lock (_gate)
        {
            if (_why is not null) return;

            Volatile.Write(ref _why, why);
            left = [.. _places];
        }

        _closing.Cancel();
        _socket.Dispose();
        foreach (var call in left) call?.TryFail(Renewed());
        _ended.TrySetResult();
    }

    private sealed class Cancellation(EnclaveConnection connection, PendingCall call)
    {
        // The place stays taken until the reply comes.
        public void Run(CancellationToken cancellationToken)
        {
            if (call.TryFail(new OperationCanceledException(cancellationToken))) _ = connection._sender.SendAsync(call.Number, (byte)EnclaveOp.Cancel, default).AsTask();
        }
    }
}
