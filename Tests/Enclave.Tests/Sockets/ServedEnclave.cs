using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Pythia.Enclave.Serving;

namespace Pythia.Enclave.Tests.Sockets;

/// <summary>The server of pythia-enclave in the test's process, before a scripted enclave, on a socket of its own.</summary>
internal sealed class ServedEnclave : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-test-");
    private readonly Socket _listener;
    private readonly Task _serving;

    private ServedEnclave(ScriptedEnclave enclave, TimeSpan drainTime, string? path)
    {
        Path = path ?? System.IO.Path.Combine(_folder.FullName, "own", "socket");
        var server = new EnclaveServer(enclave, SocketEnclave.Parse($"unix:{Path}"), TimeProvider.System, NullLogger.Instance);
        _listener = server.Listen();
        _serving = server.RunAsync(_listener, drainTime, _stop.Token);
    }

    public string Path { get; }

    /// <param name="drainTime">For what is under way at a stop; null: 5 seconds.</param>
    /// <param name="path">Of the socket; null: one of its own.</param>
    public static ServedEnclave Start(ScriptedEnclave enclave, TimeSpan? drainTime = null, string? path = null) => new(enclave, drainTime ?? TimeSpan.FromSeconds(5), path);

    public SocketEnclave Open() => new(SocketEnclave.Parse($"unix:{Path}"), TimeSpan.FromSeconds(20));

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path));
        return socket;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _serving.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _listener.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }
}
