using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orleans.Concurrency;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Ethereum;

namespace Pythia.Grains.Pythia;

/// <summary>Passes questions to the enclave beside this silo, and puts collateral beside its quotes. Keeps nothing and understands nothing of what it passes.</summary>
[GrainType("pythia"), Reentrant, BesideEnclave]
public sealed class PythiaGrain(EnclaveDirectory enclaves, AttestationSetup attestation, TimeProvider time) : Grain, IPythiaGrain
{
    private const int LongestRequestBytes = 1_024;
    private const int NonceBytes = 32;
    private const int KeyIdBytes = 8;

    private IEnclave _enclave = null!;
    private string _enclaveId = "";

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (var chainId, _enclaveId) = GrainKeys.Split(this.GetPrimaryKeyString());
        string trouble;
        try
        {
            _enclave = await enclaves.GetAsync(chainId, _enclaveId, cancellationToken);
            return;
        }
        catch (InvalidOperationException none)
        {
            trouble = none.Message;
        }

        throw Gone(trouble);
    }

    /// <inheritdoc/>
    public async Task<PythiaReply> AnswerAsync(ImmutableArray<byte> request, CancellationToken cancellationToken = default)
    {
        if (request.IsDefaultOrEmpty || request.Length > LongestRequestBytes)
        {
            var found = request.IsDefault ? 0 : request.Length;
            return new PythiaReply([], [], $"{nameof(RefusalReason.BadRequest)}: {found} bytes found, 1 to {LongestRequestBytes} expected");
        }

        var reply = await AskAsync(enclave => enclave.AnswerAsync(request.AsMemory(), cancellationToken));
        return new PythiaReply([.. reply.Answer.Span], [.. reply.Problem.Span], reply.Refusal?.Reason.ToString() ?? "");
    }

    /// <inheritdoc/>
    public async Task<PythiaIdentity> IdentifyAsync(CancellationToken cancellationToken = default)
    {
        var identity = await AskAsync(enclave => enclave.IdentifyAsync(cancellationToken));
        var head = await AskAsync(enclave => enclave.HeadAsync(cancellationToken));
        return new PythiaIdentity(
            _enclaveId,
            [.. identity.SigningKey.Span],
            [.. identity.ConfigurationHash.Span],
            (int)identity.Level,
            head?.Block ?? 0,
            head?.UnixSeconds ?? 0,
            head is null ? "" : Hex.Format(head.Hash.Span),
            identity.Next is { } next ? [.. next.SigningKey.Span] : [],
            identity.Next is { SignsIn: var wait } ? (long)Math.Ceiling(wait.TotalSeconds) : 0);
    }

    /// <inheritdoc/>
    public async Task<PythiaEvidence> AttestAsync(ImmutableArray<byte> nonce, ImmutableArray<byte> keyId, CancellationToken cancellationToken = default)
    {
        if (!IsEmptyOr(nonce, NonceBytes) || !IsEmptyOr(keyId, KeyIdBytes)) return None($"{nameof(RefusalReason.BadRequest)}: a nonce of {NonceBytes} bytes or none, and a key id of {KeyIdBytes} or none expected");
        if (attestation.Collateral is null) return None($"{EnclaveFault.NotAttested}: this silo keeps no collateral"); // before a quote is paid for

        try
        {
            var quote = await _enclave.AttestAsync(Memory(nonce), Memory(keyId), cancellationToken);
            var identity = await _enclave.IdentifyAsync(cancellationToken);
            return await EndorseAsync(quote, EndOf(identity, quote), cancellationToken);
        }
        catch (EnclaveException e)
        {
            return None($"{e.Fault}: {e.Message}");
        }
        catch (ObjectDisposedException e)
        {
            return None($"{EnclaveFault.Gone}: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public async Task<PythiaRevocation> RevokeOwnKeyAsync(ImmutableArray<byte> keyId, CancellationToken cancellationToken = default)
    {
        if (keyId.IsDefault || keyId.Length != KeyIdBytes) return NoWord($"{nameof(RefusalReason.BadRequest)}: a key id of {KeyIdBytes} bytes expected");

        try
        {
            var word = await _enclave.RevokeOwnKeyAsync(keyId.AsMemory(), cancellationToken);
            return new PythiaRevocation([.. word.SigningKey.Span], [.. word.Signature.Span], "");
        }
        catch (EnclaveException e)
        {
            return NoWord($"{e.Fault}: {e.Message}");
        }
        catch (ObjectDisposedException e)
        {
            return NoWord($"{EnclaveFault.Gone}: {e.Message}");
        }

        static PythiaRevocation NoWord(string trouble) => new([], [], trouble);
    }

    // Collateral goes with the quote, so that a gateway on another machine serves evidence without a source of its own.
    private async Task<PythiaEvidence> EndorseAsync(EnclaveAttestation quote, ulong? ends, CancellationToken cancellationToken)
    {
        if (quote.Quote.Length > EnclaveEvidence.MostQuoteBytes) return None($"{EnclaveFault.QuoteFailed}: a quote of {quote.Quote.Length} bytes found, at most {EnclaveEvidence.MostQuoteBytes} expected");

        var (collateral, missing) = await attestation.FindCollateralAsync(quote.Quote, cancellationToken);
        if (missing is not null) return None(missing.Name); // its detail may name files and hosts, and anybody may ask
        if (collateral is null) return None($"{EnclaveFault.QuoteFailed}: the quote names no platform");

        var binding = new KeyBinding(quote.SigningKey, quote.AgreementKey, quote.ConfigurationHash, quote.AnchorHash, quote.Nonce);
        var evidence = new EnclaveEvidence(quote.Quote, binding, ends, collateral);
        return new PythiaEvidence(ImmutableCollectionsMarshal.AsImmutableArray(evidence.Encode()), "");
    }

    // Unix seconds, by this silo's clock. Keys that are neither the current nor the next ones were destroyed meanwhile.
    private ulong? EndOf(EnclaveIdentity identity, EnclaveAttestation quote)
    {
        var keys = new[] { identity.Current, identity.Next }.FirstOrDefault(keys => keys is not null && keys.SigningKey.Span.SequenceEqual(quote.SigningKey.Span));
        if (keys is { EndsIn: var left } && left == TimeSpan.MaxValue) return null;

        return (ulong)(time.GetUtcNow().ToUnixTimeSeconds() + (long)(keys?.EndsIn ?? TimeSpan.Zero).TotalSeconds);
    }

    private static PythiaEvidence None(string trouble) => new([], trouble);

    private static bool IsEmptyOr(ImmutableArray<byte> bytes, int size) => bytes.IsDefaultOrEmpty || bytes.Length == size;

    private static ReadOnlyMemory<byte> Memory(ImmutableArray<byte> bytes) => bytes.IsDefault ? default : bytes.AsMemory();

    // An enclave that is gone is another one's turn: the caller sees what it sees when the silo is gone.
    private async ValueTask<T> AskAsync<T>(Func<IEnclave, ValueTask<T>> ask)
    {
        string trouble;
        try
        {
            return await ask(_enclave);
        }
        catch (Exception gone) when (gone is EnclaveException or ObjectDisposedException)
        {
            trouble = gone.Message;
        }

        throw Gone(trouble);
    }

    // Without its cause, which crosses no call.
    private OrleansException Gone(string trouble) => new($"pythia {_enclaveId}: {trouble}");
}
