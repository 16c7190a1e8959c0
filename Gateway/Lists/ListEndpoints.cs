using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pythia.Ethereum;
using Pythia.Gateway.Callers;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Gateway.Views;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.History;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;

namespace Pythia.Gateway.Lists;

/// <summary>Lists and histories in pages. What collects about a person is for that person and for clients that may read
/// (docs/decisions/030); what is about things that are published is for all.</summary>
internal static class ListEndpoints
{
    private const int UsualLimit = 50;

    public static void Map(RouteGroupBuilder chain)
    {
        MapList(chain, "/owners/{address}/devices", OwnerIndexKind.Devices).Describe(ApiOperations.OwnerDevices);
        MapList(chain, "/owners/{address}/consents", OwnerIndexKind.Consents).Describe(ApiOperations.OwnerConsents);
        MapList(chain, "/owners/{address}/granted", OwnerIndexKind.Granted).Describe(ApiOperations.OwnerGranted);
        MapList(chain, "/manufacturers/{address}/batches", OwnerIndexKind.Batches).Describe(ApiOperations.ManufacturerBatches);

        chain.MapGet("/devices/{id}/history", (string id, string? limit, string? cursor, HttpContext context, IGrainFactory grains) =>
            HistoryAsync(SubjectKind.Device, Ids.ReadHash("device", id), limit, cursor, context, grains)).Describe(ApiOperations.DeviceHistory);
        chain.MapGet("/consents/{id}/history", (string id, string? limit, string? cursor, HttpContext context, IGrainFactory grains) =>
            HistoryAsync(SubjectKind.Consent, Ids.ReadHash("consent", id), limit, cursor, context, grains)).Describe(ApiOperations.ConsentHistory);
        chain.MapGet("/owners/{address}/history", (string address, string? limit, string? cursor, HttpContext context, IGrainFactory grains) =>
            HistoryAsync(SubjectKind.Owner, Ids.ReadAddress("owner", address), limit, cursor, context, grains)).Describe(ApiOperations.OwnerHistory);
        chain.MapGet("/policies/{id}/history", (string id, string? limit, string? cursor, HttpContext context, IGrainFactory grains) =>
            HistoryAsync(SubjectKind.Policy, Ids.ReadHash("policy", id), limit, cursor, context, grains)).Describe(ApiOperations.PolicyHistory);
        chain.MapGet("/lanes", LanesAsync).Describe(ApiOperations.Lanes);
    }

    private static RouteHandlerBuilder MapList(RouteGroupBuilder chain, string path, OwnerIndexKind kind)
        => chain.MapGet(path, (string address, string? limit, string? cursor, HttpContext context, IGrainFactory grains) =>
            ListAsync(kind, address, limit, cursor, context, grains));

    private static async Task<IResult> ListAsync(OwnerIndexKind kind, string address, string? limit, string? cursor, HttpContext context, IGrainFactory grains)
    {
        var (owner, idProblem) = Ids.ReadAddress("owner", address);
        var (most, limitProblem) = Ids.ReadNumber("limit", limit, UsualLimit, 1, OwnerIndex.MostListed);
        var (after, cursorProblem) = PageCursor.Read(context, cursor, place => Hash32.TryParse(place, out var id) && id.ToString() == place);
        var isPublic = kind is OwnerIndexKind.Batches;
        if ((idProblem ?? (isPublic ? null : Rights.CheckReader(context, owner)) ?? limitProblem ?? cursorProblem) is { } problem) return new ProblemResult(problem);

        var key = OwnerIndex.KeyOf(ServedChains.Of(context).ChainId, owner, kind);
        var page = await grains.GetGrain<IOwnerIndexGrain>(key).ListAsync(after, (int)most);
        return PageOf([.. page.Items.Select(item => ListEntryJson.Of(kind, item))], page.Next, most, context, isPublic);
    }

    private static async Task<IResult> HistoryAsync(
        SubjectKind kind, (string Id, Problem? Problem) id, string? limit, string? cursor, HttpContext context, IGrainFactory grains)
    {
        var (most, limitProblem) = Ids.ReadNumber("limit", limit, UsualLimit, 1, HistoryKeys.MostListed);
        var (before, cursorProblem) = PageCursor.Read(context, cursor, place => long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        var chainId = ServedChains.Of(context).ChainId;
        if ((id.Problem ?? await CheckReaderAsync(kind, id.Id, chainId, context, grains) ?? limitProblem ?? cursorProblem) is { } problem) return new ProblemResult(problem);

        var grain = grains.GetGrain<IHistoryGrain>(HistoryKeys.Of(chainId, kind, id.Id));
        var page = await grain.ReadAsync(before is null ? null : long.Parse(before, CultureInfo.InvariantCulture), (int)most);
        var next = page.Next?.ToString(CultureInfo.InvariantCulture);
        return PageOf(page.Entries, next, most, context, isPublic: kind is SubjectKind.Policy);
    }

    private static async Task<Problem?> CheckReaderAsync(SubjectKind kind, string id, ulong chainId, HttpContext context, IGrainFactory grains)
    {
        // Whoever may not read anything must not make grains work.
        if (kind is SubjectKind.Policy) return null;
        if (Caller.Of(context) is not OwnerCaller) return Rights.CheckReader(context);

        switch (kind)
        {
            case SubjectKind.Device:
                return Rights.CheckReader(context, (await grains.GetGrain<IDeviceGrain>(GrainKeys.Of(chainId, id)).GetAsync()).Owner);
            case SubjectKind.Consent:
                var consent = await grains.GetGrain<IConsentGrain>(GrainKeys.Of(chainId, id)).GetAsync();
                return Rights.CheckReader(context, consent.Owner, consent.Grantee);
            default:
                return Rights.CheckReader(context, id);
        }
    }

    // RFC 8288: the next page also as a link.
    private static EntityResult<PageJson<TEntry>> PageOf<TEntry>(IReadOnlyList<TEntry> items, string? next, long limit, HttpContext context, bool isPublic)
    {
        var cursor = next is null ? null : PageCursor.Write(context, next);
        if (cursor is not null) context.Response.Headers.Link = $"<{context.Request.Path}?limit={limit}&cursor={cursor}>; rel=\"next\"";
        return new(new(items, cursor), isPrivate: !isPublic);
    }

    private static async Task<IResult> LanesAsync(HttpContext context, IGrainFactory grains)
    {
        if (Rights.CheckOperator(context) is { } problem) return new ProblemResult(problem);

        var chain = ServedChains.Of(context);
        var lanes = new List<LaneJson>();
        foreach (var account in chain.RelayAccounts.Select(text => Address.Parse(text).ToString()))
            lanes.Add(LaneJson.Of(account, await grains.GetGrain<IRelayGrain>(GrainKeys.Of(chain.ChainId, account)).GetAsync()));
        return new EntityResult<LanesJson>(new(lanes), isPrivate: true);
    }
}
