using System.Security.Cryptography;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Verifier.Attestation;

namespace Pythia.Tests.Support;

/// <summary>An enclave that answers whatever it is asked with its own name, makes true quotes of a simulated platform, and can be told to lie, fail or be gone.</summary>
internal sealed class QuotingEnclave(string id, SimulatedPlatform platform) : IEnclave
{
    private readonly byte[] _configuration = SHA256.HashData("configuration"u8);
    private readonly byte[] _anchor = EnclaveAnchor.Development.ComputeHash();
    private EnclaveKeys _keys = NewKeys(1);
    private EnclaveKeys? _next;
    private TaskCompletionSource _mined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _block = 1;

    public static readonly SimulatedEnclave Code = new(SHA256.HashData("code"u8));

    /// <summary>What its quotes say of it.</summary>
    public SimulatedEnclave Says { get; set; } = Code;

    /// <summary>No call reaches it.</summary>
    public bool IsGone { get; set; }

    /// <summary>Its way was closed, as when its silo stops or starts it anew.</summary>
    public bool IsClosed { get; set; }

    /// <summary>It is asked who it is, and says nothing, whatever is cancelled.</summary>
    public bool Hangs { get; set; }

    /// <summary>Its next quotes are not made, for this.</summary>
    public EnclaveFault? QuoteFault { get; set; }

    /// <summary>Whether a quote of these keys is begun and never made, whatever is cancelled.</summary>
    public Func<ReadOnlyMemory<byte>, bool> QuoteHangs { get; set; } = _ => false;

    /// <summary>Changes what is bound before it is quoted.</summary>
    public Func<KeyBinding, KeyBinding> Bind { get; set; } = binding => binding;

    /// <summary>So many zeros follow its quotes, as some drivers have them.</summary>
    public int Lengthen { get; set; }

    public int Quotes { get; private set; }

    public byte[] ConfigurationHash => _configuration;

    /// <summary>Its head goes on by a block.</summary>
    public void Mine()
    {
        Interlocked.Increment(ref _block);
        Interlocked.Exchange(ref _mined, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>As a restart does.</summary>
    public void RenewKeys() => (_keys, _next) = (NewKeys(1), null);

    /// <summary>The next keys are made, and sign nothing yet.</summary>
    public EnclaveKeys Announce() => _next = NewKeys(_keys.Generation + 1);

    /// <summary>The next keys sign from now on; the old ones are gone.</summary>
    public void TurnKeys() => (_keys, _next) = (_next!, null);

    /// <summary>Called before each quote, with the key id that was asked for.</summary>
    public Action<ReadOnlyMemory<byte>> OnAttest { get; set; } = _ => { };

    public async ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfGone();
        if (Hangs) await Task.Delay(Timeout.Infinite, CancellationToken.None);
        return new EnclaveIdentity(id, MirrorWorld.ChainId, _configuration, _anchor, AssuranceLevel.Development, _keys, _next);
    }

    public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
    {
        ThrowIfGone();
        if (QuoteFault is { } fault) throw new EnclaveException(fault, "told so");
        OnAttest(keyId);
        if (QuoteHangs(keyId)) return new(new TaskCompletionSource<EnclaveAttestation>().Task);
        var keys = keyId.IsEmpty || keyId.Span.SequenceEqual(_keys.KeyId.Span) ? _keys
            : _next is { } next && keyId.Span.SequenceEqual(next.KeyId.Span) ? next
            : throw new EnclaveException(EnclaveFault.UnknownKey, "other keys");
        Quotes++;
        var binding = Bind(new KeyBinding(keys.SigningKey, keys.AgreementKey, _configuration, _anchor, nonce.IsEmpty ? new byte[KeyBinding.NonceBytes] : nonce));
        byte[] quote = [.. platform.Quote(Says, binding.ComputeReportData()), .. new byte[Lengthen]];
        return new(new EnclaveAttestation(quote, binding.SigningKey, binding.AgreementKey, binding.ConfigurationHash, binding.AnchorHash, binding.Nonce));
    }

    public ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
    {
        ThrowIfGone();
        return new(EnclaveReply.Answered(System.Text.Encoding.ASCII.GetBytes(id)));
    }

    public ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => AnswerAsync(request, cancellationToken);

    public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default) => new(new VerifiedHead(1, 1, new byte[32], AssuranceLevel.Development));

    public async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var mined = _mined.Task;
            var block = Volatile.Read(ref _block);
            if (block > afterBlock) return new VerifiedHead(block, block, new byte[32], AssuranceLevel.Development);
            await mined.WaitAsync(cancellationToken);
        }
    }

    public ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default)
        => throw new EnclaveException(EnclaveFault.Failed, "it reads no logs");

    public ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfGone();
        return new(new EnclaveHealth(true, new VerifiedHead(1, 1, new byte[32], AssuranceLevel.Development), null, [], 0, 0));
    }

    private static EnclaveKeys NewKeys(ulong generation)
    {
        var key = RandomNumberGenerator.GetBytes(64);
        return new EnclaveKeys(generation, key, RandomNumberGenerator.GetBytes(64), SHA256.HashData(key).AsMemory(0, 8), TimeSpan.Zero, TimeSpan.FromHours(24));
    }

    private void ThrowIfGone()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (IsGone) throw new EnclaveException(EnclaveFault.Gone, "its process is not there");
    }
}
