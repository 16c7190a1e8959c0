using System.Collections.Immutable;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;

namespace Pythia.Tests.Subjects;

/// <summary>What a device grain takes and what it refuses, each refusal by its name.</summary>
public sealed class DeviceGrainTests : IAsyncLifetime
{
    private MirrorWorld _world = null!;

    private TestPeople People => _world.People;

    public async Task InitializeAsync() => _world = await MirrorWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Submit_ClaimByTheOneWhomCodeAndDeviceName_IsCarriedOutAndMirrored()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);

        var view = await _world.Device(device).GetAsync();
        Assert.Equal(DeviceStatus.Active, view.Status);
        Assert.Equal(People.Alice.Address.ToString(), view.Owner);
        Assert.Equal(People.Manufacturer.Address.ToString(), view.Manufacturer);
        Assert.Equal(1UL, view.Epoch);
        Assert.Equal(0, view.Pending);
        Assert.Equal(Hex.Format([.. device.KeyX.ToArray(), .. device.KeyY.ToArray()]), view.PublicKey);
        Assert.Equal(1, (await _world.Owner(People.Alice.Address).GetAsync()).Devices);
    }

    [Fact]
    public async Task Submit_SecondClaim_IsWrongState()
    {
        var device = People.NewDevice();
        var batch = new DeviceBatch([device.InBatch]);
        await _world.CarryOutAsync(People.Register(batch), People.Manufacturer);
        await _world.CarryOutAsync(People.Claim(device, batch, People.Alice), People.Alice);

        await RefusedAsync(People.Claim(device, batch, People.Bob), People.Bob, IntentVerdict.WrongState, "claimed already");
    }

    [Fact]
    public async Task Submit_ClaimWithThePhotographedCodeOnly_IsBadSignature()
    {
        var (device, batch) = await RegisteredAsync();

        // The stranger has the claim key of the code, and the device's statement for Alice.
        var act = People.Claim(device, batch, People.Stranger, namedByDevice: People.Alice.Address);
        await RefusedAsync(act, People.Stranger, IntentVerdict.BadSignature, "device's statement");
    }

    [Fact]
    public async Task Submit_ClaimCopiedFromAPendingTransaction_IsBadSignature()
    {
        var (device, batch) = await RegisteredAsync();

        var act = People.Claim(device, batch, People.Stranger, People.Alice.Address, People.Alice.Address);
        await RefusedAsync(act, People.Stranger, IntentVerdict.BadSignature, "claim key");
    }

    [Fact]
    public async Task Submit_ClaimFromABatchThatNobodyRegistered_IsWrongState()
    {
        var device = People.NewDevice();
        var batch = new DeviceBatch([device.InBatch]);

        await RefusedAsync(People.Claim(device, batch, People.Alice), People.Alice, IntentVerdict.WrongState, "not registered");
    }

    [Fact]
    public async Task Submit_ClaimWithAProofOfAnotherBatch_IsWrongState()
    {
        var (device, batch) = await RegisteredAsync();
        var claim = People.Claim(device, batch, People.Alice);

        var act = claim with { Evidence = claim.Evidence with { Proof = [device.Id] } };
        await RefusedAsync(act, People.Alice, IntentVerdict.WrongState, "proof of device");
    }

    [Fact]
    public async Task Submit_TransferBySomeoneElse_IsNotAllowed()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);

        var act = new TransferAct(People.Header(People.Stranger, RegistryKind.DeviceRegistry), device.Id, People.Stranger.Address, 1, 0);
        await RefusedAsync(act, People.Stranger, IntentVerdict.NotAllowed, People.Alice.Address.ToString());
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public async Task Submit_TransferWithAnOvertakenCounter_IsStaleEpoch(ulong deviceEpoch, uint ownerEpoch)
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);

        var act = new TransferAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id, People.Bob.Address, deviceEpoch, ownerEpoch);
        await RefusedAsync(act, People.Alice, IntentVerdict.StaleEpoch, "epoch");
    }

    [Theory]
    [InlineData(2, 1, "device epoch")]
    [InlineData(1, 0, "owner epoch")]
    public async Task Submit_UnfreezeWithAnOvertakenCounter_IsStaleEpoch(ulong deviceEpoch, uint ownerEpoch, string named)
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        await _world.CarryOutAsync(new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id), People.Alice);

        var act = new UnfreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id, deviceEpoch, ownerEpoch);
        await RefusedAsync(act, People.Alice, IntentVerdict.StaleEpoch, named);
    }

    [Fact]
    public async Task Submit_ActsOnAFrozenDevice_AreWrongStateUntilItIsUnfrozen()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        await _world.CarryOutAsync(new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id), People.Alice);

        var transfer = new TransferAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id, People.Bob.Address, 1, 1);
        await RefusedAsync(transfer, People.Alice, IntentVerdict.WrongState, "Frozen");

        await _world.CarryOutAsync(new UnfreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id, 1, 1), People.Alice);
        await _world.CarryOutAsync(transfer, People.Alice);
        Assert.Equal(People.Bob.Address.ToString(), (await _world.Device(device).GetAsync()).Owner);
        Assert.Equal((0L, 1L), ((await _world.Owner(People.Alice.Address).GetAsync()).Devices, (await _world.Owner(People.Bob.Address).GetAsync()).Devices));
    }

    [Fact]
    public async Task Submit_AnotherDevicesAct_IsWrongSubject()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var act = new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), People.NewDevice().Id);

        var receipt = await _world.Device(device).SubmitAsync(_world.Prepare(act, People.Alice));
        Assert.Equal(IntentVerdict.WrongSubject, receipt.Verdict);
    }

    [Fact]
    public async Task Submit_ActForAnotherContract_IsWrongSubject()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var header = People.Header(People.Alice, RegistryKind.DeviceRegistry) with { Contract = MirrorWorld.Contracts.Relay };

        await RefusedAsync(new FreezeAct(header, device.Id), People.Alice, IntentVerdict.WrongSubject, "contract");
    }

    [Fact]
    public async Task Submit_SignatureForAnotherChain_IsBadSignature()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var act = new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id);
        var elsewhere = new SignedIntent(SignedActJson.Format(act), [.. People.Alice.Sign(act.Digest(1)).ToArray()]);

        Assert.Equal(IntentVerdict.BadSignature, (await _world.Device(device).SubmitAsync(elsewhere)).Verdict);
    }

    [Fact]
    public async Task Submit_AnotherOnesSignature_IsBadSignature()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        await RefusedAsync(
            new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id), People.Stranger, IntentVerdict.BadSignature, People.Stranger.Address.ToString());
    }

    [Theory]
    [InlineData(true, IntentVerdict.NotAllowed)]
    [InlineData(false, IntentVerdict.BadSignature)]
    public async Task Submit_SignatureOfAWallet_IsWhatTheWalletSays(bool taken, IntentVerdict expected)
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var wallet = MirrorWorld.Contracts.Relay;
        byte[] asked = [];
        _world.Chain.Code[wallet] = question =>
        {
            asked = question.ToArray();
            return taken ? [0x16, 0x26, 0xba, 0x7e, .. new byte[28]] : null;
        };
        var act = new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry) with { Signer = wallet }, device.Id);

        // The wallet takes it, and is not the owner: the rule is asked after the signature.
        var receipt = await _world.Device(device).SubmitAsync(new SignedIntent(SignedActJson.Format(act), [1, 2, 3]));
        Assert.Equal(expected, receipt.Verdict);

        // isValidSignature(bytes32,bytes): selector, digest, offset 64, length 3, the bytes padded to a word.
        byte[] question = [0x16, 0x26, 0xba, 0x7e, .. Hash32.Parse(receipt.Digest!).ToArray(), .. new byte[31], 64, .. new byte[31], 3, 1, 2, 3, .. new byte[29]];
        Assert.Equal(question, asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submit_NoNodeSaysWhatAWalletSays_IsTryAgainAndHoldsNobody(bool silent)
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        _world.Chain.BeforeCode = cancellationToken => silent ? Task.Delay(Timeout.Infinite, cancellationToken) : throw new RpcUnavailableException("node", "gone");
        var act = new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id);

        await Assert.ThrowsAsync<OrleansException>(() => _world.Device(device).SubmitAsync(new SignedIntent(SignedActJson.Format(act), [1, 2, 3])));
        Assert.Equal(0, (await _world.Device(device).GetAsync()).Pending);
    }

    [Fact]
    public async Task Submit_DeadlineTooNear_IsExpired()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var header = People.Header(People.Alice, RegistryKind.DeviceRegistry, deadline: People.Now + 5);

        await RefusedAsync(new FreezeAct(header, device.Id), People.Alice, IntentVerdict.Expired, "deadline");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"act\":\"Freeze\"}")]
    [InlineData("{\"act\":\"Explode\",\"contract\":\"0x00\"}")]
    public async Task Submit_UnreadableAct_IsMalformed(string act)
    {
        var receipt = await _world.Device(People.NewDevice()).SubmitAsync(new SignedIntent(act, [1]));

        Assert.Equal(IntentVerdict.Malformed, receipt.Verdict);
        Assert.Null(receipt.Digest);
        Assert.NotEmpty(receipt.Detail);
    }

    [Fact]
    public async Task Submit_NoSignature_IsMalformed()
    {
        var act = new FreezeAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), People.NewDevice().Id);
        var receipt = await _world.Device(People.NewDevice()).SubmitAsync(new SignedIntent(SignedActJson.Format(act), ImmutableArray<byte>.Empty));

        Assert.Equal(IntentVerdict.Malformed, receipt.Verdict);
    }

    [Fact]
    public async Task Submit_SameDigestTwice_IsCarriedOutOnce()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var act = new EndConsentsAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), device.Id);
        var intent = _world.Prepare(act, People.Alice);

        var receipts = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _world.Device(device).SubmitAsync(intent)));
        await _world.UntilAsync(act, IntentStage.Mined);
        var again = await _world.Device(device).SubmitAsync(intent);

        Assert.Equal(1, receipts.Count(r => r.Verdict is IntentVerdict.Accepted));
        Assert.Equal(4, receipts.Count(r => r.Verdict is IntentVerdict.AlreadyAccepted));
        Assert.Equal(IntentVerdict.AlreadyAccepted, again.Verdict);
        Assert.Equal(2UL, (await _world.Device(device).GetAsync()).Epoch);
        Assert.Equal(1, _world.Chain.CarriedOut[Hex.Format(MirrorWorld.CallOf(act, intent))]);
    }

    [Fact]
    public async Task Submit_MoreThanTheOutboxHolds_IsBusy()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.OutboxSize = 1);
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        world.Chain.MinesAtOnce = false;

        var first = await world.SubmitAsync(new EndConsentsAct(world.People.Header(world.People.Alice, RegistryKind.DeviceRegistry), device.Id), world.People.Alice);
        var second = await world.SubmitAsync(new EndConsentsAct(world.People.Header(world.People.Alice, RegistryKind.DeviceRegistry), device.Id), world.People.Alice);

        Assert.Equal((IntentVerdict.Accepted, IntentVerdict.Busy), (first.Verdict, second.Verdict));
    }

    [Fact]
    public async Task Submit_NonceThatWaitsAlready_IsWrongState()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        _world.Chain.MinesAtOnce = false;
        var header = People.Header(People.Alice, RegistryKind.DeviceRegistry);

        await _world.SubmitAsync(new EndConsentsAct(header, device.Id), People.Alice);
        await RefusedAsync(new FreezeAct(header, device.Id), People.Alice, IntentVerdict.WrongState, "nonce");
    }

    private async Task<(TestDevice Device, DeviceBatch Batch)> RegisteredAsync()
    {
        var device = People.NewDevice();
        var batch = new DeviceBatch([device.InBatch, People.NewDevice().InBatch]);
        await _world.CarryOutAsync(People.Register(batch), People.Manufacturer);
        return (device, batch);
    }

    private async Task RefusedAsync(SignedAct act, Contracts.Keys.EthereumKey key, IntentVerdict verdict, string detail)
    {
        var receipt = await _world.SubmitAsync(act, key);
        Assert.Equal(verdict, receipt.Verdict);
        Assert.Contains(detail, receipt.Detail);
        Assert.Equal(IntentStage.Unknown, (await _world.Intent(act).GetAsync()).Stage);
    }
}
