using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;

namespace Pythia.Device;

/// <summary>
/// A device's own P-256 key and the statements that it signs with it: ES256 over
/// <c>"pythia/&lt;kind&gt;/1" ‖ chain id 32 ‖ contract 20 ‖ device id 32 ‖ fixed-length big-endian fields</c> (architecture section 11), r ‖ s of 64 bytes
/// with s in the lower half.
/// </summary>
public sealed class DeviceIdentity : IDisposable
{
    private readonly ECDsa _key;

    private DeviceIdentity(ECDsa key, Address manufacturer)
    {
        _key = key;
        Manufacturer = manufacturer;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [.. point.X!, .. point.Y!];
        DeviceId = ComputeDeviceId(manufacturer, PublicKey);
    }

    /// <summary>Who made it; part of its id.</summary>
    public Address Manufacturer { get; }

    /// <summary>x ‖ y, 64 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>keccak256(manufacturer 20 ‖ x 32 ‖ y 32).</summary>
    public Hash32 DeviceId { get; }

    /// <summary>Makes a new key, as at manufacture.</summary>
    public static DeviceIdentity Create(Address manufacturer) => new(ECDsa.Create(ECCurve.NamedCurves.nistP256), manufacturer);

    /// <summary>Takes a key that was made before.</summary>
    /// <param name="pkcs8">Unencrypted PKCS #8 (RFC 5208) of a P-256 key.</param>
    /// <param name="manufacturer">As at manufacture.</param>
    /// <exception cref="CryptographicException">No PKCS #8, or a key of another curve.</exception>
    public static DeviceIdentity Import(ReadOnlySpan<byte> pkcs8, Address manufacturer)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return string.Equals(key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value, ECCurve.NamedCurves.nistP256.Oid.Value, StringComparison.Ordinal)
                ? new DeviceIdentity(key, manufacturer)
                : throw new CryptographicException("a key of another curve found, P-256 expected");
        }
        catch (CryptographicException)
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>keccak256(manufacturer 20 ‖ x 32 ‖ y 32).</summary>
    public static Hash32 ComputeDeviceId(Address manufacturer, ReadOnlySpan<byte> publicKey)
        => Keccak256.HashData([.. manufacturer.ToArray(), .. publicKey]);

    /// <summary>Unencrypted PKCS #8, for a simulated device's storage.</summary>
    public byte[] Export() => _key.ExportPkcs8PrivateKey();

    /// <summary>
    /// Signs that this device is with <paramref name="claimer"/>: kind <c>claim</c>, one field of 20 bytes.
    /// </summary>
    /// <param name="chainId">EIP-155.</param>
    /// <param name="deviceRegistry">The contract that it is for.</param>
    /// <param name="claimer">Who holds the device and claims it.</param>
    /// <returns>r ‖ s, 64 bytes.</returns>
    public byte[] SignClaim(ulong chainId, Address deviceRegistry, Address claimer)
    {
        var signature = _key.SignData(
            ClaimStatement(chainId, deviceRegistry, DeviceId, claimer), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return signature;
    }

    /// <summary>
    /// The bytes of a claim, 118: <c>"pythia/claim/1"</c> 14 at 0, chain id 32 at 14, contract 20 at 46, device id 32 at 66, claimer 20 at 98.
    /// </summary>
    public static byte[] ClaimStatement(ulong chainId, Address deviceRegistry, Hash32 deviceId, Address claimer)
    {
        var chain = new byte[32];
        BinaryPrimitives.WriteUInt64BigEndian(chain.AsSpan(24), chainId);
        return [.. Encoding.UTF8.GetBytes("pythia/claim/1"), .. chain, .. deviceRegistry.ToArray(), .. deviceId.ToArray(), .. claimer.ToArray()];
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
