using System.Collections.Immutable;
using System.Numerics;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>What every signed act has in common.</summary>
/// <param name="Contract">The registry at which it counts; the verifying contract of its EIP-712 domain.</param>
/// <param name="Signer">Who acts: a key's address, or a wallet contract (ERC-1271).</param>
/// <param name="Nonce">Keyed nonce of that registry, <c>key &lt;&lt; 64 | sequence</c>; see <see cref="KeyedNonce"/>.</param>
/// <param name="DeadlineUnixSeconds">Last second of block time at which it may be carried out.</param>
public sealed record ActHeader(Address Contract, Address Signer, BigInteger Nonce, ulong DeadlineUnixSeconds);

/// <summary>A nonce of 192 bits key and 64 bits sequence (EIP-4337): acts under different keys don't wait for each other.</summary>
public static class KeyedNonce
{
    public const int KeyBits = 192;

    public static BigInteger Of(BigInteger key, ulong sequence)
        => key.Sign >= 0 && key.GetBitLength() <= KeyBits
            ? (key << 64) | sequence
            : throw new ArgumentOutOfRangeException(nameof(key), key, $"at most {KeyBits} bits expected");

    public static (BigInteger Key, ulong Sequence) Split(BigInteger nonce) => (nonce >> 64, (ulong)(nonce & ulong.MaxValue));
}

/// <summary>What a consent allows. The numbers are the contract's.</summary>
public enum ConsentKind
{
    Data = 1,
    Command = 2,
}

/// <summary>What an owner grants.</summary>
/// <param name="Scope">keccak256 of the UTF-8 scope, <see cref="RegistryIds.Scope"/>.</param>
/// <param name="NotBefore">First second, Unix time, below 2^40.</param>
/// <param name="NotAfter">Last second, Unix time, below 2^40; <see cref="NoEnd"/> for none.</param>
/// <param name="BondWei">Locked from the grantee's deposit at its acceptance; below 2^96.</param>
/// <param name="PolicyId">A published policy; a command consent may have none (zero).</param>
public sealed record ConsentTerms(
    Hash32 DeviceId,
    Address Grantee,
    Hash32 Scope,
    ConsentKind Kind,
    ulong NotBefore,
    ulong NotAfter,
    BigInteger BondWei,
    Hash32 PolicyId)
{
    public const ulong NoEnd = (1UL << 40) - 1;
}

/// <summary>The counters of the moment of signing: if one has moved, the owner has taken something back since, and the grant fails.</summary>
/// <param name="GrantEpoch">The owner's in ConsentRegistry: every revocation raises it.</param>
/// <param name="DeviceEpoch">The device's: transfers and ends of consents raise it.</param>
/// <param name="OwnerEpoch">The owner's in DeviceRegistry: freezing, ends of consents and changes of recovery raise it.</param>
public sealed record GrantEpochs(ulong GrantEpoch, ulong DeviceEpoch, uint OwnerEpoch);

/// <summary>What a claimer shows of a device.</summary>
/// <param name="KeyX">P-256 key at manufacture, x, and <paramref name="KeyY"/> y.</param>
/// <param name="ClaimKey">Address of the secp256k1 key in the device's QR code.</param>
/// <param name="Proof">From the leaf to <paramref name="Root"/>, see <see cref="DeviceBatch"/>.</param>
/// <param name="ClaimKeySignature">65 bytes over <see cref="ClaimStatements.ClaimKeyMessage"/>.</param>
/// <param name="DeviceR">The device's ES256 signature over <see cref="ClaimStatements.Claim"/>: r, and <paramref name="DeviceS"/> s.</param>
public sealed record ClaimEvidence(
    Address Manufacturer,
    Hash32 KeyX,
    Hash32 KeyY,
    Address ClaimKey,
    Hash32 ModelId,
    Hash32 Root,
    ImmutableArray<Hash32> Proof,
    ImmutableArray<byte> ClaimKeySignature,
    Hash32 DeviceR,
    Hash32 DeviceS)
{
    public Hash32 DeviceId => RegistryIds.DeviceId(Manufacturer, KeyX, KeyY);
}

/// <summary>A new identity key of a device, with the statement of <see cref="ClaimStatements.Rotate"/> signed by the old and by the new key.</summary>
/// <param name="Manufacturer">Part of the device id; looked at only while the key at manufacture holds.</param>
public sealed record KeyRotation(
    Address Manufacturer,
    Hash32 OldX,
    Hash32 OldY,
    Hash32 NewX,
    Hash32 NewY,
    Hash32 OldR,
    Hash32 OldS,
    Hash32 NewR,
    Hash32 NewS);
