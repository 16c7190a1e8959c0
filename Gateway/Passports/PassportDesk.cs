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
    EvidenceSource source, PassportVerifier verifier, TimeProvider time, ILogger<PassportDesk> logger, GatewayMetrics? metrics = null)
{
    private const int MostStored = 1_024;

    // Whoever asks for a key again and again that is refused has no quote made each time.
    private static readonly TimeSpan RefusalHolds = TimeSpan.FromSeconds(5);

    // A stored one is not handed out in the last fifth of its time.
    private const ulong LastParts = 5;

    private readonly ConcurrentDictionary<(ulong Chain, string KeyId), (byte[] Passport, ulong UntilUnixSeconds)> _stored = new();
    private readonly ConcurrentDictionary<(ulong Chain, string KeyId, string Enclave), Lazy<Task<(byte[]? Passport, Problem? Problem)>>> _making = new();

    private readonly ConcurrentDictionary<(ulong Chain, string KeyId, string Enclave), (Problem Problem, long At)> _refused = new();

    /// <summary>The verifier is away, whatever enclave is asked about.</summary>
    public static Problem VerifierAway { get; } = Problem.TryAgain("the verifier does not answer");

    /// <param name="chainId">EIP-155.</param>
    /// <param name="enclaves">Which to ask, in turn.</param>
    /// <param name="keyId">8 bytes: of the keys that are to be vouched for.</param>
    /// <param name="nonce">8 bytes, or none.</param>
    /// <param name="address">Who asks, as of <see cref="Requests.NetworkAddress"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<(byte[]? Passport, Problem? Problem)> GetAsync(
        ulong chainId, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId, byte[] nonce, string address, CancellationToken cancellationToken)
    {
        if (!verifier.IsThere) return (null, new Problem(ProblemTypes.NoVerifier, "no Passport:VerifierUrl and no Passport:KeyFile is configured here"));
        if (nonce.Length > 0) return await FetchAsync(chainId, enclaves, keyId, nonce, address, cancellationToken);

        // For one key one makes the stored one and the others wait for it; nobody waits for another key's.
        var key = (chainId, Convert.ToHexStringLower(keyId.AsSpan()));
        if (Find(key) is { } found) return (found, null);

        // Who asks one enclave alone may be refused where who asks any is not.
        var turn = (chainId, key.Item2, enclaves.Length == 1 ? enclaves[0] : "");
        if (_refused.TryGetValue(turn, out var refused) && time.GetElapsedTime(refused.At) < RefusalHolds) return (null, refused.Problem);

        var making = _making.GetOrAdd(turn, _ => new(() => MakeAsync(turn, enclaves, keyId)));
        return await making.Value.WaitAsync(cancellationToken);
    }

    // Goes on when who began it has left: the others still wait.
    private async Task<(byte[]? Passport, Problem? Problem)> MakeAsync((ulong Chain, string KeyId, string Enclave) turn, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId)
    {
        try
        {
            var key = (turn.Chain, turn.KeyId);
            if (Find(key) is { } meanwhile) return (meanwhile, null);

            var (passport, problem) = await FetchAsync(turn.Chain, enclaves, keyId, [], address: null, CancellationToken.None);
            if (passport is not null) Store(key, passport);
            else if (problem!.Type == ProblemTypes.EvidenceRefused) Remember(turn, problem);
            return (passport, problem);
        }
        finally
        {
            _making.TryRemove(turn, out _);
        }
    }

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

    private void Remember((ulong, string, string) turn, Problem refusal)
    {
        if (_refused.Count >= MostStored) _refused.Clear();
        _refused[turn] = (refusal, time.GetTimestamp());
    }

    private async Task<(byte[]? Passport, Problem? Problem)> FetchAsync(
        ulong chainId, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId, byte[] nonce, string? address, CancellationToken cancellationToken)
    {
        // The verifier's challenge goes into the quote beside the device's nonce: its passport rests on nothing older.
        var demanded = await verifier.ChallengeAsync(cancellationToken);
        if (demanded.Challenge is not { } challenge) return (null, Unreachable(demanded.Trouble!));

        byte[] bound = [.. nonce.Length > 0 ? nonce : new byte[Passport.NonceBytes], .. challenge];
        var (evidence, problem) = await source.GetAsync(chainId, enclaves, keyId, bound, address, cancellationToken);
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

            // One verifier's words for it are PassportRefusal's; evidence that is bad for something else says nothing of the challenge that all use.
            if (refusal.Contains("challenge", StringComparison.OrdinalIgnoreCase)) verifier.ForgetChallenge();
            return (null, new Problem(ProblemTypes.EvidenceRefused, refusal));
        }

        return (null, Unreachable(reply.Trouble!));
    }

    private Problem Unreachable(string trouble)
    {
        metrics?.PassportHandedOut("unreachable");
        LogUnreachable(trouble);
        return VerifierAway;
    }

    [LoggerMessage(EventId = 3301, Level = LogLevel.Warning, Message = "The verifier refuses evidence of an enclave of chain {Chain}: {Reasons}")]
    private partial void LogRefused(ulong chain, string reasons);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Warning, Message = "The verifier can't be reached: {Trouble}")]
    private partial void LogUnreachable(string trouble);
}
