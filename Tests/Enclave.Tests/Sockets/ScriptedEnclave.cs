using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Tests.Sockets;

/// <summary>An enclave whose replies are the test's: what is asked for waits where the test holds it.</summary>
internal sealed class ScriptedEnclave : IEnclave, ICountingEnclave
{
    public static readonly EnclaveKeys Keys = new(7, Filled(64, 1), Filled(64, 2), Filled(8, 3), TimeSpan.Zero, TimeSpan.FromMinutes(61));

    public EnclaveIdentity Identity { get; set; } = new("scripted", 31337, Filled(32, 4), Filled(32, 5), AssuranceLevel.Sealed, Keys, Keys with { Generation = 8, SignsIn = TimeSpan.FromMinutes(61) });

    public Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<EnclaveReply>> Answer { get; set; } = (request, _) => new(EnclaveReply.Answered(request.ToArray()));

    public Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<EnclaveReply>> Prove { get; set; }
        = (_, _) => new(EnclaveReply.Refused(new(RefusalReason.NodeUnavailable, "no node", "http://three/"), new CborWriter().Array(0).ToArray()));

    public VerifiedHead? Head { get; set; } = new(12, 34, Filled(32, 6), AssuranceLevel.Finalized);

    public EnclaveHealth Health { get; set; } = new(
        false, null, new(RefusalReason.HeadWentBack, "detail", "node"), [new("http://one/", true, new(RefusalReason.ProofInvalid, "lied")), new("http://two/", false, null)], 3, 1L << 40);

    public BlockLogsReply Logs { get; set; } = BlockLogsReply.Read(new VerifiedBlock(5, 6, Filled(32, 7), Filled(32, 8),
    [
        new("DeviceRegistry", Filled(20, 9), [Filled(32, 10), Filled(32, 11)], Filled(100, 12), Filled(32, 13), 14, 15),
        new("Relay", Filled(20, 16), [], default, Filled(32, 17), 18, 19),
    ]));

    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, EnclaveAttestation> Attest { get; set; }
        = (nonce, _) => new(Filled(4_600, 20), Filled(64, 21), Filled(64, 22), Filled(32, 23), Filled(32, 24), nonce);

    public EnclaveCounters Counters { get; } = new(
        1, 2, 3, new Dictionary<RefusalReason, ulong> { [RefusalReason.OwnKey] = 4 }, new Dictionary<FetchKind, ulong> { [new("http://one/", null)] = 5, [new("http://two/", RefusalReason.ReplyTooLong)] = 6 }, 7, 8);

    public static ReadOnlyMemory<byte> Filled(int length, byte value) => Enumerable.Repeat(value, length).ToArray();

    public ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default) => new(Identity);

    public ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default) => new(Attest(nonce, keyId));

    public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
        => keyId.Span.SequenceEqual(Keys.KeyId.Span)
            ? new(new EnclaveRevocation(Keys.SigningKey, Filled(64, 25)))
            : ValueTask.FromException<EnclaveRevocation>(new EnclaveException(EnclaveFault.UnknownKey, "other keys"));

    public ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => Answer(request, cancellationToken);

    public ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => Prove(request, cancellationToken);

    public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default) => new(Head);

    public async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
    {
        if (Head is { } head && head.Block > afterBlock) return head;

        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException("never");
    }

    public ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default)
        => new(block == 5 ? Logs : BlockLogsReply.Refused(new(RefusalReason.BlockUnknown, $"block {block}")));

    public ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default) => new(Health);
}
