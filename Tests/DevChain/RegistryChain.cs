using System.Numerics;
using System.Security.Cryptography;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;

namespace Pythia.Tests.DevChain;

/// <summary>A live anvil with our contracts, a manufacturer, and devices that sign.</summary>
public class RegistryChain : AnvilFixture
{
    private DeploymentManifest? _deployment;

    /// <summary>The P-256 curve's order, for a signature's other s.</summary>
    public static BigInteger P256Order { get; } = new(
        Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    public DeploymentManifest Deployment => _deployment ?? throw new InvalidOperationException("the contracts are not deployed");

    public string ManifestPath => Path.Combine(Folder, "contracts.json");

    public RegistryReader Reader => new(Rpc, Deployment);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await ContractCompiler.EnsureAsync(Contracts, TimeProvider.System);
        _deployment = await DeployAsync(ManifestPath);
    }

    /// <summary>Five, in the order of PythiaRegistry, of whom three are needed.</summary>
    public static IReadOnlyList<EthereumKey> EndorserKeys { get; } =
        [.. Enumerable.Range(1, 5).Select(i => AnvilRpc.KeyOf($"endorser {i}")).OrderBy(key => key.Address.ToString(), StringComparer.Ordinal)];

    public static RegistryEndorsers Endorsers { get; } = RegistryEndorsers.Of(EndorserKeys.Select(key => key.Address), 3);

    public PythiaRegistryReader PythiaReader => new(Rpc, Deployment.PythiaRegistry);

    public async Task<DeploymentManifest> DeployAsync(string manifestPath, IProgress<string>? progress = null)
        => await new ContractDeployment(Rpc, Contracts, await FundedKeyAsync("deployer"), new FeePolicy(), TimeProvider.System, Endorsers)
            .EnsureAsync(manifestPath, progress);

    /// <summary>Has an act signed by these endorsers (the first three unless told) and sends it.</summary>
    public async Task<RpcReceipt> EndorseAsync(EndorsedAct act, params byte[] who)
    {
        var digest = act.Digest(ChainId);
        var endorsements = (who.Length == 0 ? [0, 1, 2] : who).Select(i => new Endorsement(i, [.. EndorserKeys[i].Sign(digest).ToArray()]));
        return await SendAsync(await FundedKeyAsync("operator"), act.Contract, act.EncodeCall(endorsements));
    }

    /// <summary>An account with ether that sends its own transactions.</summary>
    public async Task<DirectSender> SenderAsync(EthereumKey key)
    {
        await Rpc.SetBalanceAsync(key.Address, BigInteger.Pow(10, 21));
        return new DirectSender(Rpc, key, ChainId, new FeePolicy(), TimeProvider.System);
    }

    /// <summary>Unix seconds of the latest block.</summary>
    public async Task<ulong> NowAsync() => (await Rpc.BlockAsync(BlockTag.Latest))!.UnixSeconds;

    /// <summary>A header for the signer's next act: nonce key 0 unless told, an hour's deadline.</summary>
    public async Task<ActHeader> HeaderAsync(RegistryKind registry, Address signer, BigInteger nonceKey = default)
        => new(Deployment.AddressOf(registry.ToString()), signer, await Reader.NonceAsync(registry, signer, nonceKey), await NowAsync() + 3600);

    /// <summary>The relay item of an act, signed by this key.</summary>
    public RelayItem Sign(SignedAct act, EthereumKey key) => RelayItem.Of(act, key.Sign(act.Digest(ChainId)).ToArray());

    /// <summary>Relays acts in one transaction of the operator's and returns what our contracts reported.</summary>
    public async Task<IReadOnlyList<RegistryEvent>> RelayAsync(params RelayItem[] items)
    {
        var receipt = await SendAsync(await FundedKeyAsync("operator"), Deployment.Relay, Relay.Encode(items), gasLimit: 16_000_000);
        if (!receipt.Succeeded) throw new InvalidOperationException($"the batch in {receipt.TransactionHash} reverted, expected outcomes item by item");
        return [.. Relay.EventsOf(receipt.Logs, Deployment)];
    }

    /// <summary>Registers a batch that holds the devices and as many strangers as are missing, by the manufacturer's own transaction.</summary>
    public async Task<DeviceBatch> RegisterAsync(EthereumKey manufacturer, int size, params TestDevice[] devices)
    {
        var others = Enumerable.Range(0, size - devices.Length)
            .Select(i => new BatchDevice(Keccak256.HashData(BitConverter.GetBytes(i)), Address.Zero, TestDevice.Model));
        var batch = new DeviceBatch([.. devices.Select(d => d.InBatch), .. others]);
        var act = new RegisterBatchAct(await HeaderAsync(RegistryKind.DeviceRegistry, manufacturer.Address), batch.Root, batch.Count, "https://example.org/batch");
        var receipt = await (await SenderAsync(manufacturer)).SendAsync(act.Contract, act.EncodeDirectCall());
        return receipt.Succeeded ? batch : throw new InvalidOperationException("the batch was refused");
    }

    /// <summary>Registers a device and claims it for the owner.</summary>
    public async Task<TestDevice> ClaimedAsync(EthereumKey owner)
    {
        using var manufacturer = AnvilRpc.KeyOf("manufacturer");
        var device = new TestDevice(manufacturer.Address);
        var batch = await RegisterAsync(manufacturer, 2, device);
        var act = new ClaimAct(await HeaderAsync(RegistryKind.DeviceRegistry, owner.Address), device.Evidence(batch, ChainId, Deployment.DeviceRegistry, owner.Address));
        var receipt = await (await SenderAsync(owner)).SendAsync(act.Contract, act.EncodeDirectCall());
        return receipt.Succeeded ? device : throw new InvalidOperationException("the claim was refused");
    }
}

/// <summary>A device with its identity key and the claim key of its QR code.</summary>
public sealed class TestDevice(Address manufacturer) : IDisposable
{
    public static Hash32 Model { get; } = Keccak256.HashData("lamp-1"u8);

    public ECDsa Key { get; private set; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public EthereumKey ClaimKey { get; } = EthereumKey.Create();

    public Address Manufacturer => manufacturer;

    public Hash32 KeyX => Coordinate(Key, p => p.X!);

    public Hash32 KeyY => Coordinate(Key, p => p.Y!);

    public Hash32 Id { get => field.IsZero ? field = RegistryIds.DeviceId(manufacturer, KeyX, KeyY) : field; private set; }

    public BatchDevice InBatch => new(Id, ClaimKey.Address, Model);

    /// <summary>True evidence of a claim by this claimer.</summary>
    public ClaimEvidence Evidence(DeviceBatch batch, ulong chainId, Address registry, Address claimer)
    {
        var (r, s) = Sign(ClaimStatements.Claim(chainId, registry, Id, claimer));
        var claimKeySignature = ClaimKey.Sign(ClaimStatements.ClaimKeyMessage(chainId, registry, Id, claimer)).ToArray();
        return new ClaimEvidence(manufacturer, KeyX, KeyY, ClaimKey.Address, Model, batch.Root, batch.ProofOf(InBatch), [.. claimKeySignature], r, s);
    }

    /// <summary>ES256, as the device's secure element makes it: s is high half of the time.</summary>
    public (Hash32 R, Hash32 S) Sign(byte[] statement) => Sign(Key, statement);

    public static (Hash32 R, Hash32 S) Sign(ECDsa key, byte[] statement)
    {
        var signature = key.SignData(statement, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return (Hash32.FromSpan(signature.AsSpan(0, 32)), Hash32.FromSpan(signature.AsSpan(32)));
    }

    /// <summary>A rotation to a new key, signed by both; the device keeps the new key.</summary>
    public KeyRotation Rotate(ulong chainId, Address registry, ulong deviceEpoch)
    {
        var id = Id;
        var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (newX, newY) = (Coordinate(next, p => p.X!), Coordinate(next, p => p.Y!));
        var statement = ClaimStatements.Rotate(chainId, registry, id, deviceEpoch, newX, newY);
        var (oldR, oldS) = Sign(statement);
        var (newR, newS) = Sign(next, statement);
        var rotation = new KeyRotation(manufacturer, KeyX, KeyY, newX, newY, oldR, oldS, newR, newS);
        Key.Dispose();
        (Key, Id) = (next, id);
        return rotation;
    }

    public void Dispose()
    {
        Key.Dispose();
        ClaimKey.Dispose();
    }

    private static Hash32 Coordinate(ECDsa key, Func<ECPoint, byte[]> part) => Hash32.FromSpan(part(key.ExportParameters(includePrivateParameters: false).Q));
}
