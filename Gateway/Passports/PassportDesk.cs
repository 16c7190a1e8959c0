using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Telemetry;

namespace Pythia.Gateway.Passports;

/// <summary>
/// Hands out passports: with a nonce a fresh one, without a stored one until shortly before its end. Nothing here is trusted by any device: a wrong one is
/// found by whoever checks it.
/// </summary>
internal sealed partial class PassportDesk(
    EvidenceSource source, PassportVerifier verifier, TimeProvider time, ILogger<PassportDesk> logger, GatewayMetrics? metrics = null) : IDisposable
{
    private const int MostStored = 1_024;

    // A stored one is not handed out in the last fifth of its time.
    private const ulong LastParts = 5;

    private readonly ConcurrentDictionary<(ulong Chain, string KeyId), (byte[] Passport, ulong UntilUnixSeconds)> _stored = new();
    private readonly SemaphoreSlim _turn = new(1);

    /// <param name="chainId">EIP-155.</param>
    /// <param name="enclaves">Which to ask, in turn.</param>
    /// <param name="keyId">8 bytes: of the keys that are to be vouched for.</param>
    /// <param name="nonce">8 bytes, or none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<(byte[]? Passport, Problem? Problem)> GetAsync(
        ulong chainId, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId, byte[] nonce, CancellationToken cancellationToken)
    {
        if (!verifier.IsThere) return (null, new Problem(ProblemTypes.NoVerifier, "no Passport:VerifierUrl and no Passport:KeyFile is configured here"));
        if (nonce.Length > 0) return await FetchAsync(chainId, enclaves, keyId, nonce, cancellationToken);

        // One at a time makes the stored one; the others find it.
        var key = (chainId, Convert.ToHexStringLower(keyId.AsSpan()));
        if (Find(key) is { } found) return (found, null);

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Find(key) is { } meanwhile) return (meanwhile, null);

            var (passport, problem) = await FetchAsync(chainId, enclaves, keyId, nonce, cancellationToken);
            if (passport is not null) Store(key, passport);
            return (passport, problem);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private byte[]? Find((ulong, string) key)
    {
        if (!_stored.TryGetValue(key, out var stored) || stored.UntilUnixSeconds <= (ulong)time.GetUtcNow().ToUnixTimeSeconds()) return null;

        metrics?.PassportHandedOut("stored");
        return stored.Passport;
    }

    private void Store((ulong, string) key, byte[] passport)
    {
        if (SignedPassport.Decode(passport, out var signed) != SignedAnswerError.None || Passport.Decode(signed!.Body, out var claims) != PassportClaimsError.None) return;
        if (_stored.Count >= MostStored) _stored.Clear();

        _stored[key] = (passport, claims!.ExpiresUnixSeconds - ((claims.ExpiresUnixSeconds - claims.IssuedUnixSeconds) / LastParts));
    }

    private async Task<(byte[]? Passport, Problem? Problem)> FetchAsync(
        ulong chainId, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId, byte[] nonce, CancellationToken cancellationToken)
    {
        var (evidence, problem) = await source.GetAsync(chainId, enclaves, keyId, nonce, cancellationToken);
        if (problem is not null) return (null, problem);

        var reply = await verifier.VerifyAsync(evidence!, cancellationToken);
        if (reply.Passport is { } passport)
        {
            metrics?.PassportHandedOut("fresh");
            return (passport, null);
        }

        if (reply.Refusal is { } refusal)
        {
            metrics?.PassportHandedOut("refused");
            LogRefused(chainId, refusal);
            return (null, new Problem(ProblemTypes.EvidenceRefused, refusal));
        }

        metrics?.PassportHandedOut("unreachable");
        LogUnreachable(reply.Trouble!);
        return (null, Problem.TryAgain("the verifier does not answer"));
    }

    [LoggerMessage(EventId = 3301, Level = LogLevel.Warning, Message = "The verifier refuses evidence of an enclave of chain {Chain}: {Reasons}")]
    private partial void LogRefused(ulong chain, string reasons);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Warning, Message = "The verifier can't be reached: {Trouble}")]
    private partial void LogUnreachable(string trouble);
}
