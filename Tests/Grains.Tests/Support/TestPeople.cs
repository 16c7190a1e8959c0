using System.Numerics;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;

namespace Pythia.Tests.Support;

/// <summary>Who acts in the tests, and what they sign.</summary>
public sealed class TestPeople(ulong chainId, LedgerContracts contracts, TimeProvider time)
{
    private ulong _nonces;

    public EthereumKey Manufacturer { get; } = Key(1);

    public EthereumKey Alice { get; } = Key(2);

    public EthereumKey Bob { get; } = Key(3);

    public EthereumKey Service { get; } = Key(4);

    public EthereumKey Stranger { get; } = Key(5);

    public TestDevice NewDevice() => new(Manufacturer.Address);

    public static EthereumKey Key(byte number)
    {
        var bytes = new byte[32];
        bytes[31] = number;
        return EthereumKey.FromPrivateKey(bytes);
    }

    /// <summary>The common fields, with a nonce key of its own and ten minutes to live.</summary>
    public ActHeader Header(EthereumKey signer, RegistryKind registry, ulong? deadline = null, BigInteger? nonce = null)
    {
        var contract = registry switch
        {
            RegistryKind.DeviceRegistry => contracts.DeviceRegistry,
            RegistryKind.ConsentRegistry => contracts.ConsentRegistry,
            _ => contracts.PolicyRegistry,
        };
        return new ActHeader(contract, signer.Address, nonce ?? KeyedNonce.Of(++_nonces, 0), deadline ?? Now + 600);
    }

    public ulong Now => (ulong)time.GetUtcNow().ToUnixTimeSeconds();

    public RegisterBatchAct Register(DeviceBatch batch)
        => new(Header(Manufacturer, RegistryKind.DeviceRegistry), batch.Root, batch.Count, "https://maker.example/batch.json");

    public ClaimAct Claim(TestDevice device, DeviceBatch batch, EthereumKey claimer, Address? namedByDevice = null, Address? namedByClaimKey = null)
    {
        var statement = ClaimStatements.Claim(chainId, contracts.DeviceRegistry, device.Id, namedByDevice ?? claimer.Address);
        var (r, s) = device.Sign(statement);
        var byClaimKey = device.ClaimKey.Sign(ClaimStatements.ClaimKeyMessage(chainId, contracts.DeviceRegistry, device.Id, namedByClaimKey ?? claimer.Address));
        return new ClaimAct(
            Header(claimer, RegistryKind.DeviceRegistry),
            new ClaimEvidence(
                Manufacturer.Address, device.KeyX, device.KeyY, device.ClaimKey.Address, TestDevice.Model, batch.Root, batch.ProofOf(device.InBatch),
                [.. byClaimKey.ToArray()], r, s));
    }

    public GrantAct Grant(
        TestDevice device, EthereumKey owner, Address grantee, string scope, ConsentKind kind, GrantEpochs epochs, Hash32 policy = default, ulong? notAfter = null)
        => new(
            Header(owner, RegistryKind.ConsentRegistry),
            new ConsentTerms(device.Id, grantee, RegistryIds.Scope(scope), kind, 0, notAfter ?? Now + 3_600, 0, policy),
            epochs);

    /// <summary>The act as a wallet hands it over.</summary>
    public SignedIntent Sign(SignedAct act, EthereumKey key) => new(SignedActJson.Format(act), [.. key.Sign(act.Digest(chainId)).ToArray()]);
}
