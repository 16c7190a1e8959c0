using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Requests;

/// <summary>The chains of the configuration, by id.</summary>
public sealed class ServedChains(IOptions<GatewayOptions> options)
{
    private readonly Dictionary<ulong, GatewayChainOptions> _chains = options.Value.Chains.ToDictionary(chain => chain.ChainId);

    public IReadOnlyCollection<GatewayChainOptions> All => _chains.Values;

    /// <summary>The chain of the path: decimal, without sign or leading zero.</summary>
    public (GatewayChainOptions Chain, Problem? Problem) Read(string text)
        => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && text[0] != '0' && _chains.TryGetValue(id, out var chain)
            ? (chain, null)
            : (null!, Problem.UnknownChain(text, _chains.Keys.Order()));

    /// <summary>The chain of the path, for an endpoint that can't be reached without one: the filter has looked.</summary>
    public static GatewayChainOptions Of(HttpContext context) => (GatewayChainOptions)context.Items[typeof(ServedChains)]!;

    /// <summary>Refuses a path whose chain is not served, before anything else is read.</summary>
    public async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (chain, problem) = Read((string?)context.HttpContext.Request.RouteValues["chain"] ?? "");
        if (problem is not null) return new ProblemResult(problem);

        context.HttpContext.Items[typeof(ServedChains)] = chain;
        return await next(context);
    }
}
