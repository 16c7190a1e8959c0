using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>The bytes that a device signs with ES256 (SHA-256, P-256), and the message that its claim key signs.</summary>
/// <remarks>Each statement: <c>"pythia/&lt;kind&gt;/1"</c> ‖ chain id 32 ‖ DeviceRegistry 20 ‖ device id 32 ‖ fields, numbers big-endian.
/// SHA-256 only, so that no device needs Keccak.</remarks>
public static class ClaimStatements
{
    private static readonly TypedDataSchema ClaimKeySchema = TypedDataSchema.Parse("ClaimKey(bytes32 deviceId,address claimer)");

    /// <summary>"This party may claim me": fields claimer 20.</summary>
    public static byte[] Claim(BigInteger chainId, Address registry, Hash32 deviceId, Address claimer)
        => Statement("claim", chainId, registry, deviceId, claimer.ToArray());

    /// <summary>"This is my new key": fields device epoch 8 ‖ x 32 ‖ y 32; signed by the present key and by the new one.</summary>
    public static byte[] Rotate(BigInteger chainId, Address registry, Hash32 deviceId, ulong deviceEpoch, Hash32 newX, Hash32 newY)
        => Statement("rotate", chainId, registry, deviceId, [.. UInt64(deviceEpoch), .. newX.ToArray(), .. newY.ToArray()]);

    /// <summary>"I take no firmware older than this": fields security counter 8.</summary>
    public static byte[] Counter(BigInteger chainId, Address registry, Hash32 deviceId, ulong securityCounter)
        => Statement("counter", chainId, registry, deviceId, UInt64(securityCounter));

    /// <summary>What the QR code's claim key signs (65 bytes, low s): it names the claimer, so nobody gains by coming first with it.</summary>
    public static TypedDataMessage ClaimKeyMessage(BigInteger chainId, Address registry, Hash32 deviceId, Address claimer)
        => new(SignedAct.DomainOf(RegistryKind.DeviceRegistry, chainId, registry), ClaimKeySchema, (ReadOnlySpan<object?>)[deviceId, claimer]);

    private static byte[] Statement(string kind, BigInteger chainId, Address registry, Hash32 deviceId, byte[] fields)
    {
        var chain = new byte[32];
        if (chainId.Sign < 0 || !chainId.TryWriteBytes(chain, out var written, isUnsigned: true, isBigEndian: true))
            throw new ArgumentOutOfRangeException(nameof(chainId), chainId, "a chain id below 2^256 expected");

        byte[] padded = [.. new byte[32 - written], .. chain.AsSpan(0, written)];
        return [.. Encoding.ASCII.GetBytes($"pythia/{kind}/1"), .. padded, .. registry.ToArray(), .. deviceId.ToArray(), .. fields];
    }

    private static byte[] UInt64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
