using System.Numerics;
using System.Text.Json;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

/// <summary>Every act in its signed form through Relay on a live chain, with the gas that we plan for it; each outcome has our digest.</summary>
public sealed class RegistryLifeTests(RegistryChain chain) : IClassFixture<RegistryChain>, IDisposable
{
    private static readonly Hash32 Read = RegistryIds.Scope("telemetry:read");
    private static readonly Hash32 Open = RegistryIds.Scope("lock:open");

    private readonly EthereumKey _maker = AnvilRpc.KeyOf("manufacturer");
    private readonly EthereumKey _alice = EthereumKey.Create();
    private readonly EthereumKey _bob = EthereumKey.Create();
    private readonly EthereumKey _service = EthereumKey.Create();

    public void Dispose()
    {
        foreach (var key in new[] { _maker, _alice, _bob, _service }) key.Dispose();
    }

    [Fact]
    public async Task Device_FromBatchToRetirement_IsWhatItsOwnersSigned()
    {
        using var device = new TestDevice(_maker.Address);
        var batch = new DeviceBatch([device.InBatch, .. Enumerable.Range(0, 999).Select(i => new BatchDevice(Keccak256.HashData(BitConverter.GetBytes(i)), Address.Zero, TestDevice.Model))]);
        (await CarryOutAsync(_maker, h => new RegisterBatchAct(h, batch.Root, batch.Count, "https://example.org/batch"), RegistryKind.DeviceRegistry))
            .ShouldContain(new BatchRegistered(_maker.Address, batch.Root, 1000, "https://example.org/batch"));
        (await chain.Reader.BatchCountAsync(_maker.Address, batch.Root)).ShouldBe(1000u);

        var evidence = device.Evidence(batch, chain.ChainId, chain.Deployment.DeviceRegistry, _alice.Address);
        (await CarryOutAsync(_alice, h => new ClaimAct(h, evidence), RegistryKind.DeviceRegistry))
            .ShouldContain(new DeviceClaimed(device.Id, _alice.Address, _maker.Address, device.KeyX, device.KeyY, TestDevice.Model, batch.Root));
        await ShouldBeAsync(device, _alice, status: 1, epoch: 1);

        var rotation = device.Rotate(chain.ChainId, chain.Deployment.DeviceRegistry, deviceEpoch: 1);
        (await CarryOutAsync(_alice, h => new RotateKeyAct(h, device.Id, rotation), RegistryKind.DeviceRegistry))
            .ShouldContain(new DeviceKeyRotated(device.Id, rotation.NewX, rotation.NewY));
        (await chain.Reader.RotatedKeyHashAsync(device.Id)).ShouldBe(Keccak256.HashData([.. rotation.NewX.ToArray(), .. rotation.NewY.ToArray()]));

        var (r, s) = device.Sign(ClaimStatements.Counter(chain.ChainId, chain.Deployment.DeviceRegistry, device.Id, 7));
        var raise = RegistryCalls.RaiseSecurityCounter(device.Id, 7, Address.Zero, rotation.NewX, rotation.NewY, r, s);
        var raised = await (await chain.SenderAsync(_bob)).SendAsync(chain.Deployment.DeviceRegistry, raise);
        Relay.EventsOf(raised.Logs, chain.Deployment).ShouldBe([new SecurityCounterRaised(device.Id, 7)]);

        (await CarryOutAsync(_alice, h => new FreezeAct(h, device.Id), RegistryKind.DeviceRegistry)).ShouldContain(new DeviceFrozen(device.Id, _alice.Address));
        (await CarryOutAsync(_alice, h => new UnfreezeAct(h, device.Id, 1, 1), RegistryKind.DeviceRegistry)).ShouldContain(new DeviceUnfrozen(device.Id, _alice.Address));
        (await CarryOutAsync(_alice, h => new EndConsentsAct(h, device.Id), RegistryKind.DeviceRegistry)).ShouldContain(new ConsentsEnded(device.Id, _alice.Address, 2));
        (await CarryOutAsync(_alice, h => new TransferAct(h, device.Id, _bob.Address, 2, 2), RegistryKind.DeviceRegistry))
            .ShouldContain(new DeviceTransferred(device.Id, _alice.Address, _bob.Address, 3));
        await ShouldBeAsync(device, _bob, status: 1, epoch: 3, counter: 7);

        (await CarryOutAsync(_bob, h => new SetRecoveryAct(h, _service.Address, 86_400, 0), RegistryKind.DeviceRegistry))
            .ShouldContain(new RecoverySet(_bob.Address, _service.Address, 86_400));
        (await CarryOutAsync(_service, h => new StartRecoveryAct(h, _bob.Address, _alice.Address, 1), RegistryKind.DeviceRegistry))
            .OfType<RecoveryStarted>().Single().NewOwner.ShouldBe(_alice.Address);
        (await CarryOutAsync(_bob, h => new CancelRecoveryAct(h), RegistryKind.DeviceRegistry)).ShouldContain(new RecoveryCancelled(_bob.Address));
        (await chain.Reader.HolderAsync(_bob.Address)).ShouldBe(new HolderOnChain(1, 2, _service.Address, 86_400));

        (await CarryOutAsync(_bob, h => new RetireAct(h, device.Id, 3), RegistryKind.DeviceRegistry)).ShouldContain(new DeviceRetired(device.Id, _bob.Address));
        await ShouldBeAsync(device, _bob, status: 3, epoch: 3, counter: 7);
    }

    [Fact]
    public async Task Consent_FromPolicyToReleasedBond_IsWhatWasSigned()
    {
        using var device = await chain.ClaimedAsync(_alice);
        byte[] content = [.. "{\"purpose\":\"research\"}"u8];
        var policyId = RegistryIds.PolicyId(content);
        var published = (await CarryOutAsync(_service, h => new PublishAct(h, [.. content]), RegistryKind.PolicyRegistry)).OfType<PolicyPublished>().Single();
        published.PolicyId.ShouldBe(policyId);
        published.Content.ShouldBe(content);

        var now = await chain.NowAsync();
        var bond = BigInteger.Pow(10, 18);
        var terms = new ConsentTerms(device.Id, _service.Address, Read, ConsentKind.Data, now, ConsentTerms.NoEnd, bond, policyId);
        var granted = (await CarryOutGrantAsync(_alice, terms)).OfType<ConsentGranted>().Single();
        granted.Terms.ShouldBe(terms);
        granted.Status.ShouldBe(ConsentStatus.Offered);
        granted.ConsentId.ShouldBe(RegistryIds.ConsentId(device.Id, 1, _service.Address, Read));

        var sender = await chain.SenderAsync(_service);
        var deposit = RegistryCalls.Deposit(_service.Address);
        (await sender.SendAsync(chain.Deployment.ConsentRegistry, deposit, valueWei: 3 * bond)).Succeeded.ShouldBeTrue();
        (await CarryOutAsync(_service, h => new AcceptAct(h, device.Id, 1, Read, granted.TermsHash), RegistryKind.ConsentRegistry))
            .ShouldContain(new ConsentAccepted(granted.ConsentId, _service.Address, granted.TermsHash, bond));
        (await chain.Reader.IsActiveAsync(device.Id, _service.Address, Read)).ShouldBeTrue();
        (await chain.Reader.DepositAsync(_service.Address)).ShouldBe(2 * bond);

        var receiver = EthereumKey.Create().Address; // an account that does not exist yet
        (await CarryOutAsync(_service, h => new WithdrawAct(h, receiver, bond), RegistryKind.ConsentRegistry)).ShouldContain(new Withdrawn(_service.Address, receiver, bond));
        (await chain.Rpc.BalanceAsync(receiver, BlockTag.Latest)).ShouldBe(bond);

        (await CarryOutAsync(_alice, h => new RevokeAct(h, device.Id, _service.Address, Read), RegistryKind.ConsentRegistry))
            .ShouldContain(new ConsentRevoked(granted.ConsentId, _alice.Address, _service.Address, device.Id, Read, 1));
        (await chain.Reader.IsActiveAsync(device.Id, _service.Address, Read)).ShouldBeFalse();
        (await chain.Reader.ConsentAsync(granted.ConsentId)).ShouldBe(
            new ConsentOnChain(ConsentStatus.Revoked, ConsentKind.Data, now, ConsentTerms.NoEnd, 0, bond, policyId));

        var release = RegistryCalls.ReleaseBond(device.Id, 1, _service.Address, Read);
        (await sender.SendAsync(chain.Deployment.ConsentRegistry, release)).Succeeded.ShouldBeTrue();
        await chain.Rpc.AdvanceClockAsync(TimeSpan.FromDays(14));
        await chain.Rpc.MineAsync();
        var released = await sender.SendAsync(chain.Deployment.ConsentRegistry, release);
        Relay.EventsOf(released.Logs, chain.Deployment).ShouldBe([new BondReleased(granted.ConsentId, _service.Address, bond)]);
        (await chain.Reader.DepositAsync(_service.Address)).ShouldBe(2 * bond);

        (await CarryOutAsync(_service, h => new DeprecateAct(h, policyId), RegistryKind.PolicyRegistry)).ShouldContain(new PolicyDeprecated(policyId, _service.Address));
        (await chain.Reader.PolicyAsync(policyId)).Status.ShouldBe((byte)2);
    }

    [Fact]
    public async Task Commands_RevokedByGranteeAndAll_EndAtOnce()
    {
        using var device = await chain.ClaimedAsync(_alice);
        await CarryOutGrantAsync(_alice, Command(device, _service));
        await CarryOutGrantAsync(_alice, Command(device, _bob));
        (await chain.Reader.IsActiveAsync(device.Id, _service.Address, Open)).ShouldBeTrue();

        (await CarryOutAsync(_alice, h => new RevokeGranteeAct(h, _service.Address), RegistryKind.ConsentRegistry))
            .ShouldContain(new GranteeRevoked(_alice.Address, _service.Address, 1));
        (await chain.Reader.IsActiveAsync(device.Id, _service.Address, Open)).ShouldBeFalse();
        (await chain.Reader.IsActiveAsync(device.Id, _bob.Address, Open)).ShouldBeTrue();

        (await CarryOutAsync(_alice, h => new RevokeAllAct(h, 10), RegistryKind.ConsentRegistry)).ShouldContain(new AllRevoked(_alice.Address, 2, 0));
        (await chain.Reader.IsActiveAsync(device.Id, _bob.Address, Open)).ShouldBeFalse();
    }

    [Fact]
    public async Task Relay_FiftyClaims_FitThePlannedGasAndTheLimitOfTheDesign()
    {
        var devices = Enumerable.Range(0, 50).Select(_ => new TestDevice(_maker.Address)).ToArray();
        var batch = await chain.RegisterAsync(_maker, 1000, devices);
        var owners = devices.Select(_ => EthereumKey.Create()).ToArray();
        var acts = new List<SignedAct>();
        foreach (var (device, owner) in devices.Zip(owners))
        {
            var evidence = device.Evidence(batch, chain.ChainId, chain.Deployment.DeviceRegistry, owner.Address);
            acts.Add(new ClaimAct(await chain.HeaderAsync(RegistryKind.DeviceRegistry, owner.Address), evidence));
        }

        var items = acts.Zip(owners, chain.Sign).ToArray();
        var limit = RelayGas.TransactionLimit(acts);
        limit.ShouldBeLessThanOrEqualTo(RelayGas.MostOfTransaction);
        var receipt = await chain.SendAsync(await chain.FundedKeyAsync("operator"), chain.Deployment.Relay, Relay.Encode(items), limit);
        receipt.Succeeded.ShouldBeTrue();
        Relay.EventsOf(receipt.Logs, chain.Deployment).OfType<IntentCarriedOut>().Select(e => e.Digest).ShouldBe(acts.Select(a => a.Digest(chain.ChainId)));
        (receipt.GasUsed / 50).ShouldBeLessThanOrEqualTo(120_000UL);
        foreach (var key in owners) key.Dispose();
        foreach (var device in devices) device.Dispose();
    }

    [Fact]
    public async Task Claim_OnTheChain_TakesTheGasThatForgeMeasured()
    {
        using var device = new TestDevice(_maker.Address);
        var batch = await chain.RegisterAsync(_maker, 1000, device);
        var evidence = device.Evidence(batch, chain.ChainId, chain.Deployment.DeviceRegistry, _alice.Address);
        var act = new ClaimAct(await chain.HeaderAsync(RegistryKind.DeviceRegistry, _alice.Address), evidence);
        var receipt = await (await chain.SenderAsync(_alice)).SendAsync(act.Contract, act.EncodeDirectCall());
        receipt.Succeeded.ShouldBeTrue();

        using var snapshot = JsonDocument.Parse(await File.ReadAllBytesAsync(chain.Contracts.Combine("snapshots", "gas.json")));
        var measured = snapshot.RootElement.GetProperty("claim").GetProperty("gas").GetUInt64();
        var apart = (ulong)Math.Abs((long)receipt.GasUsed - (long)measured);
        apart.ShouldBeLessThanOrEqualTo(measured / 50, $"{receipt.GasUsed} gas found, {measured} measured"); // proofs of 9 or 10 hashes, bytes of zero
    }

    private ConsentTerms Command(TestDevice device, EthereumKey grantee)
        => new(device.Id, grantee.Address, Open, ConsentKind.Command, 0, ConsentTerms.NoEnd, 0, Hash32.Zero);

    private async Task<IReadOnlyList<RegistryEvent>> CarryOutGrantAsync(EthereumKey owner, ConsentTerms terms)
    {
        var epochs = await chain.Reader.EpochsAsync(terms.DeviceId);
        return await CarryOutAsync(owner, h => new GrantAct(h, terms, epochs), RegistryKind.ConsentRegistry);
    }

    private async Task<IReadOnlyList<RegistryEvent>> CarryOutAsync(EthereumKey signer, Func<ActHeader, SignedAct> create, RegistryKind registry)
    {
        var act = create(await chain.HeaderAsync(registry, signer.Address));
        var events = await chain.RelayAsync(chain.Sign(act, signer));
        events.ShouldContain(new IntentCarriedOut(act.Digest(chain.ChainId), signer.Address), Describe(events));
        return events;
    }

    private static string Describe(IEnumerable<RegistryEvent> events) => string.Join('\n', events.Select(e => e switch
    {
        IntentFailed failed => RegistryErrors.Describe(failed.Reason.AsSpan()),
        ItemFailed failed => RegistryErrors.Describe(failed.Reason.AsSpan()),
        _ => e.ToString(),
    }));

    private async Task ShouldBeAsync(TestDevice device, EthereumKey owner, byte status, ulong epoch, ulong counter = 0)
        => (await chain.Reader.DeviceAsync(device.Id)).ShouldBe(new DeviceOnChain(owner.Address, status, epoch, counter));
}
