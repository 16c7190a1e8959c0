using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Pythia.Enclave.Serving;

/// <summary>Listens where it is told and serves every connection. A Unix socket is for this user alone: 0600 in a folder 0700, and the peer's user is asked.</summary>
internal sealed partial class EnclaveServer(IEnclave enclave, EndPoint endPoint, TimeProvider time, ILogger logger)
{
    /// <summary>Connections at once; a silo has two. One more is told that this is too many (<see cref="EnclaveFault.Busy"/>), and is gone.</summary>
    public const int MostConnections = 8;

    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private const int CredentialBytes = 12;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly List<Task> _connections = [];
    private int _count;

    /// <summary>Binds; from then on a silo can connect.</summary>
    /// <exception cref="IOException">Somebody listens there already, or the folder is open to others.</exception>
    public Socket Listen()
    {
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (endPoint is UnixDomainSocketEndPoint unix) Prepare(unix);
            listener.Bind(endPoint);
            if (endPoint is UnixDomainSocketEndPoint bound && !OperatingSystem.IsWindows()) File.SetUnixFileMode(bound.ToString(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(MostConnections);
            LogListening(endPoint);
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new IOException($"{endPoint}: {e.Message}", e);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Serves until <paramref name="stopping"/>, then finishes what is under way, for <paramref name="drainTime"/> at most.</summary>
    public async Task RunAsync(Socket listener, TimeSpan drainTime, CancellationToken stopping)
    {
        using var load = new ServedLoad();
        try
        {
            while (true) await AcceptAsync(listener, load, drainTime, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            listener.Dispose();
            if (endPoint is UnixDomainSocketEndPoint unix) File.Delete(unix.ToString());
        }

        Task[] left;
        lock (_connections) left = [.. _connections];
        await Task.WhenAll(left);
    }

    // A socket file that nobody listens to is left over from a process that was killed.
    private static void Prepare(UnixDomainSocketEndPoint unix)
    {
        var path = unix.ToString();
        var folder = Path.GetDirectoryName(path)!;
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            var mode = File.GetUnixFileMode(folder);
            if ((mode & ~OwnerOnly) != UnixFileMode.None) throw new IOException($"{folder}: mode {Convert.ToString((int)mode, 8)} found, 700 expected: the socket is for this user alone");
        }

        if (!File.Exists(path)) return;

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(unix);
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }

        throw new IOException($"{path}: another process listens there");
    }

    private async Task AcceptAsync(Socket listener, ServedLoad load, TimeSpan drainTime, CancellationToken stopping)
    {
        Socket? socket = null;
        try
        {
            socket = await listener.AcceptAsync(stopping);
            if (FindStranger(socket) is { } stranger)
            {
                LogStranger(stranger);
                socket.Dispose();
                return;
            }

            if (Volatile.Read(ref _count) >= MostConnections)
            {
                await ServedConnection.RefuseAsync(socket, EnclaveFault.Busy, $"{MostConnections} connections are served");
                return;
            }

            if (endPoint is IPEndPoint) socket.NoDelay = true;
        }
        catch (SocketException e)
        {
            // No file descriptor is left, or the peer went meanwhile: those who are served notice nothing.
            LogNotAccepted(e.SocketErrorCode); // no trace: that opens files
            socket?.Dispose();
            await Task.Delay(AcceptPause, time, stopping);
            return;
        }

        Interlocked.Increment(ref _count);
        var serving = ServeAsync(socket, load, drainTime, stopping);
        lock (_connections)
        {
            _connections.RemoveAll(task => task.IsCompleted);
            _connections.Add(serving);
        }
    }

    private async Task ServeAsync(Socket socket, ServedLoad load, TimeSpan drainTime, CancellationToken stopping)
    {
        try
        {
            using var connection = new ServedConnection(socket, enclave, load, time, logger);
            await connection.RunAsync(drainTime, stopping);
        }
        catch (Exception e)
        {
            LogConnectionFailed(e);
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    // struct ucred { pid, uid, gid } (unix(7), SO_PEERCRED).
    private static uint? FindStranger(Socket socket)
    {
        if (socket.AddressFamily != AddressFamily.Unix || !OperatingSystem.IsLinux()) return null;

        Span<byte> credentials = stackalloc byte[CredentialBytes];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        var user = BitConverter.ToUInt32(credentials[sizeof(int)..]);
        return user == 0 || user == ProcessHardening.EffectiveUser() ? null : user;
    }

    [LoggerMessage(EventId = 3413, Level = LogLevel.Information, Message = "Listening at {EndPoint}")]
    private partial void LogListening(EndPoint endPoint);

    [LoggerMessage(EventId = 3414, Level = LogLevel.Warning, Message = "A connection of user {User} is refused")]
    private partial void LogStranger(uint user);

    [LoggerMessage(EventId = 3415, Level = LogLevel.Error, Message = "A connection failed")]
    private partial void LogConnectionFailed(Exception exception);

    [LoggerMessage(EventId = 3417, Level = LogLevel.Error, Message = "A connection can't be accepted: {Error}; the next one is tried after a pause")]
    private partial void LogNotAccepted(SocketError error);
}
