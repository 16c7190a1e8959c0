using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Gateway.Signing;
using Pythia.Grains.Clients;

namespace Pythia.Gateway.Callers;

/// <summary>
/// Says who sent a request. Without a signature it is anonymous; with one, everything about it must hold:
/// 1. read, one signature with created, expires and keyid; 2. a key that is known, of this chain; 3. the times; 4. what is covered;
/// 5. the body's digest; 6. the signature; 7. the nonce, used up at last so that no forger can use up another's; 8. the client's rate.
/// </summary>
/// <remarks>Another way to prove who one is (a bearer token) makes a <see cref="Caller"/> here and changes nothing behind it.</remarks>
internal sealed class CallerFilter(IOptions<GatewayOptions> options, IGrainFactory grains, TimeProvider time)
{
    private const int FreshRetrySeconds = 60;

    private readonly Dictionary<string, ClientKey> _clients = options.Value.Clients.ToDictionary(client => client.Id, client => new ClientKey(client), StringComparer.Ordinal);
    private readonly Uri? _publicUrl = options.Value.PublicUrl is { Length: > 0 } url ? new Uri(url) : null;

    public async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (caller, problem) = await IdentifyAsync(context.HttpContext);
        if (problem is not null) return new ProblemResult(problem);

        context.HttpContext.Items[typeof(Caller)] = caller;
        return await next(context);
    }

    private async Task<(Caller? Caller, Problem? Problem)> IdentifyAsync(HttpContext context)
    {
        var network = NetworkAddress.Of(context);
        if (!RequestSignature.IsIn(context.Request)) return (new AnonymousCaller(network), null);

        // 1. read
        var (signature, fault, detail) = RequestSignature.Read(context.Request.Headers);
        if (signature is null) return (null, Refuse(fault, detail));

        // 2. to 4.
        var chainId = ServedChains.Of(context).ChainId;
        var (key, keyProblem) = FindKey(signature, chainId, network);
        if (key is null) return (null, keyProblem);

        var request = new SignedRequest(context.Request, _publicUrl);
        var (body, bodyProblem) = await RequestBody.KeepAsync(context.Request, Acts.ActEndpoints.LongestBodyBytes);
        if ((bodyProblem ?? CheckTimes(signature) ?? CheckCovered(signature, request, key.NeedsNonce || IsChange(context.Request), body.Length > 0)) is { } problem) return (null, problem);

        // 5. digest
        if (signature.Covers("content-digest") && ContentDigest.Check(request.ValueOf("content-digest") ?? "", body) is not RequestSignatureFault.None and var digest)
            return (null, Refuse(digest, "content-digest: another digest than that of the body found, sha-256 or sha-512 of it expected"));

        // 6. signature
        if (SignatureBase.Write(signature.Covered, request.ValueOf, out var missing) is not { } signed)
            return (null, Refuse(RequestSignatureFault.ComponentAbsent, $"component \"{missing}\" is covered and not in the request"));
        if (!await key.VerifyAsync(signed, signature.Signature, context.RequestAborted))
            return (null, Refuse(RequestSignatureFault.WrongSignature, $"a signature that is not of key '{Problem.Shorten(signature.KeyId)}' over this request found"));

        // 7. nonce, 8. rate
        return await UseNonceAsync(signature, key.Caller, chainId) is { } nonceProblem ? (null, nonceProblem)
            : await TakeCallAsync(key.Caller, chainId) is { } rateProblem ? (null, rateProblem)
            : (key.Caller, null);
    }

    private (IRequestKey? Key, Problem? Problem) FindKey(RequestSignature signature, ulong chainId, string network)
    {
        if (OwnerKey.IsOne(signature.KeyId)) return OwnerKey.Find(signature, chainId, network, grains);
        if (!_clients.TryGetValue(signature.KeyId, out var client))
            return (null, Refuse(RequestSignatureFault.UnknownKey, $"keyid '{Problem.Shorten(signature.KeyId)}' found, a client's id or eip155:<chain>:<address> expected"));
        if (signature.Algorithm is not (null or ClientKey.Algorithm))
            return (null, Refuse(RequestSignatureFault.WrongAlgorithm, $"alg '{Problem.Shorten(signature.Algorithm)}' found, {ClientKey.Algorithm} expected"));

        var chains = client.Options.Chains;
        return chains.Count == 0 || chains.Contains(chainId)
            ? (client, null)
            : (null, Refuse(RequestSignatureFault.WrongChain, $"a key of chains {string.Join(", ", chains)} found, one of chain {chainId} expected"));
    }

    private Problem? CheckTimes(RequestSignature signature)
    {
        var (now, skew) = (time.GetUtcNow().ToUnixTimeSeconds(), options.Value.ClockSkewSeconds);
        var (created, expires) = (signature.CreatedUnixSeconds, signature.ExpiresUnixSeconds);
        return created > now + skew ? Refuse(RequestSignatureFault.NotYetValid, $"created {created} found, at most {now + skew} expected: compare the clocks")
            : expires < now - skew ? Refuse(RequestSignatureFault.Expired, $"expires {expires} found, at least {now - skew} expected")
            : expires <= created ? Refuse(RequestSignatureFault.Expired, $"expires {expires} found, more than created {created} expected")
            : expires - created > options.Value.SignatureWindowSeconds
                ? Refuse(RequestSignatureFault.WindowTooLong, $"{expires - created} s from created to expires found, at most {options.Value.SignatureWindowSeconds} expected")
                : null;
    }

    private static Problem? CheckCovered(RequestSignature signature, SignedRequest request, bool needsNonce, bool hasBody)
    {
        foreach (var item in signature.Covered.Items)
        {
            if (!SignedRequest.IsKnown((string)item.Value))
                return Refuse(RequestSignatureFault.ComponentUnknown, $"component {StructuredField.Write(item)} found, a derived component of requests or a field name in lower case expected");
        }

        if (request.FindUncovered(signature, hasBody) is { } uncovered)
            return Refuse(RequestSignatureFault.ComponentMissing, $"component \"{uncovered}\" is not covered");
        return needsNonce && signature.Nonce is null ? Refuse(RequestSignatureFault.NonceMissing, "no parameter nonce found, one that was never used expected") : null;
    }

    private async Task<Problem?> UseNonceAsync(RequestSignature signature, Caller caller, ulong chainId)
    {
        if (signature.Nonce is null) return null;

        var (key, digest) = caller.MemoryOn(chainId, "nonce", signature.Nonce);
        return await grains.GetGrain<IRequestGrain>(key).UseNonceAsync(digest, signature.ExpiresUnixSeconds + options.Value.ClockSkewSeconds) switch
        {
            NonceVerdict.Fresh => null,
            NonceVerdict.Used => Refuse(RequestSignatureFault.NonceUsed, $"nonce '{Problem.Shorten(signature.Nonce)}' was used before, a new one expected"),
            _ => new(ProblemTypes.TooMany, "more signed requests than nonces can be remembered of found; they expire within minutes") { RetryAfterSeconds = FreshRetrySeconds },
        };
    }

    private async Task<Problem?> TakeCallAsync(Caller caller, ulong chainId)
    {
        if (caller is not ClientCaller { Client: var client }) return null;

        var waitMs = await grains.GetGrain<IClientGrain>(caller.QuotaOn(chainId).Key).TakeCallAsync(client.RequestsPerSecond, client.RequestBurst);
        return waitMs == 0 ? null : Problem.TooMany(Math.Max(1, (waitMs + 999) / 1_000)) with
        {
            Quota = new("requests-per-second", client.RequestsPerSecond, client.RequestsPerSecond),
        };
    }

    internal static Problem Refuse(RequestSignatureFault fault, string detail) => new(ProblemTypes.RequestSignature, detail) { Reason = RequestSignatureFaults.NameOf(fault) };

    private static bool IsChange(HttpRequest request) => !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
}
