using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Registry;

namespace Pythia.Gateway.Views;

/// <summary>
/// What the ledger says as far as the follower has come: for people and their programs. Nothing here is signed; a device asks an enclave.
/// </summary>
public static class ViewEndpoints
{
    public static void Map(RouteGroupBuilder chain)
    {
        chain.MapGet("/devices/{id}", (string id, HttpContext context, IGrainFactory grains) =>
            ViewAsync(Ids.ReadHash("device", id), context, async key =>
                await grains.GetGrain<IDeviceGrain>(key).GetAsync() is { } view && view is not { Status: DeviceStatus.Unclaimed, Pending: 0 } ? view : null)).Describe(ApiOperations.Device);
        chain.MapGet("/consents/{id}", (string id, HttpContext context, IGrainFactory grains) =>
            ViewAsync(Ids.ReadHash("consent", id), context, async key =>
                await grains.GetGrain<IConsentGrain>(key).GetAsync() is { } view && view is not { Status: ConsentStatus.None, Pending: 0 } ? view : null)).Describe(ApiOperations.Consent);
        chain.MapGet("/owners/{address}", (string address, HttpContext context, IGrainFactory grains) =>
            ViewAsync(Ids.ReadAddress("owner", address), context, async key => await grains.GetGrain<IOwnerGrain>(key).GetAsync())).Describe(ApiOperations.Owner);
        chain.MapGet("/manufacturers/{address}", (string address, HttpContext context, IGrainFactory grains) =>
            ViewAsync(Ids.ReadAddress("manufacturer", address), context, async key => await grains.GetGrain<IManufacturerGrain>(key).GetAsync())).Describe(ApiOperations.Manufacturer);
        chain.MapGet("/policies/{id}", (string id, HttpContext context, IGrainFactory grains) =>
            ViewAsync(Ids.ReadHash("policy", id), context, async key =>
                await grains.GetGrain<IPolicyGrain>(key).GetAsync() is { } view && view is not { Status: PolicyStatus.Unknown, Pending: 0 }
                    ? PolicyJson.Of(view) : null)).Describe(ApiOperations.Policy);
        chain.MapGet("/owners/{address}/grantees/{grantee}", GetGranteeAsync).Describe(ApiOperations.Grantee);
        chain.MapGet("/policies/{id}/document", GetPolicyDocumentAsync).Describe(ApiOperations.PolicyDocument);
        chain.MapGet("/pythia-keys/{id}", (string id, HttpContext context, IGrainFactory grains) =>
            ViewAsync(Ids.ReadHash("key", id), context, async key =>
                await grains.GetGrain<IEnclaveKeyGrain>(key).GetAsync() is { } view && view is not { Status: EnclaveKeyStatus.Unknown, OwnRevocation: null } ? view : null)).Describe(ApiOperations.PythiaKey);
        chain.MapGet("/pythia-registry", (HttpContext context, IGrainFactory grains) =>
            ViewAsync((ChainGrains.Only, null), context, async key => await grains.GetGrain<IPythiaRegistryGrain>(key).GetAsync())).Describe(ApiOperations.PythiaRegistry);
        chain.MapGet("/ledger", (HttpContext context, IGrainFactory grains) =>
            ViewAsync((ChainGrains.Only, null), context, async key => await grains.GetGrain<ILedgerGrain>(key).GetAsync())).Describe(ApiOperations.Ledger);
    }

    // Every view: the id is read, the grain is asked, and what was never heard of is not there.
    private static async Task<IResult> ViewAsync<TView>((string Id, Problem? Problem) id, HttpContext context, Func<string, Task<TView?>> readAsync)
        where TView : class
    {
        if (id.Problem is { } problem) return new ProblemResult(problem);

        var view = await readAsync(GrainKeys.Of(ServedChains.Of(context).ChainId, id.Id));
        return view is null ? new ProblemResult(Problem.NotFound($"{id.Id} is not known here")) : new EntityResult<TView>(view);
    }

    private static async Task<IResult> GetGranteeAsync(string address, string grantee, HttpContext context, IGrainFactory grains)
    {
        var (granteeId, problem) = Ids.ReadAddress("grantee", grantee);
        if (problem is not null) return new ProblemResult(problem);

        return await ViewAsync(Ids.ReadAddress("owner", address), context, async key =>
            new GranteeJson(key[(key.IndexOf('/') + 1)..], granteeId, await grains.GetGrain<IOwnerGrain>(key).GetGranteeFloorAsync(granteeId)));
    }

    // The exact bytes whose keccak256 is the policy's id, as a download: they are somebody else's and never shown as a page.
    private static async Task<IResult> GetPolicyDocumentAsync(string id, HttpContext context, IGrainFactory grains)
    {
        var (policyId, problem) = Ids.ReadHash("policy", id);
        if (problem is not null) return new ProblemResult(problem);

        var view = await grains.GetGrain<IPolicyGrain>(GrainKeys.Of(ServedChains.Of(context).ChainId, policyId)).GetAsync();
        if (view.Status == PolicyStatus.Unknown || view.Document.IsDefaultOrEmpty)
            return new ProblemResult(Problem.NotFound($"the document of policy {policyId} is not known here"));

        return new DocumentResult(policyId, view.Document);
    }

    // Its id is the hash of its bytes: no other bytes can ever stand here.
    private sealed class DocumentResult(string policyId, ImmutableArray<byte> document) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.XContentTypeOptions = "nosniff";
            httpContext.Response.Headers.ContentDisposition = $"attachment; filename={policyId}.policy";
            return EntityBody.WriteAsync(httpContext, document.AsMemory(), "application/octet-stream", $"\"{policyId}\"", "public, max-age=31536000, immutable");
        }
    }
}

/// <summary>A policy without its bytes.</summary>
public sealed record PolicyJson(string PolicyId, PolicyStatus Status, string? Publisher, int DocumentBytes, LedgerPosition? Position, int Pending)
{
    public static PolicyJson Of(PolicyView view) => new(
        view.PolicyId, view.Status, view.Publisher, view.Document.IsDefault ? 0 : view.Document.Length, view.Position, view.Pending);
}

/// <summary>What an owner has ended of one grantee.</summary>
/// <param name="Floor">Consents granted at a lower grant epoch are dead.</param>
public sealed record GranteeJson(string Owner, string Grantee, ulong Floor);
