using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Pythia.Enclave.Sockets;

namespace Pythia.Enclave;

/// <summary>
/// An enclave that runs as a process of its own, behind a socket. Connects by itself, and again after each end. While it is away, a call waits a
/// little and then fails as <see cref="EnclaveFault.Gone"/>; one that was under way when it went is asked once more of the process that takes its
/// place, since asking again changes nothing. <see cref="WaitForHeadAsync"/> goes on waiting across restarts.
/// </summary>
public sealed class SocketEnclave : IEnclave, IAsyncDisposable
{
    /// <summary>What a call waits for a process that is away.</summary>
    public static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(2);

    private const int NonceBytes = 32;
    private const int KeyIdBytes = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(5);

    private readonly EndPoint _endPoint;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly EnclaveExpectation? _expected;
    private readonly Action<string>? _refused;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _connecting;
    private volatile TaskCompletionSource<EnclaveConnection> _connection = NewConnection();
    private volatile EnclaveConnection? _live;
    private volatile EnclaveException _trouble = new(EnclaveFault.Gone, "not connected yet");
    private int _greetings;
    private int _isDisposed;

    /// <param name="endPoint"><see cref="Parse"/> reads one.</param>
    /// <param name="patience">What a call waits while nobody is there; null: <see cref="UsualPatience"/>.</param>
    /// <param name="time">For pauses and patience.</param>
    /// <param name="expected">Who must be there; another one is asked nothing but who it is. Null: whoever it is.</param>
    /// <param name="refused">Told in what another one differs, once for each difference.</param>
    public SocketEnclave(EndPoint endPoint, TimeSpan? patience = null, TimeProvider? time = null, EnclaveExpectation? expected = null, Action<string>? refused = null)
    {
        (_endPoint, _patience, _time, _expected, _refused) = (endPoint, patience ?? UsualPatience, time ?? TimeProvider.System, expected, refused);
        _connecting = ConnectAsync();
    }

    /// <summary>Why nobody can be asked now: <see cref="EnclaveFault.Gone"/>, <see cref="EnclaveFault.OtherEnclave"/> or <see cref="EnclaveFault.Malformed"/>; null while somebody can.</summary>
    public EnclaveException? Trouble => _live is { Why: null } ? null : _trouble;

    /// <summary>How often somebody has said Hello here, whoever it was.</summary>
    public int Greetings => Volatile.Read(ref _greetings);

    /// <summary>Longest path of a Unix socket, in bytes of UTF-8: 108 with the zero at its end (unix(7), sun_path).</summary>
    public const int MostPathBytes = 107;

    /// <summary>Reads <c>unix:/path</c> or <c>tcp:address:port</c>.</summary>
    /// <exception cref="FormatException">It is neither, or its path is longer than <see cref="MostPathBytes"/>.</exception>
    public static EndPoint Parse(string endPoint)
    {
        if (endPoint.StartsWith("unix:/", StringComparison.Ordinal))
        {
            var path = endPoint["unix:".Length..];
            var length = Encoding.UTF8.GetByteCount(path);
            return length <= MostPathBytes ? new UnixDomainSocketEndPoint(path) : throw new FormatException($"'{endPoint}': a path of {length} bytes found, at most {MostPathBytes} expected of a socket's");
        }

        if (endPoint.StartsWith("tcp:", StringComparison.Ordinal) && IPEndPoint.TryParse(endPoint["tcp:".Length..], out var address) && address.Port > 0) return address;

        throw new FormatException($"'{endPoint}' found, unix:/path or tcp:address:port expected");
    }

    /// <summary>Completes when the enclave's process is connected: at once if it is now, whatever ended before.</summary>
    public async Task WaitUntilConnectedAsync(CancellationToken cancellationToken = default) => await WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default)
        => (EnclaveIdentity)(await AskAsync(EnclaveOp.Identify, default, cancellationToken))!;

    /// <inheritdoc/>
    public async ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
    {
        if (nonce.Length is not (0 or NonceBytes)) throw new ArgumentException($"nonce: {nonce.Length} bytes found, 0 or {NonceBytes} expected", nameof(nonce));
        if (keyId.Length is not (0 or KeyIdBytes)) throw new ArgumentException($"key id: {keyId.Length} bytes found, 0 or {KeyIdBytes} expected", nameof(keyId));

        return (EnclaveAttestation)(await AskAsync(EnclaveOp.Attest, EnclaveMessages.WriteAttest(nonce, keyId), cancellationToken))!;
    }

    /// <inheritdoc/>
    public async ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
    {
        if (keyId.Length != KeyIdBytes) throw new ArgumentException($"key id: {keyId.Length} bytes found, {KeyIdBytes} expected", nameof(keyId));

        // May be asked twice: it names the keys, and those of a process that takes the place of another are others.
        return (EnclaveRevocation)(await AskAsync(EnclaveOp.RevokeOwnKey, keyId, cancellationToken))!;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
        => (EnclaveReply)(await AskAsync(EnclaveOp.Answer, Cut(request), cancellationToken))!;

    /// <inheritdoc/>
    public async ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
        => (EnclaveReply)(await AskAsync(EnclaveOp.Prove, Cut(request), cancellationToken))!;

    /// <inheritdoc/>
    public async ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default)
        => (VerifiedHead?)await AskAsync(EnclaveOp.Head, default, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
    {
        var payload = new PayloadWriter().UInt64(afterBlock).Written;
        while (true)
        {
            try
            {
                return (VerifiedHead)(await AskAsync(EnclaveOp.WaitForHead, payload, cancellationToken))!;
            }
            catch (EnclaveException e) when (e.Fault == EnclaveFault.Gone && _isDisposed == 0)
            {
                await WaitUntilConnectedAsync(cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default)
        => (BlockLogsReply)(await AskAsync(EnclaveOp.ReadLogs, new PayloadWriter().UInt64(block).Written, cancellationToken))!;

    /// <inheritdoc/>
    public async ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default)
        => (EnclaveHealth)(await AskAsync(EnclaveOp.Health, default, cancellationToken))!;

    /// <summary>What the process has counted since it started.</summary>
    /// <exception cref="EnclaveException">As with every question.</exception>
    public async ValueTask<EnclaveCounters> CountersAsync(CancellationToken cancellationToken = default)
        => (EnclaveCounters)(await AskAsync(EnclaveOp.Counters, default, cancellationToken))!;

    /// <summary>Closes the connection; the process goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;

        await _stopping.CancelAsync();
        await _connecting;
        _stopping.Dispose();
    }

    private static TaskCompletionSource<EnclaveConnection> NewConnection() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What is longer than any request is refused for its length, whatever stands behind it.
    private static ReadOnlyMemory<byte> Cut(ReadOnlyMemory<byte> request)
        => request.Length <= EnclaveProtocol.MaxRequestBytes ? request : request[..EnclaveProtocol.MaxRequestBytes];

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<object?> AskAsync(EnclaveOp op, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var connection = await ReachAsync(cancellationToken);
        try
        {
            return await connection.AskAsync(op, payload, cancellationToken);
        }
        catch (EnclaveException e) when (e.Fault == EnclaveFault.Gone)
        {
            // Asked once more of whoever takes its place. It may say so itself a little before it goes.
            if (!await EndsAsync(connection, cancellationToken)) throw;
        }

        return await (await ReachAsync(cancellationToken)).AskAsync(op, payload, cancellationToken);
    }

    private async Task<bool> EndsAsync(EnclaveConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.Ended.WaitAsync(_patience, _time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private ValueTask<EnclaveConnection> ReachAsync(CancellationToken cancellationToken)
        => _live is { Why: null } live ? new(live) : new(WaitAsync(_patience, cancellationToken));

    private async Task<EnclaveConnection> WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
            var source = _connection;
            try
            {
                var left = patience - _time.GetElapsedTime(started);
                if (patience == Timeout.InfiniteTimeSpan) left = patience;
                else if (left < TimeSpan.Zero) left = TimeSpan.Zero;
                var connection = await source.Task.WaitAsync(left, _time, cancellationToken);
                if (connection.Why is null) return connection;

                await Renew(source, connection);
            }
            catch (TimeoutException e)
            {
                throw _trouble is { Fault: EnclaveFault.OtherEnclave } other
                    ? new EnclaveException(other.Fault, $"enclave at {_endPoint}: another one is there: {other.Message}", e)
                    : new EnclaveException(EnclaveFault.Gone, $"enclave at {_endPoint}: nobody is there: {_trouble.Message}", e);
            }
            catch (OperationCanceledException e) when (_isDisposed != 0)
            {
                throw new ObjectDisposedException($"the way to the enclave at {_endPoint} is closed", e);
            }
        }
    }

    // The connection has ended: the next one is waited for, by whoever sees it first.
    private async Task Renew(TaskCompletionSource<EnclaveConnection> ended, EnclaveConnection connection)
    {
        await connection.Ended;
        Interlocked.CompareExchange(ref _connection, NewConnection(), ended);
    }

    private async Task ConnectAsync()
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await EnclaveConnection.OpenAsync(_endPoint, _time, _stopping.Token);
                Interlocked.Increment(ref _greetings);
                await CheckAsync(connection);
                pause = FirstPause;
                var source = _connection;
                if (source.Task.IsCompleted)
                {
                    await Renew(source, await source.Task);
                    source = _connection;
                }

                _live = connection;
                source.TrySetResult(connection);
                await connection.Ended.WaitAsync(_stopping.Token);
                _trouble = connection.Why!;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                break; // disposed of
            }
            catch (Exception e)
            {
                // Whatever it was: the next one is tried, for as long as anybody may ask.
                var before = _trouble;
                _trouble = e as EnclaveException ?? new EnclaveException(EnclaveFault.Gone, e.Message, e);
                if (_trouble.Fault == EnclaveFault.OtherEnclave && (before.Fault, before.Message) != (_trouble.Fault, _trouble.Message)) _refused?.Invoke(_trouble.Message);
                await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause + pause < LongestPause ? pause + pause : LongestPause;
            }
        }

        _connection.TrySetCanceled();
    }

    // Each time anew: behind an endpoint stands whoever was started there last.
    private async Task CheckAsync(EnclaveConnection connection)
    {
        if (_expected is null) return;

        using var patience = new CancellationTokenSource(CheckPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token);
        try
        {
            var found = (EnclaveIdentity)(await connection.AskAsync(EnclaveOp.Identify, default, either.Token))!;
            if (_expected.FindMismatch(found) is { } mismatch) throw new EnclaveException(EnclaveFault.OtherEnclave, mismatch);
        }
        catch (OperationCanceledException e) when (!_stopping.IsCancellationRequested)
        {
            throw new EnclaveException(EnclaveFault.Gone, $"it did not say within {CheckPatience.TotalSeconds:0} s who it is", e);
        }
    }
}
