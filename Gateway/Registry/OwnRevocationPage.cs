using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Grains;
using Pythia.Grains.Pythia;
using Pythia.Grains.Registry;

namespace Pythia.Gateway.Registry;

/// <summary>
/// The operators' address lets an enclave end its own keys: <c>GET /enclaves/{chain}/{enclave}/keys</c> names them, <c>POST …/keys/{kid}/revocation</c> ends those
/// that are named: 1. the enclave says its word and signs nothing more with them, 2. the word is stored, 3. it is handed out, for whoever sends it to the chain.
/// Asked again, the enclave says the same; when it is gone, the view of the key has what is stored.
/// </summary>
/// <remarks>A host can do worse to an enclave than this: it is trusted for availability and nothing else. But no page in an operator's browser may do it, so whatever
/// names an origin is refused.</remarks>
internal sealed class OwnRevocationPage(IGrainFactory grains, ServedChains chains, ILogger<OwnRevocationPage> logger) : IOperationsPage
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/enclaves/{chain}/{enclave}/keys", ListAsync);
        endpoints.MapPost("/enclaves/{chain}/{enclave}/keys/{kid}/revocation", RevokeAsync);
    }

    private async Task<IResult> ListAsync(string chain, string enclave, HttpContext context)
    {
        var (chainId, problem) = await FindAsync(chain, enclave);
        if (problem is not null) return new ProblemResult(problem);

        try
        {
            var identity = await grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, enclave)).IdentifyAsync(context.RequestAborted);
            var keys = new List<OperatorsKeyJson> { OperatorsKeyJson.Of(identity.SigningKey, "now") };
            if (!identity.NextSigningKey.IsDefaultOrEmpty) keys.Add(OperatorsKeyJson.Of(identity.NextSigningKey, "next"));
            context.Response.Headers.CacheControl = "no-store";
            return Results.Json(new OperatorsKeysJson(enclave, keys), GatewayJson.Options);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return new ProblemResult(Problem.TryAgain($"{enclave} can't be reached"));
        }
    }

    private async Task<IResult> RevokeAsync(string chain, string enclave, string kid, HttpContext context)
    {
        if (context.Request.Headers.Origin.Count > 0) return new ProblemResult(new Problem(ProblemTypes.BadRequest, "a request of a web page found (header Origin), one of an operator's program expected"));

        var (chainId, problem) = await FindAsync(chain, enclave);
        if (problem is not null) return new ProblemResult(problem);
        if (kid.Length != 2 * SignedAnswer.KeyIdBytes || !kid.All(char.IsAsciiHexDigit)) return new ProblemResult(Problem.BadId("kid", kid, $"{2 * SignedAnswer.KeyIdBytes} hex digits"));

        // 1. the word
        PythiaRevocation word;
        try
        {
            word = await grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, enclave)).RevokeOwnKeyAsync([.. Convert.FromHexString(kid)], context.RequestAborted);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return new ProblemResult(Problem.TryAgain($"{enclave} can't be reached; whether its keys have ended is not known"));
        }

        if (word.Trouble.Length > 0)
            return new ProblemResult(word.Trouble.StartsWith("UnknownKey", StringComparison.Ordinal) ? Problem.NotFound($"{enclave}: {word.Trouble}") : Problem.TryAgain($"{enclave}: {word.Trouble}"));

        // 2. stored
        var keyId = Es256Key.ComputeFingerprint(word.SigningKey.AsSpan()).ToString();
        var isKept = await grains.GetGrain<IEnclaveKeyGrain>(GrainKeys.Of(chainId, keyId)).KeepOwnRevocationAsync(word.SigningKey, word.Signature);
        if (!isKept) return new ProblemResult(new Problem(ProblemTypes.Internal, $"{enclave}: a word found that PythiaRegistry would not take"));

        // 3. handed out
        GatewayLog.KeyEnded(logger, enclave, keyId);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new OwnRevocationJson(keyId, Hex.Format(word.SigningKey.AsSpan()), Hex.Format(word.Signature.AsSpan())), GatewayJson.Options);
    }

    // A name that no silo reported must not make a grain.
    private async Task<(ulong ChainId, Problem? Problem)> FindAsync(string chain, string enclave)
    {
        var (served, problem) = chains.Read(chain);
        if (problem is not null) return (0, problem);

        var known = await grains.GetPythiaDirectory(served.ChainId).ListAsync();
        return known.Any(report => report.EnclaveId == enclave)
            ? (served.ChainId, null)
            : (0, new Problem(ProblemTypes.UnknownEnclave, $"enclave '{Problem.Shorten(enclave)}' found, one of {string.Join(", ", known.Select(report => report.EnclaveId))} expected"));
    }
}

/// <summary>The keys of an enclave that it can end by its own word.</summary>
public sealed record OperatorsKeysJson(string Enclave, IReadOnlyList<OperatorsKeyJson> Keys);

/// <param name="KeyId">By which PythiaRegistry knows it.</param>
/// <param name="Kid">By which answers name it: 16 hex digits.</param>
/// <param name="Signs"><c>now</c> or <c>next</c>.</param>
public sealed record OperatorsKeyJson(string KeyId, string Kid, string Signs)
{
    internal static OperatorsKeyJson Of(ImmutableArray<byte> key, string signs)
        => new(Es256Key.ComputeFingerprint(key.AsSpan()).ToString(), Convert.ToHexStringLower(Es256Key.ComputeKeyId(key.AsSpan())), signs);
}

/// <summary>A key's own word that it ends, for <c>revokeOwnKey</c> of PythiaRegistry.</summary>
public sealed record OwnRevocationJson(string KeyId, string SigningKey, string Signature);
