using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;
using Pythia.Gateway.Devices;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Grains;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Passports;

/// <summary>Evidence and passports of enclaves for devices, and the verifier's own endpoint for whoever has evidence.</summary>
internal static partial class PassportEndpoints
{
    public const string EvidenceMediaType = EnclaveEvidence.MediaType;
    public const int LongestEvidenceBytes = EnclaveEvidence.MaxBytes;

    /// <summary>RFC 9782 with the profile.</summary>
    public const string PassportMediaType = SignedPassport.MediaType + "; eat_profile=\"" + Passport.Profile + "\"";

    public const string VerifierPath = "/v1/passports";
    public const string ChallengePath = VerifierPath + "/challenge";

    private const int MostTries = 3;

    public static void Map(RouteGroupBuilder chain)
    {
        chain.MapGet("/passport", AnyPassportAsync).Describe(ApiOperations.AnyPassport);
        chain.MapGet("/evidence", AnyEvidenceAsync).Describe(ApiOperations.AnyEvidence);
        chain.MapGet("/enclaves/{enclave}/passport", OnePassportAsync).Describe(ApiOperations.OnePassport);
        chain.MapGet("/enclaves/{enclave}/evidence", OneEvidenceAsync).Describe(ApiOperations.OneEvidence);
    }

    public static void MapVerifier(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(VerifierPath, IssueAsync).Describe(ApiOperations.IssuePassport);
        endpoints.MapGet(ChallengePath, Challenge).Describe(ApiOperations.PassportChallenge);
    }

    private static async Task<IResult> AnyPassportAsync(
        HttpContext context, string? kid, string? nonce, IGrainFactory grains, EnclaveDirectory directory, PassportDesk desk)
    {
        var chainId = ServedChains.Of(context).ChainId;
        return await PassportAsync(context, await directory.ListInTurnAsync(grains, chainId), kid, nonce, grains, directory, desk);
    }

    private static async Task<IResult> OnePassportAsync(
        HttpContext context, string enclave, string? kid, string? nonce, IGrainFactory grains, EnclaveDirectory directory, PassportDesk desk)
    {
        var (enclaves, problem) = await FindAsync(context, enclave, grains, directory);
        return problem is not null ? new ProblemResult(problem) : await PassportAsync(context, enclaves, kid, nonce, grains, directory, desk);
    }

    private static async Task<IResult> AnyEvidenceAsync(
        HttpContext context, string? kid, string? nonce, IGrainFactory grains, EnclaveDirectory directory, EvidenceSource source)
    {
        var chainId = ServedChains.Of(context).ChainId;
        return await EvidenceAsync(context, await directory.ListInTurnAsync(grains, chainId), kid, nonce, source);
    }

    private static async Task<IResult> OneEvidenceAsync(
        HttpContext context, string enclave, string? kid, string? nonce, IGrainFactory grains, EnclaveDirectory directory, EvidenceSource source)
    {
        var (enclaves, problem) = await FindAsync(context, enclave, grains, directory);
        return problem is not null ? new ProblemResult(problem) : await EvidenceAsync(context, enclaves, kid, nonce, source);
    }

    // A name that no silo reported must not make a grain.
    private static async Task<(ImmutableArray<string> Enclaves, Problem? Problem)> FindAsync(HttpContext context, string enclave, IGrainFactory grains, EnclaveDirectory directory)
    {
        var (id, problem) = Ids.ReadEnclave(enclave);
        if (problem is not null) return ([], problem);

        return (await directory.ListInTurnAsync(grains, ServedChains.Of(context).ChainId)).Contains(id, StringComparer.Ordinal)
            ? ([id], null)
            : ([], new Problem(ProblemTypes.UnknownEnclave, $"enclave '{id}' found, one of GET …/enclaves expected"));
    }

    private static async Task<IResult> PassportAsync(
        HttpContext context, ImmutableArray<string> enclaves, string? kid, string? nonce, IGrainFactory grains, EnclaveDirectory directory, PassportDesk desk)
    {
        if (!TryReadKeyId(kid, out var keyId, out var problem) || !TryReadNonce(nonce, Passport.NonceBytes, out var bytes, out problem)) return new ProblemResult(problem!);

        var chainId = ServedChains.Of(context).ChainId;
        var (passport, refusal) = keyId.IsEmpty
            ? await GetOfAnyAsync(chainId, enclaves, bytes, NetworkAddress.Of(context), grains, directory, desk, context.RequestAborted)
            : await desk.GetAsync(chainId, enclaves, keyId, bytes, NetworkAddress.Of(context), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return refusal is null ? Results.Bytes(passport!, PassportMediaType) : new ProblemResult(refusal);
    }

    // No key is named: the first in turn that is there and is vouched for.
    private static async Task<(byte[]? Passport, Problem? Problem)> GetOfAnyAsync(
        ulong chainId, ImmutableArray<string> enclaves, byte[] nonce, string address, IGrainFactory grains, EnclaveDirectory directory, PassportDesk desk, CancellationToken cancellationToken)
    {
        Problem? met = null;
        foreach (var enclave in enclaves.Take(MostTries))
        {
            try
            {
                var identity = await grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, enclave)).IdentifyAsync(cancellationToken);
                var (passport, problem) = await desk.GetAsync(chainId, [enclave], [.. Es256Key.ComputeKeyId(identity.SigningKey.AsSpan())], nonce, address, cancellationToken);
                if (problem is null || IsOfAllEnclaves(problem)) return (passport, problem);

                met ??= problem;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                directory.Forget(chainId, enclave);
                met ??= Problem.TryAgain($"{enclave} can't be reached");
            }
        }

        return (null, met ?? Problem.TryAgain($"no enclave of chain {chainId} answers"));
    }

    private static bool IsOfAllEnclaves(Problem problem)
        => problem.Type == ProblemTypes.NoVerifier || problem.Type == ProblemTypes.TooMany || problem == PassportDesk.VerifierAway;

    private static async Task<IResult> EvidenceAsync(HttpContext context, ImmutableArray<string> enclaves, string? kid, string? nonce, EvidenceSource source)
    {
        if (!TryReadKeyId(kid, out var keyId, out var problem) || !TryReadNonce(nonce, KeyBinding.NonceBytes, out var bytes, out problem)) return new ProblemResult(problem!);

        var (evidence, refusal) = await source.GetAsync(ServedChains.Of(context).ChainId, enclaves, keyId, bytes, NetworkAddress.Of(context), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return refusal is null ? Results.Bytes(evidence!, EvidenceMediaType) : new ProblemResult(refusal);
    }

    private static IResult Challenge(HttpContext context, PassportVerifier verifier)
    {
        if (verifier.Own is not { } issuer) return new ProblemResult(NoKey);

        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new ChallengeJson(Convert.ToHexStringLower(issuer.MakeChallenge()), (int)issuer.ChallengeLifetime.TotalSeconds), GatewayJson.Options);
    }

    private static Problem NoKey => new(ProblemTypes.NoVerifier, "no Passport:KeyFile is configured here");

    private static async Task<IResult> IssueAsync(HttpContext context, PassportVerifier verifier, ILogger<PassportVerifier> logger)
    {
        if (verifier.Own is not { } issuer) return new ProblemResult(NoKey);

        var (evidence, problem) = await RequestBody.ReadAsync(context.Request, EvidenceMediaType, LongestEvidenceBytes);
        if (problem is not null) return new ProblemResult(problem);

        var outcome = issuer.Issue(evidence);
        context.Response.Headers.CacheControl = "no-store";
        if (!outcome.IsIssued) return new ProblemResult(new Problem(ProblemTypes.EvidenceRefused, outcome.Describe()));

        var claims = outcome.Claims!;
        var measurement = Hash32.FromSpan(claims.Measurement.AsSpan());
        LogIssued(logger, claims.Operator, measurement, claims.ExpiresUnixSeconds);
        return Results.Bytes(outcome.Passport!, PassportMediaType);
    }

    // Hex digits without 0x, as a device writes them.
    private static bool TryReadKeyId(string? text, out ImmutableArray<byte> keyId, out Problem? problem)
    {
        var read = TryReadHex(text, SignedAnswer.KeyIdBytes, SignedAnswer.KeyIdBytes, out var bytes);
        keyId = [.. bytes];
        problem = read ? null : Problem.BadId("kid", text!, $"{2 * SignedAnswer.KeyIdBytes} hex digits");
        return read;
    }

    private static bool TryReadNonce(string? text, int most, out byte[] nonce, out Problem? problem)
    {
        var read = TryReadHex(text, Passport.NonceBytes, most, out nonce);
        problem = read ? null : Problem.BadId("nonce", text!, most == Passport.NonceBytes ? $"{2 * most} hex digits" : $"{2 * Passport.NonceBytes} to {2 * most} hex digits");
        return read;
    }

    private static bool TryReadHex(string? text, int least, int most, out byte[] bytes)
    {
        bytes = [];
        if (text is null) return true;
        if (text.Length % 2 != 0 || text.Length < 2 * least || text.Length > 2 * most || !text.All(char.IsAsciiHexDigit)) return false;

        bytes = Convert.FromHexString(text);
        return true;
    }

    [LoggerMessage(EventId = 3303, Level = LogLevel.Information, Message = "A passport for {Operator}, code {Measurement}, until {ExpiresUnixSeconds}")]
    private static partial void LogIssued(ILogger logger, string @operator, Hash32 measurement, ulong expiresUnixSeconds);
}
