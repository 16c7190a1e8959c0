using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Clients;

/// <summary>Remembers nonces and answers. Reentrant, so that what comes together is stored together.</summary>
[GrainType("request"), Reentrant]
public sealed class RequestGrain(
    [PersistentState("nonces", GrainStorage.Name)] IPersistentState<NonceState> nonces,
    [PersistentState("kept-requests", GrainStorage.Name)] IPersistentState<KeptRequestState> requests,
    LedgerChains chains,
    TimeProvider time) : Grain, IRequestGrain
{
    public const int MostNonces = 2_000;
    public const int MostRequests = 256;

    /// <summary>How long an answer is kept.</summary>
    public const int KeptSeconds = 86_400;

    /// <summary>After it, a request whose gateway has died may be sent again.</summary>
    public const int UnderWaySeconds = 60;

    private const int LongestBody = 4_096;

    // Gateways' clocks may run ahead of or behind this silo's.
    private const int ClockToleranceSeconds = 300;

    private static readonly TimeSpan WalletPatience = TimeSpan.FromSeconds(2);

    private StateWriter<NonceState> _nonces = null!;
    private StateWriter<KeptRequestState> _requests = null!;

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _nonces = new(nonces, DeactivateOnIdle);
        _requests = new(requests, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<NonceVerdict> UseNonceAsync(string nonce, long untilUnixSeconds)
    {
        var verdict = NonceVerdict.Fresh;
        await _nonces.ApplyAsync(state =>
        {
            verdict = NonceVerdict.Used;
            if (state.Used.ContainsKey(nonce)) return state;

            var now = Now;
            var used = state.Used.RemoveRange(state.Used.Where(entry => entry.Value + ClockToleranceSeconds < now).Select(entry => entry.Key));
            verdict = used.Count < MostNonces ? NonceVerdict.Fresh : NonceVerdict.Full;
            return verdict is NonceVerdict.Fresh ? state with { Used = used.Add(nonce, untilUnixSeconds) } : state;
        });
        return verdict;
    }

    /// <inheritdoc/>
    public async Task<bool> AskWalletAsync(string account, string hash, ImmutableArray<byte> signature, CancellationToken cancellationToken = default)
    {
        var chain = chains.Get(GrainKeys.Split(this.GetPrimaryKeyString()).ChainId);
        using var patience = new CancellationTokenSource(WalletPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var check = await SignatureChecker.CheckAsync(chain.Node, Address.Parse(account), Hash32.Parse(hash), signature.AsMemory(), either.Token);
            return check.Refusal is null;
        }
        catch (Exception e) when (e is RpcException or RpcUnavailableException || (e is OperationCanceledException && patience.IsCancellationRequested))
        {
            throw NoWordOf(account, e.Message);
        }
    }

    // Without the inner exception, which has no codec and must not cross a call.
    private static OrleansException NoWordOf(string account, string why) => new($"no node said whether {account} takes the signature: {why}");

    /// <inheritdoc/>
    public async Task<IdempotencyStart> BeginAsync(string key, string fingerprint)
    {
        IdempotencyStart? start = null;
        await _requests.ApplyAsync(state =>
        {
            var now = Now;
            var kept = state.Requests.RemoveRange(state.Requests.Where(request => request.Value.UntilUnixSeconds <= now).Select(request => request.Key));
            if (kept.TryGetValue(key, out var known))
            {
                start = known.Fingerprint != fingerprint ? new(IdempotencyVerdict.OtherRequest, null)
                    : known.Answer is null ? new(IdempotencyVerdict.UnderWay, null)
                    : new(IdempotencyVerdict.Answered, known.Answer);
                return state;
            }

            // Bounded: the one that would be dropped first makes room.
            if (kept.Count >= MostRequests) kept = kept.Remove(kept.MinBy(request => request.Value.UntilUnixSeconds).Key);
            start = new(IdempotencyVerdict.First, null);
            return state with { Requests = kept.Add(key, new(fingerprint, now + UnderWaySeconds, null)) };
        });
        return start!;
    }

    /// <inheritdoc/>
    public Task CompleteAsync(string key, KeptAnswer? answer) => _requests.ApplyAsync(state =>
        !state.Requests.TryGetValue(key, out var known) ? state
            : answer is { Body.Length: <= LongestBody }
                ? state with { Requests = state.Requests.SetItem(key, known with { Answer = answer, UntilUnixSeconds = Now + KeptSeconds }) }
                : state with { Requests = state.Requests.Remove(key) });
}
