using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pythia.Contracts.Registries;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Gateway.Views;
using Pythia.Grains;
using Pythia.Grains.Mirror;

namespace Pythia.Gateway.Acts;

/// <summary>
/// An act's way in: 1. <c>acts/{act}/prepare</c> gives the document that a wallet shows and signs; 2. <c>intents</c> takes act and
/// signature to the grain that judges it; 3. <c>intents/{digest}</c> follows it to the chain.
/// </summary>
internal static class ActEndpoints
{
    /// <summary>Largest body: a policy or a claim with its proof, in hex.</summary>
    public const int LongestBodyBytes = 256 * 1_024;

    private const string JsonMediaType = "application/json";
    private const int LongestSignatureBytes = 4_096;
    public const int LongestWaitSeconds = 19;

    public static void Map(RouteGroupBuilder chain)
    {
        chain.MapPost("/acts/{act}/prepare", PrepareAsync).Describe(ApiOperations.Prepare);
        chain.MapPost("/intents", SubmitAsync).Describe(ApiOperations.Submit);
        chain.MapGet("/intents/{digest}", FollowAsync).Describe(ApiOperations.Follow);
        chain.MapGet("/intents/{digest}/events", IntentEvents.StreamAsync).Describe(ApiOperations.FollowEvents);
    }

    private static async Task<IResult> PrepareAsync(string act, HttpContext context, IGrainFactory grains, ActPreparer preparer)
    {
        if (ActCodec.FindRegistry(act) is not { } registry) return new ProblemResult(UnknownAct(act));

        var (fields, problem) = await ReadJsonAsync(context);
        if (problem is not null) return new ProblemResult(problem);

        try
        {
            var chain = ServedChains.Of(context);
            var prepared = ActCodec.Read(await preparer.CompleteAsync(act, registry, fields, chain, grains), chain);
            context.Response.Headers.CacheControl = "no-store";
            return Results.Text(prepared.ToJson().ToJsonString(), JsonMediaType);
        }
        catch (ActRefusedException e)
        {
            return new ProblemResult(e.Problem);
        }
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, IGrainFactory grains, IntentQuota quota, ILogger<ActPreparer> logger)
    {
        var (bytes, problem) = await RequestBody.ReadAsync(context.Request, JsonMediaType, LongestBodyBytes);
        return problem is not null
            ? new ProblemResult(problem)
            : await IdempotentAnswers.RunAsync(context, ServedChains.Of(context).ChainId, bytes, grains, () => TakeAsync(bytes, context, grains, quota, logger));
    }

    private static async Task<IResult> TakeAsync(byte[] bytes, HttpContext context, IGrainFactory grains, IntentQuota quota, ILogger logger)
    {
        var (body, problem) = StrictJson.Parse(bytes);
        problem ??= StrictJson.CheckMembers(body, ["act", "signature"]);
        if (problem is not null) return new ProblemResult(problem);

        try
        {
            return await HandOverAsync(body, context, grains, quota, logger);
        }
        catch (ActRefusedException e)
        {
            return new ProblemResult(e.Problem);
        }
    }

    private static async Task<IResult> HandOverAsync(JsonObject body, HttpContext context, IGrainFactory grains, IntentQuota quota, ILogger logger)
    {
        var signature = ActMembers.ReadBytes(body, "signature");
        if (signature.Length is 0 or > LongestSignatureBytes)
            throw new ActRefusedException(new(ProblemTypes.MalformedSignature, $"signature: {signature.Length} bytes found, 1 to {LongestSignatureBytes} expected"));

        var chain = ServedChains.Of(context);
        var prepared = ActCodec.Read(ActMembers.ReadObject(body, "act"), chain);
        var intent = new SignedIntent(prepared.Text, ImmutableArray.Create(signature));
        var subject = await ActSubjects.FindAsync(prepared.Act, chain.ChainId, grains);
        var (reservation, problem) = await quota.ReserveAsync(context, chain.ChainId, prepared.Act.GasLimit);
        if (reservation is null) throw new ActRefusedException(problem!);

        // What throws here may have been stored: its gas stays reserved.
        var receipt = await subject.SubmitAsync(intent, context.RequestAborted);
        if (receipt.Verdict != IntentVerdict.Accepted) await quota.GiveBackAsync(reservation);
        GatewayLog.IntentJudged(logger, receipt.Digest, prepared.Act.PrimaryType, receipt.Verdict);
        return ToResult(receipt, context, chain.ChainId);
    }

    private static IResult ToResult(IntentReceipt receipt, HttpContext context, ulong chainId)
    {
        if (receipt.Verdict is not (IntentVerdict.Accepted or IntentVerdict.AlreadyAccepted)) return new ProblemResult(IntentProblem.Of(receipt));

        context.Response.Headers.Location = $"/v1/chains/{chainId}/intents/{receipt.Digest}";
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            new SubmittedJson(receipt.Digest!, receipt.Verdict),
            GatewayJson.Options,
            statusCode: receipt.Verdict == IntentVerdict.Accepted ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    private static async Task<IResult> FollowAsync(
        string digest, string? after, string? wait, HttpContext context, IGrainFactory grains, IHostApplicationLifetime lifetime)
    {
        var (id, idProblem) = Ids.ReadHash("intent", digest);
        var (afterVersion, afterProblem) = Ids.ReadNumber("after", after, -1, 0, long.MaxValue);
        var (seconds, waitProblem) = Ids.ReadNumber("wait", wait, 0, 0, LongestWaitSeconds);
        if ((idProblem ?? afterProblem ?? waitProblem) is { } problem) return new ProblemResult(problem);

        // One that was never accepted is not waited for: the version of nothing never grows.
        var grain = grains.GetGrain<IIntentGrain>(GrainKeys.Of(ServedChains.Of(context).ChainId, id));
        var view = await grain.GetAsync();
        if (view.Stage == IntentStage.Unknown) return new ProblemResult(Problem.NotFound($"intent {id} was never accepted here"));

        if (seconds > 0 && view.Version <= afterVersion)
            view = await IntentWait.WaitAsync(grain, view, afterVersion, TimeSpan.FromSeconds(seconds), context.RequestAborted, lifetime.ApplicationStopping);
        return new EntityResult<IntentView>(view);
    }

    private static async Task<(JsonObject Json, Problem? Problem)> ReadJsonAsync(HttpContext context)
    {
        var (bytes, problem) = await RequestBody.ReadAsync(context.Request, JsonMediaType, LongestBodyBytes);
        return problem is null ? StrictJson.Parse(bytes) : ([], problem);
    }

    private static Problem UnknownAct(string name)
        => new(ProblemTypes.UnknownAct, $"act '{Problem.Shorten(name)}' found, one of {string.Join(", ", SignedActJson.ActNames)} expected");
}

/// <summary>A submission that was taken.</summary>
/// <param name="Digest">Follow it at the address of the header <c>Location</c>.</param>
internal sealed record SubmittedJson(string Digest, IntentVerdict Verdict);
