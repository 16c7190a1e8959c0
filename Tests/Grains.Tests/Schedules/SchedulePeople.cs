using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;

namespace Pythia.Tests.Schedules;

/// <summary>Who acts in the schedules. Keys and devices are the same in all of them, and so are signatures of the same act.</summary>
public sealed class SchedulePeople
{
    private static readonly string[] Scopes = ["lock:open", "telemetry:read"];

    private readonly ConcurrentDictionary<Hash32, ImmutableArray<byte>> _signatures = new();
    private readonly ConcurrentDictionary<(Hash32 Device, Address Claimer), ClaimEvidence> _evidence = new();
    private readonly ImmutableArray<TestDevice> _devices;
    private readonly ulong _chainId;
    private readonly LedgerContracts _contracts;

    public SchedulePeople(ulong chainId, LedgerContracts contracts)
    {
        (_chainId, _contracts) = (chainId, contracts);
        Manufacturer = TestPeople.Key(1);
        Owners = [TestPeople.Key(2), TestPeople.Key(3), TestPeople.Key(4)];
        Grantee = TestPeople.Key(5);
        _devices = [.. Enumerable.Range(0, 6).Select(_ => new TestDevice(Manufacturer.Address))];
        Batches = [new DeviceBatch(_devices[..4].Select(d => d.InBatch)), new DeviceBatch(_devices[4..].Select(d => d.InBatch))];
        Keys = new[] { Manufacturer, Grantee }.Concat(Owners).ToImmutableDictionary(k => k.Address);
        Policies = [.. Enumerable.Range(0, 4).Select(i => ImmutableArray.Create((byte)'p', (byte)i))];
    }

    public EthereumKey Manufacturer { get; }

    public ImmutableArray<EthereumKey> Owners { get; }

    public EthereumKey Grantee { get; }

    public ImmutableArray<DeviceBatch> Batches { get; }

    public ImmutableArray<ImmutableArray<byte>> Policies { get; }

    public ImmutableDictionary<Address, EthereumKey> Keys { get; }

    public ImmutableArray<Hash32> Devices => [.. _devices.Select(d => d.Id)];

    /// <summary>What somebody may do who knows the chain as it is in <paramref name="state"/>; some of it comes too late or twice.</summary>
    public SignedAct NewAct(Random random, ContractState state, BigInteger nonce, ulong deadline, ulong now)
    {
        var device = _devices[random.Next(_devices.Length)];
        if (state.Device(device.Id) is not { } known)
        {
            return NewClaim(random, state, device, nonce, deadline);
        }

        var owner = Keys[known.Owner];
        var epochs = new GrantEpochs(state.Owner(known.Owner).GrantEpoch, known.Epoch, state.Owner(known.Owner).OwnerEpoch);
        var inDevices = new ActHeader(_contracts.DeviceRegistry, owner.Address, nonce, deadline);
        var inConsents = inDevices with { Contract = _contracts.ConsentRegistry };
        var scope = RegistryIds.Scope(Scopes[random.Next(Scopes.Length)]);
        return random.Next(14) switch
        {
            0 or 1 => new TransferAct(inDevices, device.Id, Owners[random.Next(Owners.Length)].Address, epochs.DeviceEpoch, epochs.OwnerEpoch),
            2 when known.Status is DeviceStatus.Frozen => new UnfreezeAct(inDevices, device.Id, epochs.DeviceEpoch, epochs.OwnerEpoch),
            2 => new FreezeAct(inDevices, device.Id),
            3 => new EndConsentsAct(inDevices, device.Id),
            4 => new RevokeAct(inConsents, device.Id, Grantee.Address, scope),
            5 => new RevokeGranteeAct(inConsents, Grantee.Address),
            6 => new RevokeAllAct(inConsents, 2),
            7 when random.Next(4) == 0 => new RetireAct(inDevices, device.Id, epochs.DeviceEpoch),
            8 or 9 => NewPolicyAct(random, state, nonce, deadline),
            10 when OfferOf(state, known, device.Id) is { } offer => new AcceptAct(
                inConsents with { Signer = Grantee.Address }, device.Id, offer.DeviceEpoch, offer.Terms.Scope, TermsHashOf(offer)),
            _ => new GrantAct(inConsents, NewTerms(random, state, device.Id, scope, now), epochs),
        };
    }

    /// <summary>The act as a wallet hands it over.</summary>
    public SignedIntent Sign(SignedAct act)
    {
        var digest = act.Digest(_chainId);
        var signature = _signatures.GetOrAdd(digest, static (d, key) => [.. key.Sign(d).ToArray()], Keys[act.Signer]);
        return new SignedIntent(SignedActJson.Format(act), signature);
    }

    private SignedAct NewClaim(Random random, ContractState state, TestDevice device, BigInteger nonce, ulong deadline)
    {
        var batch = Batches.First(b => b.Devices.Any(d => d.DeviceId == device.Id));
        if (!state.Batches.Any(b => b.Root == batch.Root))
        {
            var header = new ActHeader(_contracts.DeviceRegistry, Manufacturer.Address, nonce, deadline);
            return new RegisterBatchAct(header, batch.Root, batch.Count, "https://maker.example/batch.json");
        }

        var claimer = Owners[random.Next(Owners.Length)].Address;
        return new ClaimAct(
            new ActHeader(_contracts.DeviceRegistry, claimer, nonce, deadline),
            _evidence.GetOrAdd((device.Id, claimer), _ => Evidence(device, batch, claimer)));
    }

    // A device's key is not safe for two threads at once.
    private ClaimEvidence Evidence(TestDevice device, DeviceBatch batch, Address claimer)
    {
        lock (device)
        {
            return device.Evidence(batch, _chainId, _contracts.DeviceRegistry, claimer);
        }
    }

    private SignedAct NewPolicyAct(Random random, ContractState state, BigInteger nonce, ulong deadline)
    {
        var publisher = Owners[random.Next(Owners.Length)];
        var content = Policies[random.Next(Policies.Length)];
        var id = RegistryIds.PolicyId(content.AsSpan());
        var header = new ActHeader(_contracts.PolicyRegistry, publisher.Address, nonce, deadline);
        return state.Policies.GetValueOrDefault(id) is { } known
            ? new DeprecateAct(header with { Signer = known.Publisher }, id)
            : new PublishAct(header, content);
    }

    private ConsentTerms NewTerms(Random random, ContractState state, Hash32 device, Hash32 scope, ulong now)
    {
        var policy = state.Policies.Where(p => !p.Value.IsDeprecated).Select(p => p.Key).Order().FirstOrDefault();
        var kind = policy.IsZero || random.Next(2) == 0 ? ConsentKind.Command : ConsentKind.Data;
        return new ConsentTerms(device, Grantee.Address, scope, kind, 0, now + 100_000, 0, kind is ConsentKind.Command ? default : policy);
    }

    private static OnChainConsent? OfferOf(ContractState state, OnChainDevice device, Hash32 id)
        => state.Consents.Values.FirstOrDefault(c => c.Terms.DeviceId == id && c.DeviceEpoch == device.Epoch && c.Status is ConsentStatus.Offered);

    private static Hash32 TermsHashOf(OnChainConsent c)
        => RegistryIds.TermsHash(RegistryIds.ConsentId(c.Terms.DeviceId, c.DeviceEpoch, c.Terms.Grantee, c.Terms.Scope), c.Terms, c.GrantEpoch);
}
