using System.Text;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Device;
using Pythia.Ethereum;
using QRCoder;

namespace Pythia.Silo.Demo;

/// <summary>A device as it leaves the factory: its own P-256 key inside, a random claim key as QR code outside.</summary>
internal sealed class MadeDevice(Address manufacturer, Hash32 modelId) : IDisposable
{
    /// <summary>Only whoever holds the device gets its word.</summary>
    public DeviceIdentity Identity { get; } = DeviceIdentity.Create(manufacturer);

    /// <summary>Whoever reads the QR code has it.</summary>
    public EthereumKey ClaimKey { get; } = EthereumKey.Create();

    public Hash32 Id => Identity.DeviceId;

    public BatchDevice Leaf => new(Id, ClaimKey.Address, modelId);

    /// <summary>The label on its outside as SVG: a QR code of <c>pythia:claim/1/{chain}/{device id}/{claim key}</c>.</summary>
    public string DrawLabel(ulong chainId)
    {
        Span<byte> key = stackalloc byte[EthereumKey.PrivateKeySize];
        ClaimKey.ExportPrivateKey(key);
        using var data = QRCodeGenerator.GenerateQrCode($"pythia:claim/1/{chainId}/{Id}/{Hex.Format(key)}", QRCodeGenerator.ECCLevel.M);
        using var code = new SvgQRCode(data);
        return code.GetGraphic(pixelsPerModule: 4);
    }

    public void Dispose()
    {
        ClaimKey.Dispose();
        Identity.Dispose();
    }
}

/// <summary>A manufacturer with a batch of devices, and the evidence by which one of them is claimed.</summary>
internal sealed class Factory : IDisposable
{
    public const string Model = "pythia-lock-1";

    private readonly MadeDevice[] _devices;

    public Factory(Party manufacturer, int count)
    {
        Manufacturer = manufacturer;
        ModelId = Keccak256.HashData(Encoding.UTF8.GetBytes(Model));
        _devices = [.. Enumerable.Range(0, count).Select(_ => new MadeDevice(manufacturer.Address, ModelId))];
        Batch = new DeviceBatch(_devices.Select(device => device.Leaf));
    }

    public Party Manufacturer { get; }

    public Hash32 ModelId { get; }

    public DeviceBatch Batch { get; }

    public IReadOnlyList<MadeDevice> Devices => _devices;

    /// <summary>What a claimer shows.</summary>
    /// <param name="device">The device of the batch.</param>
    /// <param name="claimKeySignature">65 bytes of the QR code's key.</param>
    /// <param name="deviceSignature">r ‖ s of the device.</param>
    public ClaimEvidence Evidence(MadeDevice device, byte[] claimKeySignature, byte[] deviceSignature) => new(
        Manufacturer.Address,
        Hash32.FromSpan(device.Identity.PublicKey.AsSpan(0, Hash32.Size)),
        Hash32.FromSpan(device.Identity.PublicKey.AsSpan(Hash32.Size)),
        device.ClaimKey.Address,
        ModelId,
        Batch.Root,
        Batch.ProofOf(device.Leaf),
        [.. claimKeySignature],
        Hash32.FromSpan(deviceSignature.AsSpan(0, Hash32.Size)),
        Hash32.FromSpan(deviceSignature.AsSpan(Hash32.Size)));

    public void Dispose()
    {
        foreach (var device in _devices) device.Dispose();
    }
}
