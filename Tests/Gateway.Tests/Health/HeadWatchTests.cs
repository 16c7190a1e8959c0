using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pythia.Enclave;
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
        using var watch = new HeadWatch(enclave, Options.Create(new OperationsOptions()), time, NullLogger<HeadWatch>.Instance);
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

    private sealed class FailingEnclave(EnclaveFault fault) : IEnclave
    {
        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource AskedAgain { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
        {
            if (Failed.TrySetResult()) throw new EnclaveException(fault, "told so");

            AskedAgain.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new OperationCanceledException(cancellationToken);
        }

        public ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();

        public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
