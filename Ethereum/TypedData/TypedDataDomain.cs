using System.Collections.Immutable;
using System.Numerics;

namespace Pythia.Ethereum;

/// <summary>Where a signature counts (EIP-712, "Definition of domainSeparator"): only the fields that are given are part of it.</summary>
public sealed class TypedDataDomain
{
    public const string TypeName = "EIP712Domain";

    public TypedDataDomain(string? name = null, string? version = null, BigInteger? chainId = null, Address? verifyingContract = null, Hash32? salt = null)
    {
        (Name, Version, ChainId, VerifyingContract, Salt) = (name, version, chainId, verifyingContract, salt);

        var values = new Dictionary<string, object?>();
        var fields = ImmutableArray.CreateBuilder<TypedDataField>();
        Add("name", "string", name);
        Add("version", "string", version);
        Add("chainId", "uint256", chainId);
        Add("verifyingContract", "address", verifyingContract);
        Add("salt", "bytes32", salt);

        Fields = fields.ToImmutable();
        var schema = new TypedDataSchema(new Dictionary<string, ImmutableArray<TypedDataField>> { [TypeName] = Fields }, TypeName);
        Separator = schema.HashStruct(values);

        void Add(string field, string type, object? value)
        {
            if (value is null) return;
            fields.Add(new TypedDataField(field, type));
            values.Add(field, value);
        }
    }

    public string? Name { get; }

    public string? Version { get; }

    public BigInteger? ChainId { get; }

    public Address? VerifyingContract { get; }

    public Hash32? Salt { get; }

    /// <summary>The fields that are given, in the order of the EIP.</summary>
    public ImmutableArray<TypedDataField> Fields { get; }

    /// <summary>hashStruct of the domain, computed once.</summary>
    public Hash32 Separator { get; }

    /// <summary>keccak256(0x19 01 ‖ separator ‖ struct hash): what is signed.</summary>
    public Hash32 Digest(Hash32 structHash)
    {
        Span<byte> bytes = stackalloc byte[2 + (2 * Hash32.Size)];
        bytes[0] = 0x19;
        bytes[1] = 0x01;
        Separator.CopyTo(bytes[2..]);
        structHash.CopyTo(bytes[(2 + Hash32.Size)..]);
        return Keccak256.HashData(bytes);
    }
}
