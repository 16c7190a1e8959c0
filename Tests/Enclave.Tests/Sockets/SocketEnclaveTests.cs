using System.Net.Sockets;
using Pythia.Enclave.Serving;
using Pythia.Enclave.Sockets;
using Shouldly;

namespace Pythia.Enclave.Tests.Sockets;

/// <summary>Everything that crosses the socket arrives as it was; what is cancelled, too much or gone ends by name.</summary>
public sealed class SocketEnclaveTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ScriptedEnclave _enclave = new();
    private ServedEnclave _served = null!;
    private SocketEnclave _client = null!;

    public Task InitializeAsync()
    {
        _served = ServedEnclave.Start(_enclave);
        _client = _served.Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _served.DisposeAsync();
    }

    [Fact]
    public async Task EveryCall_Reply_ArrivesAsItWas()
    {
        Text(await _client.IdentifyAsync()).ShouldBe(Text(_enclave.Identity));
        _enclave.Identity = _enclave.Identity with { Next = null };
        Text(await _client.IdentifyAsync()).ShouldBe(Text(_enclave.Identity));
        Text(await _client.HeadAsync()).ShouldBe(Text(_enclave.Head));
        Text(await _client.WaitForHeadAsync(11)).ShouldBe(Text(_enclave.Head));
        _enclave.Head = null;
        (await _client.HeadAsync()).ShouldBeNull();
        Text(await _client.HealthAsync()).ShouldBe(Text(_enclave.Health));
        _enclave.Health = new EnclaveHealth(true, new(1, 2, ScriptedEnclave.Filled(32, 3), AssuranceLevel.Optimistic), null, [], 0, 0);
        Text(await _client.HealthAsync()).ShouldBe(Text(_enclave.Health));
        Text(await _client.ReadLogsAsync(5)).ShouldBe(Text(_enclave.Logs));
        (await _client.ReadLogsAsync(6)).Refusal.ShouldBe(new EnclaveRefusal(RefusalReason.BlockUnknown, "block 6"));
        var proven = await _client.ProveAsync(new byte[] { 1 });
        proven.Refusal.ShouldBe(new EnclaveRefusal(RefusalReason.NodeUnavailable, "no node", "http://three/"));
        proven.Problem.ToArray().ShouldBe([0x80]);
        var counters = await _client.CountersAsync();
        (counters.Answers, counters.SlotsCached, counters.SlotsFetched, counters.CacheBytes, counters.HeadBlock).ShouldBe((1UL, 2UL, 3UL, 7UL, 8UL));
        counters.Refusals.ShouldBe(_enclave.Counters.Refusals);
        counters.Fetches.ShouldBe(_enclave.Counters.Fetches);
        var nonce = ScriptedEnclave.Filled(32, 99);
        Text(await _client.AttestAsync(nonce, default)).ShouldBe(Text(_enclave.Attest(nonce, default)));
        Text(await _client.RevokeOwnKeyAsync(ScriptedEnclave.Keys.KeyId)).ShouldBe(Text(await _enclave.RevokeOwnKeyAsync(ScriptedEnclave.Keys.KeyId)));
    }

    [Fact]
    public async Task Answer_ManyAtOnce_EachGetsItsOwn()
    {
        // Out of order: the later, the sooner.
        var held = new List<(TaskCompletionSource Release, byte[] Request)>();
        _enclave.Answer = async (request, _) =>
        {
            var mine = request.ToArray();
            var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            bool all;
            lock (held)
            {
                held.Add((release, mine));
                all = held.Count % 100 == 0;
                if (all) foreach (var (earlier, _) in Enumerable.Reverse(held)) earlier.TrySetResult();
            }

            await release.Task;
            return EnclaveReply.Answered(mine);
        };
        for (var round = 0; round < 20; round++)
        {
            var asked = Enumerable.Range(0, 100).Select(i => BitConverter.GetBytes(1_000 * round + i)).ToArray();
            var replies = await Task.WhenAll(asked.Select(request => _client.AnswerAsync(request).AsTask())).WaitAsync(Patience);
            replies.Select(reply => BitConverter.ToInt32(reply.Answer.Span)).ShouldBe(asked.Select(request => BitConverter.ToInt32(request)));
        }
    }

    [Fact]
    public async Task Answer_MoreAtOnceThanMayBeInFlight_WaitForTheirTurn()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var most = 0;
        var now = 0;
        _enclave.Answer = async (request, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            await release.Task;
            Interlocked.Decrement(ref now);
            return EnclaveReply.Answered(request.ToArray());
        };
        var asking = Enumerable.Range(0, 3_000).Select(i => _client.AnswerAsync(BitConverter.GetBytes(i)).AsTask()).ToArray();
        while (Volatile.Read(ref most) < 1_024) await Task.Delay(1);
        release.SetResult();
        (await Task.WhenAll(asking).WaitAsync(Patience)).Length.ShouldBe(3_000);
        most.ShouldBe(1_024);
    }

    [Fact]
    public async Task Answer_Cancelled_ReachesTheEnclaveAndFreesItsPlace()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _enclave.Answer = async (_, cancelled) =>
        {
            await Task.Delay(Timeout.Infinite, cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            told.SetResult();
            throw new OperationCanceledException(cancelled);
        };
        using var cancel = new CancellationTokenSource();
        var asking = _client.AnswerAsync(new byte[] { 1 }, cancel.Token).AsTask();
        await _client.HeadAsync();
        await cancel.CancelAsync();
        (await Should.ThrowAsync<OperationCanceledException>(asking)).CancellationToken.ShouldBe(cancel.Token);
        await told.Task.WaitAsync(Patience);

        _enclave.Answer = (request, _) => new(EnclaveReply.Answered(request.ToArray()));
        (await _client.AnswerAsync(new byte[] { 2 })).Answer.ToArray().ShouldBe([2]);
    }

    [Theory]
    [InlineData(EnclaveFault.NotAttested)]
    [InlineData(EnclaveFault.QuoteFailed)]
    [InlineData(EnclaveFault.UnknownKey)]
    public async Task Attest_Fault_KeepsItsName(EnclaveFault fault)
    {
        _enclave.Attest = (_, _) => throw new EnclaveException(fault, "the words");
        var thrown = await Should.ThrowAsync<EnclaveException>(() => _client.AttestAsync(default, default).AsTask());
        (thrown.Fault, thrown.Message).ShouldBe((fault, "the words"));
        await Should.ThrowAsync<ArgumentException>(() => _client.AttestAsync(new byte[31], default).AsTask());
        await Should.ThrowAsync<ArgumentException>(() => _client.AttestAsync(default, new byte[7]).AsTask());
    }

    [Fact]
    public async Task RevokeOwnKey_OfOtherKeysOrNone_IsRefusedByName()
    {
        (await Should.ThrowAsync<EnclaveException>(() => _client.RevokeOwnKeyAsync(new byte[8]).AsTask())).Fault.ShouldBe(EnclaveFault.UnknownKey);

        // Never "the current ones": what is asked twice must not end two.
        await Should.ThrowAsync<ArgumentException>(() => _client.RevokeOwnKeyAsync(default).AsTask());
    }

    [Fact]
    public async Task Answer_EnclaveFailsUnnamed_SaysNoMoreThanItsType()
    {
        _enclave.Answer = (_, _) => throw new InvalidOperationException("a secret may stand here");
        var thrown = await Should.ThrowAsync<EnclaveException>(() => _client.AnswerAsync(default).AsTask());
        (thrown.Fault, thrown.Message).ShouldBe((EnclaveFault.Failed, "Answer failed: InvalidOperationException"));
    }

    [Fact]
    public async Task Answer_LongerThanAnyRequest_IsCutAndRefusedByTheEnclave()
    {
        (await _client.AnswerAsync(new byte[100_000])).Answer.Length.ShouldBe(4_096);
    }

    [Fact]
    public async Task Answer_NobodyThere_IsGoneAfterThePatience()
    {
        await using var alone = new SocketEnclave(SocketEnclave.Parse("unix:/nowhere/at/all"), TimeSpan.FromMilliseconds(1));
        (await Should.ThrowAsync<EnclaveException>(() => alone.AnswerAsync(default).AsTask())).Fault.ShouldBe(EnclaveFault.Gone);
    }

    [Fact]
    public async Task Open_PeerClosesAtOnce_IsGoneWheneverThatIs()
    {
        // A process that dies as it starts: before the first write, which fails then and closes the socket under the read, or after it.
        using var peer = new ScriptedPeer();
        foreach (var isBefore in (bool[])[true, false])
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(peer.EndPoint);
            var other = await peer.AcceptSilentlyAsync();
            if (isBefore) other.Dispose();
            var opening = EnclaveConnection.OpenAsync(socket, _ => default, TimeProvider.System, CancellationToken.None).WaitAsync(Patience);
            other.Dispose();
            (await Should.ThrowAsync<EnclaveException>(opening)).Fault.ShouldBe(EnclaveFault.Gone);
        }
    }

    [Fact]
    public async Task WaitUntilConnected_ServerWent_WaitsForTheNextOne()
    {
        await _client.IdentifyAsync();
        await _served.StopAsync();
        using (var limit = new CancellationTokenSource(Patience))
        {
            while (_client.Trouble is null) await Task.Delay(1, limit.Token); // until the client sees the end
        }

        // Nobody else waits, so nobody else has seen that the connection of before is none any more.
        var connected = _client.WaitUntilConnectedAsync();
        connected.IsCompleted.ShouldBeFalse("what has ended is no connection");
        await using var again = ServedEnclave.Start(_enclave, path: _served.Path);
        await connected.WaitAsync(Patience);
        _client.Trouble.ShouldBeNull();
        await _client.DisposeAsync();
    }

    [Fact]
    public async Task Stop_WhileAnswering_FinishesWhatIsUnderWay()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _enclave.Answer = async (request, _) =>
        {
            asked.TrySetResult();
            await release.Task;
            return EnclaveReply.Answered(request.ToArray());
        };
        var asking = _client.AnswerAsync(new byte[] { 5 }).AsTask();
        var waiting = _client.WaitForHeadAsync(1_000).AsTask();
        await asked.Task.WaitAsync(Patience);
        var stopping = _served.StopAsync();
        release.SetResult();
        (await asking.WaitAsync(Patience)).Answer.ToArray().ShouldBe([5]);
        await stopping;
        File.Exists(_served.Path).ShouldBeFalse();
        waiting.IsCompleted.ShouldBeFalse("who waits for a head goes on waiting for the next process");
    }

    [Fact]
    public async Task WaitForHead_ServerComesBack_GoesOnWaiting()
    {
        var waiting = _client.WaitForHeadAsync(12).AsTask();
        await _client.HeadAsync();
        await _served.StopAsync();
        using var limit = new CancellationTokenSource(Patience);
        Task connected;
        while ((connected = _client.WaitUntilConnectedAsync()).IsCompleted) await Task.Delay(1, limit.Token); // until the client sees the end
        waiting.IsCompleted.ShouldBeFalse("it goes on waiting while nobody is there");
        _enclave.Head = new(13, 35, ScriptedEnclave.Filled(32, 6), AssuranceLevel.Finalized);
        await using var again = ServedEnclave.Start(_enclave, path: _served.Path);
        (await waiting.WaitAsync(Patience)).Block.ShouldBe(13UL);
        await connected.WaitAsync(Patience);
        await _client.DisposeAsync();
    }

    [Fact]
    public async Task WaitForHead_ClientEnds_EndsToo()
    {
        var waiting = _client.WaitForHeadAsync(12).AsTask();
        await _client.HeadAsync();
        await _served.StopAsync();
        await _client.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        await Should.ThrowAsync<ObjectDisposedException>(() => _client.WaitUntilConnectedAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task Open_OneConnectionTooMany_IsBusyAndServedWhenThereIsRoom()
    {
        var others = new List<System.Net.Sockets.Socket>();
        for (var i = 0; i < EnclaveServer.MostConnections; i++) others.Add(await _served.ConnectAsync());
        await using var late = new SocketEnclave(SocketEnclave.Parse($"unix:{_served.Path}"), TimeSpan.FromMilliseconds(200));
        var thrown = await Should.ThrowAsync<EnclaveException>(() => late.IdentifyAsync().AsTask());
        thrown.Message.ShouldContain($"{EnclaveServer.MostConnections} connections are served");
        foreach (var other in others) other.Dispose();
        await late.WaitUntilConnectedAsync().WaitAsync(Patience);
        (await late.IdentifyAsync()).Id.ShouldBe("scripted");
    }

    [Fact]
    public async Task Prove_ManyMoreThanMayWait_AreBusyAndTheRestIsAnswered()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var most = 0;
        var now = 0;
        _enclave.Prove = async (_, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            await release.Task;
            Interlocked.Decrement(ref now);
            return EnclaveReply.Answered(new byte[1 << 20]);
        };
        var asking = Enumerable.Range(0, 200).Select(_ => _client.ProveAsync(new byte[] { 1 }).AsTask()).ToList();
        var busy = 0;
        while (busy < 200 - 64)
        {
            var first = await Task.WhenAny(asking).WaitAsync(Patience);
            asking.Remove(first);
            (await Should.ThrowAsync<EnclaveException>(first)).Fault.ShouldBe(EnclaveFault.Busy);
            busy++;
        }

        release.SetResult();
        (await Task.WhenAll(asking).WaitAsync(Patience)).ShouldAllBe(reply => reply.Answer.Length == 1 << 20);
        most.ShouldBe(1, "one is made at a time");
    }

    [Theory]
    [InlineData("unix:relative")]
    [InlineData("tcp:127.0.0.1")]
    [InlineData("tcp:127.0.0.1:0")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("")]
    public void Parse_NoEndPoint_IsRefused(string text) => Should.Throw<FormatException>(() => SocketEnclave.Parse(text)).Message.ShouldContain($"'{text}' found");

    private static string Text<T>(T value) => System.Text.Json.JsonSerializer.Serialize(value);

    private static void InterlockedMax(ref int most, int found)
    {
        for (var seen = Volatile.Read(ref most); found > seen && Interlocked.CompareExchange(ref most, found, seen) != seen; seen = Volatile.Read(ref most))
        {
        }
    }
}
