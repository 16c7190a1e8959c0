using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Gateway.Acts;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Grains;
using Pythia.Grains.Registry;

namespace Pythia.Gateway.Registry;

/// <summary>
/// The endorsers' notice board: what one of them proposes to register, with the evidence that he checked, and who has signed it. Whoever signs checks by himself;
/// this side can withhold and nothing else (docs/decisions/046).
/// </summary>
internal static class RegistrationEndpoints
{
    /// <summary>A proposal with its evidence in hex.</summary>
    public const int LongestBodyBytes = (2 * IRegistrationDeskGrain.LongestEvidence) + 8_192;

    private const int LongestSignatureBodyBytes = 1_024;
    private const int SignatureBytes = 65;
    private const string JsonMediaType = "application/json";

    private static readonly string[] TermMembers =
        ["signingKey", "agreementKeyHash", "measurement", "configuration", "operator", "notAfterUnixSeconds", "evidence", "deadlineUnixSeconds"];

    public static void Map(RouteGroupBuilder chain)
    {
        chain.MapGet("/registrations", ListAsync).Describe(ApiOperations.Registrations);
        chain.MapPost("/registrations", ProposeAsync).Describe(ApiOperations.ProposeRegistration);
        chain.MapGet("/registrations/{digest}/evidence", EvidenceAsync).Describe(ApiOperations.RegistrationEvidence);
        chain.MapPost("/registrations/{digest}/signatures", SignAsync).Describe(ApiOperations.SignRegistration);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IGrainFactory grains)
    {
        var open = await grains.GetRegistrationDesk(ServedChains.Of(context).ChainId).ListAsync();
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new RegistrationsJson([.. open.Select(RegistrationJson.Of)]), GatewayJson.Options);
    }

    private static async Task<IResult> EvidenceAsync(string digest, HttpContext context, IGrainFactory grains)
    {
        var (id, problem) = Ids.ReadHash("registration", digest);
        if (problem is not null) return new ProblemResult(problem);

        // A name that nobody proposed must not make a grain.
        var chainId = ServedChains.Of(context).ChainId;
        if ((await grains.GetRegistrationDesk(chainId).ListAsync()).All(open => open.Digest != id)) return new ProblemResult(Unknown(id));

        var evidence = await grains.GetGrain<IRegistrationEvidenceGrain>(GrainKeys.Of(chainId, id)).GetAsync();
        if (evidence.IsDefaultOrEmpty) return new ProblemResult(Unknown(id));

        context.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(ImmutableCollectionsMarshal.AsArray(evidence)!, EnclaveEvidence.MediaType);
    }

    private static Task<IResult> ProposeAsync(HttpContext context, IGrainFactory grains)
        => TakeAsync(context, LongestBodyBytes, ["registration", "evidenceBytes", "signature"], async body =>
        {
            var terms = ReadTerms(body);
            var proposal = new RegistrationProposal(terms, [.. ActMembers.ReadBytes(body, "evidenceBytes")], ReadSignature(body));
            return await grains.GetRegistrationDesk(ServedChains.Of(context).ChainId).ProposeAsync(proposal);
        });

    private static async Task<IResult> SignAsync(string digest, HttpContext context, IGrainFactory grains)
    {
        var (id, problem) = Ids.ReadHash("registration", digest);
        if (problem is not null) return new ProblemResult(problem);

        return await TakeAsync(
            context, LongestSignatureBodyBytes, ["signature"], body => grains.GetRegistrationDesk(ServedChains.Of(context).ChainId).SignAsync(id, ReadSignature(body)));
    }

    private static async Task<IResult> TakeAsync(HttpContext context, int limit, string[] members, Func<JsonObject, Task<DeskReceipt>> hand)
    {
        var (bytes, problem) = await RequestBody.ReadAsync(context.Request, JsonMediaType, limit);
        if (problem is not null) return new ProblemResult(problem);

        var (body, malformed) = StrictJson.Parse(bytes);
        malformed ??= StrictJson.CheckMembers(body, members);
        if (malformed is not null) return new ProblemResult(malformed);

        try
        {
            return ToResult(await hand(body), context);
        }
        catch (ActRefusedException e)
        {
            return new ProblemResult(e.Problem);
        }
    }

    private static RegistrationTerms ReadTerms(JsonObject body)
    {
        var terms = ActMembers.ReadObject(body, "registration");
        if (StrictJson.CheckMembers(terms, TermMembers) is { } problem) throw new ActRefusedException(problem);

        return new(
            ActMembers.ReadText(terms, "signingKey"),
            ActMembers.ReadText(terms, "agreementKeyHash"),
            ActMembers.ReadText(terms, "measurement"),
            ActMembers.ReadText(terms, "configuration"),
            ActMembers.ReadText(terms, "operator"),
            ActMembers.ReadNumber(terms, "notAfterUnixSeconds"),
            ActMembers.ReadText(terms, "evidence"),
            ActMembers.ReadNumber(terms, "deadlineUnixSeconds"));
    }

    private static ImmutableArray<byte> ReadSignature(JsonObject body)
    {
        var signature = ActMembers.ReadBytes(body, "signature");
        return signature.Length == SignatureBytes
            ? [.. signature]
            : throw new ActRefusedException(new(ProblemTypes.MalformedSignature, $"signature: {signature.Length} bytes found, {SignatureBytes} expected"));
    }

    private static IResult ToResult(DeskReceipt receipt, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return receipt.Verdict switch
        {
            DeskVerdict.Accepted or DeskVerdict.AlreadyAccepted => Results.Json(new NotedJson(receipt.Digest!, receipt.Verdict), GatewayJson.Options),
            DeskVerdict.NotAnEndorser => Refused(ProblemTypes.NotAllowed),
            DeskVerdict.Expired => Refused(ProblemTypes.Expired),
            DeskVerdict.WrongState => Refused(ProblemTypes.WrongState),
            DeskVerdict.Unknown => new ProblemResult(Unknown(receipt.Digest!)),
            _ => Refused(ProblemTypes.MalformedAct),
        };

        ProblemResult Refused(ProblemType type) => new(new Problem(type, receipt.Detail) { Digest = receipt.Digest });
    }

    private static Problem Unknown(string digest) => Problem.NotFound($"registration {digest} is not open here");
}

/// <summary>The registrations that endorsers have open.</summary>
public sealed record RegistrationsJson(IReadOnlyList<RegistrationJson> Items);

/// <summary>A proposal and its signatures. Compute its digest by yourself.</summary>
public sealed record RegistrationJson(string Digest, string KeyId, RegistrationTerms Registration, string Proposer, IReadOnlyList<EndorserSignatureJson> Signatures)
{
    public static RegistrationJson Of(RegistrationView view)
        => new(view.Digest, view.KeyId, view.Terms, view.Proposer, [.. view.Signatures.Select(each => new EndorserSignatureJson(each.Endorser, each.Signature))]);
}

public sealed record EndorserSignatureJson(string Endorser, string Signature);

/// <summary>What is handed in to propose: the terms, the evidence that they name by its hash, and the proposer's signature.</summary>
public sealed record ProposedRegistrationJson(RegistrationTerms Registration, string EvidenceBytes, string Signature);

/// <summary>What is handed in to sign.</summary>
public sealed record RegistrationSignatureJson(string Signature);

/// <summary>A proposal or a signature was taken.</summary>
internal sealed record NotedJson(string Digest, DeskVerdict Verdict);
