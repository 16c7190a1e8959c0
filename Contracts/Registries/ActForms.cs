using System.Collections.Frozen;
using System.Collections.Immutable;
using Pythia.Contracts.Abi;

namespace Pythia.Contracts.Registries;

/// <summary>A field of an act's JSON form.</summary>
/// <param name="Name">As in <see cref="SignedActJson"/>.</param>
/// <param name="Type">Its ABI type, such as <c>bytes32</c>, <c>uint64</c>, <c>bytes32[]</c>; <c>tuple</c> for an object.</param>
/// <param name="Fields">The object's own fields; empty for others.</param>
public sealed record ActField(string Name, string Type, ImmutableArray<ActField> Fields);

/// <summary>What one kind of act is made of, for those who write forms and documents.</summary>
/// <param name="Name">Its EIP-712 primary type.</param>
/// <param name="Registry">The contract that takes it.</param>
/// <param name="Fields">Its own fields, without act, contract, signer, nonce and deadline.</param>
public sealed record ActForm(string Name, RegistryKind Registry, ImmutableArray<ActField> Fields)
{
    private static readonly FrozenDictionary<string, ActForm> ByName = SignedActJson.All
        .Select(definition => new ActForm(definition.Schema.PrimaryType, definition.Registry, FieldsOf(definition.Direct.Inputs)))
        .ToFrozenDictionary(form => form.Name);

    /// <summary>Every kind of act, by name.</summary>
    public static ImmutableArray<ActForm> All { get; } = [.. ByName.Values.OrderBy(form => form.Name, StringComparer.Ordinal)];

    /// <summary>The form of this name; null if there is none.</summary>
    public static ActForm? Find(string name) => ByName.GetValueOrDefault(name);

    private static ImmutableArray<ActField> FieldsOf(ImmutableArray<AbiParameter> parameters)
        => [.. parameters.Select(p => new ActField(
            p.Name.TrimEnd('_'),
            p.Type.IsTuple ? "tuple" : p.Type.Name,
            p.Type.IsTuple ? FieldsOf(p.Type.Components) : []))];
}
