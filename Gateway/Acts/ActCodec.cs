using System.Text.Json.Nodes;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Acts;

/// <summary>An act that can be signed.</summary>
/// <param name="Text">Its JSON as it is signed for and handed to the grain.</param>
/// <param name="Document">What a wallet shows (EIP-712).</param>
internal sealed record PreparedAct(SignedAct Act, string Text, TypedDataMessage Document)
{
    /// <summary>What the wallet's program gets: the act to hand back, the digest that follows it, and the document to sign.</summary>
    public JsonObject ToJson() => new()
    {
        ["act"] = JsonNode.Parse(Text),
        ["digest"] = Document.Digest.ToString(),
        ["typedData"] = JsonNode.Parse(Document.ToJson()),
    };
}

/// <summary>Reads acts strictly, by the records that grains and contracts share.</summary>
internal static class ActCodec
{
    /// <exception cref="ActRefusedException">A member is missing, unknown or out of form, or the contract is not this chain's.</exception>
    public static PreparedAct Read(JsonObject json, GatewayChainOptions chain)
    {
        if (!SignedActJson.TryParse(json.ToJsonString(), out var act, out var reason)) throw Malformed(reason);

        var expected = Address.Parse(ContractOf(act.Registry, chain));
        if (act.Contract != expected)
            throw new ActRefusedException(new(ProblemTypes.WrongContract, $"contract: {act.Contract} found, {act.Registry} {expected} expected"));

        return new(act, SignedActJson.Format(act), act.ToTypedData(act.DomainOn(chain.ChainId)));
    }

    /// <summary>The contract that an act of this name is for; null for an unknown name.</summary>
    public static RegistryKind? FindRegistry(string name)
        => !SignedActJson.ActNames.Contains(name) ? null
            : name switch
            {
                "Grant" or "Accept" or "Revoke" or "RevokeGrantee" or "RevokeAll" or "Withdraw" => RegistryKind.ConsentRegistry,
                "Publish" or "Deprecate" => RegistryKind.PolicyRegistry,
                _ => RegistryKind.DeviceRegistry,
            };

    public static string ContractOf(RegistryKind registry, GatewayChainOptions chain) => registry switch
    {
        RegistryKind.DeviceRegistry => chain.DeviceRegistry,
        RegistryKind.ConsentRegistry => chain.ConsentRegistry,
        RegistryKind.PolicyRegistry => chain.PolicyRegistry,
        _ => throw new ArgumentOutOfRangeException(nameof(registry), registry, "a registry that takes acts expected"),
    };

    private static ActRefusedException Malformed(string reason)
        => new(new(ProblemTypes.MalformedAct, reason));
}
