using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pythia.Contracts.Registries;
using Pythia.Gateway.Acts;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Requests;
using Pythia.Gateway.Views;

namespace Pythia.Gateway.Catalogue;

/// <summary>What can be asked for here: chains with their contracts, and acts with their fields.</summary>
internal static class CatalogueEndpoints
{
    public static void MapChains(IEndpointRouteBuilder endpoints)
        => endpoints.MapGet("/v1/chains", (ServedChains chains) => new EntityResult<ChainsJson>(ChainsJson.Of(chains)))
            .Describe(ApiOperations.Chains);

    public static void Map(RouteGroupBuilder chain)
    {
        chain.MapGet("", (HttpContext context) => new EntityResult<ChainJson>(ChainJson.Of(ServedChains.Of(context)))).Describe(ApiOperations.Chain);
        chain.MapGet("/acts", (HttpContext context) => new EntityResult<ActsJson>(ActsJson.Of(ServedChains.Of(context)))).Describe(ApiOperations.Acts);
    }
}

/// <summary>The chains that this gateway serves, by id.</summary>
public sealed record ChainsJson(IReadOnlyList<ChainJson> Items)
{
    internal static ChainsJson Of(ServedChains chains) => new([.. chains.All.OrderBy(chain => chain.ChainId).Select(ChainJson.Of)]);
}

/// <summary>A chain and the contracts on it.</summary>
/// <param name="ChainId">EIP-155, decimal.</param>
public sealed record ChainJson(ulong ChainId, string DeviceRegistry, string ConsentRegistry, string PolicyRegistry, string PythiaRegistry)
{
    internal static ChainJson Of(GatewayChainOptions chain)
        => new(chain.ChainId, chain.DeviceRegistry, chain.ConsentRegistry, chain.PolicyRegistry, chain.PythiaRegistry);
}

/// <summary>The acts that can be prepared and submitted, by name.</summary>
public sealed record ActsJson(IReadOnlyList<ActKindJson> Items)
{
    internal static ActsJson Of(GatewayChainOptions chain) => new([.. ActForm.All.Select(form => new ActKindJson(
        form.Name,
        $"{form.Registry}",
        ActCodec.ContractOf(form.Registry, chain),
        FieldsOf(form.Fields, ActPreparer.FilledIn(form.Name), "")))]);

    private static IReadOnlyList<ActFieldJson> FieldsOf(IEnumerable<ActField> fields, IReadOnlySet<string> filledIn, string path)
        => [.. fields.Select(field => new ActFieldJson(
            field.Name,
            field.Type,
            filledIn.Contains(path + field.Name) ? true : null,
            field.Fields.Length == 0 ? null : FieldsOf(field.Fields, filledIn, $"{path}{field.Name}.")))];
}

/// <summary>One kind of act.</summary>
/// <param name="Name">Its EIP-712 primary type.</param>
/// <param name="Registry">The contract that takes it, by name.</param>
/// <param name="Contract">The same, by address.</param>
/// <param name="Fields">Its own fields; signer, nonce and deadline come besides.</param>
public sealed record ActKindJson(string Name, string Registry, string Contract, IReadOnlyList<ActFieldJson> Fields);

/// <summary>A field of an act.</summary>
/// <param name="Type">ABI type: bytes32, address, uint64, bytes, bytes32[]; tuple for an object.</param>
/// <param name="FilledIn">True where preparation fills it in when it is left out.</param>
/// <param name="Fields">The fields of an object.</param>
public sealed record ActFieldJson(string Name, string Type, bool? FilledIn, IReadOnlyList<ActFieldJson>? Fields);
