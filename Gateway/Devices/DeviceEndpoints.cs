using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Gateway.Telemetry;
using Pythia.Grains;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Devices;

/// <summary>
/// The device's side: bytes of architecture section 7 in, the same bytes out. Nothing of them is read here, and an answer stands or falls
/// by its signature.
/// </summary>
public static class DeviceEndpoints
{
    /// <summary>The longest request that an enclave reads.</summary>
    public const int LongestRequestBytes = 1_024;

    public const string RequestMediaType = "application/cbor";

    /// <summary>RFC 9052 section 2.</summary>
    public const string AnswerMediaType = "application/cose; cose-type=\"cose-sign1\"";

    private const int MostTries = 3;

    public static void Map(RouteGroupBuilder chain)
    {
        chain.MapPost("/answer", AnswerByAnyAsync).Describe(ApiOperations.Ask);
        chain.MapPost("/enclaves/{enclave}/answer", AnswerByOneAsync).Describe(ApiOperations.AskOne);
        chain.MapGet("/enclaves", ListEnclavesAsync).Describe(ApiOperations.Enclaves);
    }

    // One that answers is as good as another: the next in turn, and the one after it if that is gone meanwhile, can't answer just now, or is itself what is asked about.
    private static async Task<IResult> AnswerByAnyAsync(HttpContext context, IGrainFactory grains, EnclaveDirectory directory, ILogger<EnclaveDirectory> logger)
    {
        var (request, problem) = await RequestBody.ReadAsync(context.Request, RequestMediaType, LongestRequestBytes);
        if (problem is not null) return new ProblemResult(problem);

        var chainId = ServedChains.Of(context).ChainId;
        var enclaves = await directory.ListInTurnAsync(grains, chainId);
        RefusalResult? refusal = null;
        foreach (var enclave in enclaves.Take(MostTries))
        {
            try
            {
                var result = await AskAsync(context, grains, chainId, enclave, request, logger);
                if (result is not RefusalResult { IsOfThisEnclaveAlone: true } own) return result;
                if (refusal is not { PassesByItself: true }) refusal = own;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                directory.Forget(chainId, enclave);
                GatewayLog.EnclaveUnreachable(logger, enclave, e);
            }
        }

        return (IResult?)refusal ?? new ProblemResult(Problem.TryAgain($"no enclave of chain {chainId} answers"));
    }

    private static async Task<IResult> AnswerByOneAsync(
        string enclave, HttpContext context, IGrainFactory grains, EnclaveDirectory directory, ILogger<EnclaveDirectory> logger)
    {
        var (id, idProblem) = Ids.ReadEnclave(enclave);
        if (idProblem is not null) return new ProblemResult(idProblem);

        var (request, problem) = await RequestBody.ReadAsync(context.Request, RequestMediaType, LongestRequestBytes);
        if (problem is not null) return new ProblemResult(problem);

        // A name that no silo reported must not make a grain.
        var chainId = ServedChains.Of(context).ChainId;
        if (!(await directory.ListInTurnAsync(grains, chainId)).Contains(id, StringComparer.Ordinal))
            return new ProblemResult(await FindWhyNotAsync(grains, chainId, id));

        return await AskAsync(context, grains, chainId, id, request, logger);
    }

    // Its name is known although no question goes to it: then it may come back, and the caller learns why it is out.
    private static async Task<Problem> FindWhyNotAsync(IGrainFactory grains, ulong chainId, string id)
    {
        var known = (await grains.GetPythiaDirectory(chainId).ListAsync()).FirstOrDefault(report => report.EnclaveId == id);
        return known switch
        {
            { State: EnclaveState.Drained } => new Problem(ProblemTypes.EnclaveDrained, $"enclave '{id}' is drained: {EnclaveJson.NamesOf(known)}") { RetryAfterSeconds = 60 },
            { } => Problem.TryAgain($"enclave '{id}' does not answer: {EnclaveJson.NamesOf(known)}"),
            null => new Problem(ProblemTypes.UnknownEnclave, $"enclave '{id}' found, one of GET …/enclaves expected"),
        };
    }

    private static async Task<IResult> AskAsync(
        HttpContext context, IGrainFactory grains, ulong chainId, string enclave, byte[] request, ILogger logger)
    {
        var grain = grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, enclave));
        var reply = await grain.AnswerAsync(ImmutableCollectionsMarshal.AsImmutableArray(request), context.RequestAborted);
        context.RequestServices.GetService<GatewayMetrics>()?.Asked(chainId, reply.Reason.Split(':')[0]);
        context.Response.Headers.CacheControl = "no-store";
        if (reply.Problem.IsDefaultOrEmpty)
            return Results.Bytes(ImmutableCollectionsMarshal.AsArray(reply.Answer)!, AnswerMediaType);

        GatewayLog.QuestionRefused(logger, enclave, reply.Reason);
        return new RefusalResult(ImmutableCollectionsMarshal.AsArray(reply.Problem)!, reply.Reason);
    }

    private static async Task<IResult> ListEnclavesAsync(HttpContext context, IGrainFactory grains, ILogger<EnclaveDirectory> logger)
    {
        var chainId = ServedChains.Of(context).ChainId;
        var reports = await grains.GetPythiaDirectory(chainId).ListAsync();
        var identities = new List<EnclaveJson>();
        foreach (var report in reports.Where(report => report.State == EnclaveState.Healthy))
        {
            try
            {
                var grain = grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, report.EnclaveId));
                identities.Add(EnclaveJson.Of(await grain.IdentifyAsync(context.RequestAborted), report));
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                GatewayLog.EnclaveUnreachable(logger, report.EnclaveId, e);
            }
        }

        context.Response.Headers.CacheControl = "no-store";
        var drained = reports.Where(report => report.State == EnclaveState.Drained).Select(DrainedEnclaveJson.Of);
        return Results.Json(new EnclavesJson(chainId, identities, [.. drained]), GatewayJson.Options);
    }

    // The enclave's own words, with the status that fits them.
    private sealed class RefusalResult(byte[] problem, string reason) : IResult
    {
        private readonly int _status = RefusalStatus.Of(reason);

        /// <summary>It can't answer now, but may later.</summary>
        public bool PassesByItself => _status == StatusCodes.Status503ServiceUnavailable;

        /// <summary>Another one may answer: this one can't now, or was asked about its own key, of which its word counts for nothing.</summary>
        public bool IsOfThisEnclaveAlone => PassesByItself || reason is "OwnKey";

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = _status;
            if (PassesByItself) httpContext.Response.Headers.RetryAfter = "1";
            httpContext.Response.ContentType = ConciseProblem.MediaType;
            httpContext.Response.ContentLength = problem.Length;
            await httpContext.Response.Body.WriteAsync(problem, httpContext.RequestAborted);
        }
    }
}
