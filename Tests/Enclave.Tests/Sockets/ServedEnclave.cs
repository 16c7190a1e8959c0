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

    private ServedEnclave(ScriptedEnclave enclave)
    {
        Path = System.IO.Path.Combine(_folder.FullName, "own", "socket");
        var server = new EnclaveServer(enclave, SocketEnclave.Parse($"unix:{Path}"), TimeProvider.System, NullLogger.Instance);
        _listener = server.Listen();
        _serving = server.RunAsync(_listener, TimeSpan.FromSeconds(5), _stop.Token);
    }

    public string Path { get; }

    public static ServedEnclave Start(ScriptedEnclave enclave) => new(enclave);

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
