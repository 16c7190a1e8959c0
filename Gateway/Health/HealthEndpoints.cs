using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pythia.Gateway.Requests;
using Pythia.Grains;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Health;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: each chain has an enclave that answers and a follower that goes on.</summary>
public static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", () => Results.Json(new HealthJson("live", []), GatewayJson.Options));
        endpoints.MapGet("/health/ready", ReadyAsync);
    }

    private static async Task<IResult> ReadyAsync(HttpContext context, IGrainFactory grains, ServedChains chains)
    {
        var reasons = new List<string>();
        foreach (var chain in chains.All)
        {
            try
            {
                await FindTroubleAsync(grains, chain.ChainId, reasons).WaitAsync(Patience, context.RequestAborted);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                reasons.Add($"chain {chain.ChainId}: the silos do not answer");
            }
        }

        context.Response.Headers.CacheControl = "no-store";
        return reasons.Count == 0
            ? Results.Json(new HealthJson("ready", []), GatewayJson.Options)
            : Results.Json(new HealthJson("not ready", reasons), GatewayJson.Options, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task FindTroubleAsync(IGrainFactory grains, ulong chainId, List<string> reasons)
    {
        var enclaves = await grains.GetGrain<IPythiaDirectoryGrain>(GrainKeys.Of(chainId, "0")).ListHealthyAsync();
        if (enclaves.IsDefaultOrEmpty) reasons.Add($"chain {chainId}: no enclave answers");

        var ledger = await grains.GetGrain<ILedgerGrain>(GrainKeys.Of(chainId, "0")).GetAsync();
        if (ledger.Trouble.Length > 0) reasons.Add($"chain {chainId}: the follower stands at block {ledger.Cursor}: {ledger.Trouble}");
    }
}

/// <summary>State of the service.</summary>
/// <param name="Reasons">Why it is not ready; empty when it is.</param>
public sealed record HealthJson(string Status, IReadOnlyList<string> Reasons);
