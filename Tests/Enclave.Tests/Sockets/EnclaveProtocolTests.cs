using System.Buffers.Binary;
using System.Net.Sockets;
using Pythia.Enclave.Sockets;
using Shouldly;

namespace Pythia.Enclave.Tests.Sockets;

/// <summary>Bytes that are not the protocol, from either side: each ends the connection, and is told by name.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class EnclaveProtocolTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] Hello = Frame(0, 0, [.. "pythia-enclave"u8, 0, 1]);

    private readonly ScriptedEnclave _enclave = new();
    private ServedEnclave _served = null!;

    public static TheoryData<string, byte[]> Broken => new()
    {
        { nameof(Violation.FrameTooShort), [.. Hello, 0, 0, 0, 4, 0, 0, 0, 1] },
        { nameof(Violation.FrameTooLong), [.. Hello, 0, 0, 0x10, 6, 0, 0, 0, 1, 3] },
        { nameof(Violation.FrameTooLong), [.. Hello, 0xFF, 0xFF, 0xFF, 0xFF] },
        { nameof(Violation.HelloMisplaced), Frame(1, 3, []) },
        { nameof(Violation.HelloMisplaced), [.. Hello, .. Hello] },
        { nameof(Violation.WrongMagic), Frame(0, 0, [.. "GET / HTTP/1.1"u8, 0, 1]) },
        { nameof(Violation.WrongMagic), Frame(0, 0, []) },
        { nameof(Violation.WrongVersion), Frame(0, 0, [.. "pythia-enclave"u8, 0, 2]) },
        { nameof(Violation.BadPayload), Frame(0, 0, [.. "pythia-enclave"u8, 0, 1, 0]) },
        { nameof(Violation.UnknownOp), [.. Hello, .. Frame(1, 0x7e, [])] },
        { nameof(Violation.UnknownOp), [.. Hello, .. Frame(1, 0x83, [])] },
        { nameof(Violation.WrongNumber), [.. Hello, .. Frame(1, 6, WaitForever), .. Frame(1, 5, [])] },
        { nameof(Violation.WrongNumber), [.. Hello, .. Frame(uint.MaxValue, 5, [])] },
        { nameof(Violation.TooManyInFlight), [.. Hello, .. Enumerable.Range(0, 1_025).SelectMany(i => Frame((uint)i, 6, WaitForever))] },
        { nameof(Violation.CutOff), [.. Hello, 0, 0, 0, 6, 1] },
    };

    private static byte[] WaitForever => [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

    public Task InitializeAsync()
    {
        _served = ServedEnclave.Start(_enclave);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _served.DisposeAsync().AsTask();

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Serve_BrokenBytes_SaysWhichRuleAndCloses(string violation, byte[] bytes)
    {
        using var socket = await _served.ConnectAsync();
        await socket.SendAsync(bytes);
        if (violation == nameof(Violation.CutOff)) socket.Shutdown(SocketShutdown.Send);
        var frames = await ReadToEndAsync(socket);
        var (_, op, payload) = frames.Single(frame => frame.Number == uint.MaxValue);
        op.ShouldBe((byte)0xFF);
        BinaryPrimitives.ReadUInt16BigEndian(payload).ShouldBe((ushort)EnclaveFault.Malformed);
        System.Text.Encoding.UTF8.GetString(payload.AsSpan(4)).ShouldStartWith($"{violation}:");

        // Nobody else notices.
        await using var other = _served.Open();
        (await other.HeadAsync())!.Block.ShouldBe(12UL);
    }

    [Theory]
    [InlineData(2, new byte[] { 2 })]
    [InlineData(2, new byte[] { 0 })]
    [InlineData(2, new byte[] { 0, 0, 0 })]
    [InlineData(2, new byte[] { 1, 0 })]
    [InlineData(6, new byte[] { 1, 2, 3 })]
    [InlineData(7, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    public async Task Serve_PayloadThatIsNotAsDrawn_FailsThatRequestAlone(byte op, byte[] payload)
    {
        using var socket = await _served.ConnectAsync();
        await socket.SendAsync((byte[])[.. Hello, .. Frame(9, op, payload), .. Frame(10, 5, [])]);
        var frames = new Dictionary<uint, (uint Number, byte Op, byte[] Payload)>();
        for (var i = 0; i < 3; i++)
        {
            var frame = (await ReadFrameAsync(socket))!.Value;
            frames.Add(frame.Number, frame);
        }

        frames[9].Op.ShouldBe((byte)0xFF);
        frames[10].Op.ShouldBe((byte)0x85);
        BinaryPrimitives.ReadUInt16BigEndian(frames[9].Payload).ShouldBe((ushort)EnclaveFault.Malformed);
    }

    [Fact]
    public async Task Serve_BytesOneByOne_AreTheSameRequest()
    {
        using var socket = await _served.ConnectAsync();
        foreach (var one in (byte[])[.. Hello, .. Frame(77, 3, [1, 2, 3])]) await socket.SendAsync((byte[])[one]);
        (await ReadFrameAsync(socket))!.Value.Op.ShouldBe((byte)0x80);
        var (number, op, payload) = (await ReadFrameAsync(socket))!.Value;
        (number, op).ShouldBe((77u, (byte)0x83));
        payload.ShouldBe([0, 1, 2, 3]);
    }

    [Fact]
    public async Task Serve_PeerThatDoesNotRead_IsNotReadFromAndOthersAreServed()
    {
        // 1,000 proofs of 64 KB: more than may gather. Sixteen connections that do nothing more than that take all places but one.
        _enclave.Answer = (_, _) => new(EnclaveReply.Answered(new byte[64 << 10]));
        using var deaf = await _served.ConnectAsync();
        await deaf.SendAsync((byte[])[.. Hello, .. Enumerable.Range(0, 1_000).SelectMany(i => Frame((uint)i, 3, [1]))]);
        await using var other = _served.Open();
        (await other.AnswerAsync(new byte[] { 1 })).Answer.Length.ShouldBe(64 << 10);

        // When it reads, all is there.
        for (var i = 0; i < 1_001; i++) (await ReadFrameAsync(deaf)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Serve_PeerThatDoesNotRead_IsLeftWhenTheEnclaveStops()
    {
        _enclave.Answer = (_, _) => new(EnclaveReply.Answered(new byte[64 << 10]));
        var served = ServedEnclave.Start(_enclave, TimeSpan.FromMilliseconds(50));
        using var deaf = await served.ConnectAsync();
        await deaf.SendAsync((byte[])[.. Hello, .. Enumerable.Range(0, 1_000).SelectMany(i => Frame((uint)i, 3, [1]))]);
        (await ReadFrameAsync(deaf))!.Value.Op.ShouldBe((byte)0x80);
        (await ReadFrameAsync(deaf))!.Value.Op.ShouldBe((byte)0x83);
        await served.DisposeAsync();

        // What was with the operating system is there, and the end.
        var rest = 0;
        var buffer = new byte[64 << 10];
        while (await deaf.ReceiveAsync(buffer) is > 0 and var received) rest += received;
        rest.ShouldBeLessThan(998 * (64 << 10));
    }

    [Fact]
    public async Task Serve_AsManyAsMayBe_EachReplyMakesRoomForTheNextRequest()
    {
        const int Rounds = 60_000;
        using var socket = await _served.ConnectAsync();
        await socket.SendAsync((byte[])[.. Hello, .. Enumerable.Range(0, 1_024).SelectMany(i => Frame((uint)i, 3, [1]))]);
        (await ReadFrameAsync(socket))!.Value.Op.ShouldBe((byte)0x80);
        for (var asked = 1_024u; asked < Rounds; asked++)
        {
            var (number, op, payload) = (await ReadFrameAsync(socket))!.Value;
            op.ShouldBe((byte)0x83, number == uint.MaxValue ? System.Text.Encoding.UTF8.GetString(payload) : "a reply");
            await socket.SendAsync(Frame(number, 3, [1]));
        }
    }

    [Fact]
    public async Task Listen_SocketLeftBehind_IsTakenOver_AndALivingOneIsNot()
    {
        Should.Throw<IOException>(() => Listen(_served.Path)).Message.ShouldContain("another process listens there");
        await _served.StopAsync();
        var dead = Path.Combine(Path.GetDirectoryName(_served.Path)!, "dead");
        using (var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)) killed.Bind(new UnixDomainSocketEndPoint(dead));
        await File.WriteAllTextAsync(_served.Path, "");
        using var again = Listen(_served.Path);
        ((int)File.GetUnixFileMode(_served.Path)).ShouldBe(Convert.ToInt32("600", 8));
        ((int)File.GetUnixFileMode(Path.GetDirectoryName(_served.Path)!)).ShouldBe(Convert.ToInt32("700", 8));
    }

    [Fact]
    public void Listen_FolderOpenToOthers_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("pythia-open-");
        try
        {
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)Convert.ToInt32("755", 8));
            Should.Throw<IOException>(() => Listen(Path.Combine(folder.FullName, "socket"))).Message.ShouldContain("mode 755 found, 700 expected");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("another op", new byte[] { 0, 0, 0, 5, 0, 0, 0, 0, 0x84 }, EnclaveFault.Malformed)]
    [InlineData("no head", new byte[] { 0, 0, 0, 6, 0, 0, 0, 0, 0x85, 2 }, EnclaveFault.Malformed)]
    [InlineData("half a head", new byte[] { 0, 0, 0, 7, 0, 0, 0, 0, 0x85, 1, 0 }, EnclaveFault.Malformed)]
    [InlineData("half a fault", new byte[] { 0, 0, 0, 6, 0, 0, 0, 0, 0xFF, 0 }, EnclaveFault.Malformed)]
    [InlineData("cancelled, and nobody did", new byte[] { 0, 0, 0, 9, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0 }, EnclaveFault.Gone)]
    public async Task Ask_ReplyThatIsNone_FailsItsCaller(string what, byte[] reply, EnclaveFault fault)
    {
        using var peer = new ScriptedPeer();
        var opening = EnclaveConnection.OpenAsync(peer.EndPoint, TimeProvider.System, CancellationToken.None);
        using var socket = await peer.AcceptAsync();
        await using var connection = await opening.WaitAsync(Patience);
        var asking = connection.AskAsync(EnclaveOp.Head, default, CancellationToken.None).AsTask();
        var (number, _, _) = (await ReadFrameAsync(socket))!.Value;
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(4), number);
        await socket.SendAsync(reply);
        (await Should.ThrowAsync<EnclaveException>(() => asking.WaitAsync(Patience))).Fault.ShouldBe(fault, what);
    }

    [Fact]
    public async Task Ask_ConnectionThatIsDisposedOf_IsGone()
    {
        using var peer = new ScriptedPeer();
        var opening = EnclaveConnection.OpenAsync(peer.EndPoint, TimeProvider.System, CancellationToken.None);
        using var socket = await peer.AcceptAsync();
        var connection = await opening.WaitAsync(Patience);
        await connection.DisposeAsync();
        (await Should.ThrowAsync<EnclaveException>(() => connection.AskAsync(EnclaveOp.Head, default, CancellationToken.None).AsTask())).Fault.ShouldBe(EnclaveFault.Gone);
    }

    [Fact]
    public async Task Open_PeerThatSaysNothing_IsGoneAfterFiveSeconds()
    {
        using var peer = new ScriptedPeer();
        var time = new Vectors.ManualTimeProvider();
        var opening = EnclaveConnection.OpenAsync(peer.EndPoint, time, CancellationToken.None);
        using var socket = await peer.AcceptSilentlyAsync();
        (await ReadFrameAsync(socket))!.Value.Op.ShouldBe((byte)0);
        opening.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(5));
        var thrown = await Should.ThrowAsync<EnclaveException>(() => opening.WaitAsync(Patience));
        (thrown.Fault, thrown.Message).ShouldBe((EnclaveFault.Gone, "no Hello within 5 s"));
    }

    [Fact]
    public async Task Serve_PeerThatSaysNothing_IsClosedAfterFiveSeconds()
    {
        using var peer = new ScriptedPeer();
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var accepting = peer.AcceptSilentlyAsync();
        await silent.ConnectAsync(peer.EndPoint);
        var time = new Vectors.ManualTimeProvider();
        using var load = new Serving.ServedLoad();
        using var served = new Serving.ServedConnection(await accepting, new ScriptedEnclave(), load, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var serving = served.RunAsync(TimeSpan.Zero, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        serving.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromTicks(1));
        await serving.WaitAsync(Patience);
    }

    [Theory]
    [InlineData("hello of another", new byte[] { 0, 0, 0, 23, 0, 0, 0, 0, 0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 1, 4, 0 }, EnclaveFault.Malformed)]
    [InlineData("a reply first", new byte[] { 0, 0, 0, 5, 0, 0, 0, 0, 0x85 }, EnclaveFault.Malformed)]
    [InlineData("closed", new byte[0], EnclaveFault.Gone)]
    public async Task Open_PeerThatIsNoEnclave_SaysSo(string what, byte[] bytes, EnclaveFault fault)
    {
        var folder = Directory.CreateTempSubdirectory("pythia-peer-");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var endPoint = new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "socket"));
        listener.Bind(endPoint);
        listener.Listen();
        var opening = EnclaveConnection.OpenAsync(endPoint, TimeProvider.System, CancellationToken.None);
        using (var peer = await listener.AcceptAsync())
        {
            var hello = new byte[Hello.Length];
            await peer.ReceiveAsync(hello);
            if (bytes.Length > 0) await peer.SendAsync(bytes);
        }

        (await Should.ThrowAsync<EnclaveException>(() => opening.WaitAsync(Patience))).Fault.ShouldBe(fault, what);
        folder.Delete(recursive: true);
    }

    private static Socket Listen(string path)
        => new Serving.EnclaveServer(new ScriptedEnclave(), new UnixDomainSocketEndPoint(path), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Listen();

    private static byte[] Frame(uint number, byte op, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)(5 + payload.Length));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), number);
        frame[8] = op;
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static async Task<List<(uint Number, byte Op, byte[] Payload)>> ReadToEndAsync(Socket socket)
    {
        var frames = new List<(uint, byte, byte[])>();
        while (await ReadFrameAsync(socket) is { } frame) frames.Add(frame);
        return frames;
    }

    private static async Task<(uint Number, byte Op, byte[] Payload)?> ReadFrameAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Patience);
        var head = new byte[9];
        if (!await FillAsync(socket, head, patience.Token)) return null;

        var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head) - 5];
        (await FillAsync(socket, payload, patience.Token)).ShouldBeTrue();
        return (BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)), head[8], payload);
    }

    private static async Task<bool> FillAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        for (var filled = 0; filled < buffer.Length;)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
            if (received == 0) return false;

            filled += received;
        }

        return true;
    }
}
