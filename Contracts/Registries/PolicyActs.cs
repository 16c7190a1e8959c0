using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>A publisher publishes these exact bytes; its signature covers their id.</summary>
public sealed record PublishAct(ActHeader Header, ImmutableArray<byte> Content) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.PolicyRegistry, "Publish(bytes32 policyId,", "publish", (header, a) => new PublishAct(header, [.. a.Bytes(0)]));

    public Hash32 PolicyId => RegistryIds.PolicyId(Content.AsSpan());

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [PolicyId];

    internal override object?[] Arguments => [Content.ToArray()];
}

/// <summary>The publisher says that no new consent shall be under this policy.</summary>
public sealed record DeprecateAct(ActHeader Header, Hash32 PolicyId) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.PolicyRegistry, "Deprecate(bytes32 policyId,", "deprecate", (header, a) => new DeprecateAct(header, a.Hash32(0)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [PolicyId];

    internal override object?[] Arguments => Fields;
}
