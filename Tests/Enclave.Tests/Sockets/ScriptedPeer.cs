using System.Net.Sockets;

namespace Pythia.Enclave.Tests.Sockets;

/// <summary>What a silo connects to where the test itself is the other side, byte by byte.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-peer-");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <param name="path">Where it listens; null: in a folder of its own.</param>
    public ScriptedPeer(string? path = null)
    {
        EndPoint = new UnixDomainSocketEndPoint(path ?? Path.Combine(_folder.FullName, "socket"));
        _listener.Bind(EndPoint);
        _listener.Listen();
    }

    public UnixDomainSocketEndPoint EndPoint { get; }

    /// <summary>Takes a connection and greets it.</summary>
    public async Task<Socket> AcceptAsync()
    {
        var socket = await AcceptSilentlyAsync();
        var hello = new byte[9 + "pythia-enclave".Length + 2];
        for (var filled = 0; filled < hello.Length;) filled += await socket.ReceiveAsync(hello.AsMemory(filled));
        await socket.SendAsync((byte[])[0, 0, 0, 23, 0, 0, 0, 0, 0x80, .. "pythia-enclave"u8, 0, 1, 4, 0]);
        return socket;
    }

    /// <summary>Takes a connection and says nothing.</summary>
    public async Task<Socket> AcceptSilentlyAsync() => await _listener.AcceptAsync();

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Delete(recursive: true);
    }
}
