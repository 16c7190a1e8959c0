using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pythia.Enclave;
using Pythia.Enclave.Hosting;
using Pythia.Gateway.Health;
using Pythia.Silo.Health;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests.Health;

/// <summary>Whatever the enclave fails with, the watch goes on: a hosted service that fails stops the silo.</summary>
public sealed class HeadWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(EnclaveFault.Gone)]
    [InlineData(EnclaveFault.Malformed)]
    [InlineData(EnclaveFault.Failed)]
    public async Task Watch_EnclaveFails_AsksAgainAfterAPause(EnclaveFault fault)
    {
        var time = new ManualTimeProvider();
        var enclave = new FailingEnclave(fault);
        using var fleet = new EnclaveFleet([new EnclaveMember("one", EnclaveMode.InProcess, enclave)]);
        using var watch = new HeadWatch(fleet, Options.Create(new OperationsOptions()), time, NullLogger<HeadWatch>.Instance);
        await watch.StartAsync(CancellationToken.None);
        await enclave.Failed.Task.WaitAsync(Patience);
        using var limit = new CancellationTokenSource(Patience);
        while (!enclave.AskedAgain.Task.IsCompleted)
        {
            watch.ExecuteTask!.IsCompleted.ShouldBeFalse($"it ended: {watch.ExecuteTask.Exception?.InnerException?.Message}");
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(1, limit.Token);
        }

        await watch.StopAsync(CancellationToken.None);
        watch.ExecuteTask!.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Find_SeveralEnclaves_EachIsNamedAndOneThatHangsHidesNone()
    {
        var time = new ManualTimeProvider();
        StandingEnclave[] enclaves = [new("hangs", time) { Hangs = true }, new("stands", time) { Trouble = "no node answers" }, new("old", time), new("good", time)];
        using var fleet = new EnclaveFleet(enclaves.Select(enclave => new EnclaveMember(enclave.Id, EnclaveMode.InProcess, enclave)));
        using var watch = new HeadWatch(fleet, Options.Create(new OperationsOptions()), time, NullLogger<HeadWatch>.Instance);
        await watch.StartAsync(CancellationToken.None);

        // Each has a head of its own, which grows old by itself.
        await Task.WhenAll(enclaves.Select(enclave => enclave.SeenAsync(1)));
        time.Advance(TimeSpan.FromDays(1));
        enclaves[3].Mine();
        await enclaves[3].SeenAsync(2);
        (await FindAsync(watch, time)).Select(reason => (reason.Name, reason.Code.Code))
            .ShouldBe([("hangs", "enclave-process-away"), ("stands", "head-no-node-answers"), ("old", "head-old")]);

        // The same node, which two of them ask, is named once.
        (enclaves[0].Hangs, enclaves[1].Trouble) = (false, null);
        foreach (var enclave in enclaves) enclave.HasBadNode = true;
        (await FindAsync(watch, time)).Count(reason => reason.Code == HealthCodes.EnclaveNodeSetAside).ShouldBe(1);
        await watch.StopAsync(CancellationToken.None);
    }

    private static async Task<IReadOnlyList<HealthReason>> FindAsync(HeadWatch watch, ManualTimeProvider time)
    {
        using var limit = new CancellationTokenSource(Patience);
        var finding = watch.FindAsync(CancellationToken.None).AsTask();
        while (!finding.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, limit.Token);
        }

        return await finding;
    }

    private sealed class StandingEnclave(string id, TimeProvider time) : UnaskedEnclave
    {
        private readonly Dictionary<ulong, TaskCompletionSource> _seen = new() { [1] = New(), [2] = New() };
        private readonly TaskCompletionSource _mined = New();

        public string Id => id;

        public bool Hangs { get; set; }

        public bool HasBadNode { get; set; }

        public string? Trouble { get; set; }

        /// <summary>A second head.</summary>
        public void Mine() => _mined.SetResult();

        /// <summary>The watch has had this head, since it asks for one above it.</summary>
        public Task SeenAsync(ulong block) => _seen[block].Task.WaitAsync(Patience);

        public override async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
        {
            if (afterBlock > 0) _seen[afterBlock].TrySetResult();
            if (afterBlock == 1) await _mined.Task.WaitAsync(cancellationToken);
            if (afterBlock == 2) await Task.Delay(Timeout.Infinite, cancellationToken);
            return new VerifiedHead(afterBlock + 1, (ulong)time.GetUtcNow().ToUnixTimeSeconds(), new byte[32], AssuranceLevel.Development);
        }

        public override async ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default)
        {
            if (Hangs) await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return new EnclaveIdentity(id, 31337, new byte[32], new byte[32], AssuranceLevel.Development, new EnclaveKeys(1, new byte[64], new byte[64], new byte[8], TimeSpan.Zero, TimeSpan.Zero));
        }

        public override ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default)
        {
            var refusal = Trouble is { } words ? new EnclaveRefusal(RefusalReason.NodeUnavailable, words) : null;
            return new(new EnclaveHealth(refusal is null, null, refusal, HasBadNode ? [new NodeHealth("http://node", true, null)] : [], 0, 0));
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class FailingEnclave(EnclaveFault fault) : UnaskedEnclave
    {
        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource AskedAgain { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
        {
            if (Failed.TrySetResult()) throw new EnclaveException(fault, "told so");

            AskedAgain.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private abstract class UnaskedEnclave : IEnclave
    {
        public virtual ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public abstract ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default);

        public virtual ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();

        public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
