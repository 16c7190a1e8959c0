using System.Text;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>Ids as the contracts compute them (architecture, section 11).</summary>
public static class RegistryIds
{
    /// <summary>keccak256(manufacturer 20 ‖ x 32 ‖ y 32): certifies itself, so nobody can register another maker's device.</summary>
    /// <param name="publicKey">The P-256 key at manufacture, 64 bytes x ‖ y.</param>
    public static Hash32 DeviceId(Address manufacturer, ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != 64) throw new ArgumentException($"{publicKey.Length} bytes found, 64 expected (x ‖ y)", nameof(publicKey));

        Span<byte> bytes = stackalloc byte[Address.Size + 64];
        manufacturer.CopyTo(bytes);
        publicKey.CopyTo(bytes[Address.Size..]);
        return Keccak256.HashData(bytes);
    }

    /// <inheritdoc cref="DeviceId(Address, ReadOnlySpan{byte})"/>
    public static Hash32 DeviceId(Address manufacturer, Hash32 x, Hash32 y)
    {
        Span<byte> key = stackalloc byte[2 * Hash32.Size];
        x.CopyTo(key);
        y.CopyTo(key[Hash32.Size..]);
        return DeviceId(manufacturer, key);
    }

    /// <summary>keccak256 of the scope's UTF-8 text, e.g. <c>telemetry:read</c>.</summary>
    public static Hash32 Scope(string scope) => Keccak256.HashData(Encoding.UTF8.GetBytes(scope));

    /// <summary>keccak256(abi.encode(device id, uint64 epoch, grantee, scope)).</summary>
    public static Hash32 ConsentId(Hash32 deviceId, ulong deviceEpoch, Address grantee, Hash32 scope)
        => Keccak256.HashData(AbiCodec.Encode("bytes32,uint64,address,bytes32", deviceId, deviceEpoch, grantee, scope));

    /// <summary>keccak256 of the exact published bytes.</summary>
    public static Hash32 PolicyId(ReadOnlySpan<byte> content) => Keccak256.HashData(content);

    /// <summary>What a grantee's acceptance signs: keccak256(abi.encode(consent id, kind, notBefore, notAfter, grantEpoch, bond, policy)).</summary>
    /// <param name="grantEpoch">The owner's at the grant: terms that were revoked and granted again hash to something else.</param>
    public static Hash32 TermsHash(Hash32 consentId, ConsentTerms terms, ulong grantEpoch)
        => Keccak256.HashData(AbiCodec.Encode(
            "bytes32,uint8,uint40,uint40,uint64,uint96,bytes32",
            consentId, (byte)terms.Kind, terms.NotBefore, terms.NotAfter, grantEpoch, terms.BondWei, terms.PolicyId));
}
