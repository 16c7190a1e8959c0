using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

/// <summary>G2 on a live chain: nobody but the owner's key moves a device, grants or revokes; a relayer can withhold and nothing else.</summary>
public sealed class RegistryAttackTests(RegistryChain chain) : IClassFixture<RegistryChain>, IDisposable
{
    private static readonly Hash32 Open = RegistryIds.Scope("lock:open");

    private readonly EthereumKey _alice = EthereumKey.Create();
    private readonly EthereumKey _stranger = EthereumKey.Create();

    public void Dispose()
    {
        _alice.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task Signature_Forged_IsRefusedAndConsumesNothing()
    {
        var act = await FreezeAsync();
        (await RelayOneAsync(chain.Sign(act, _stranger))).ShouldBe("SignedActInvalidSignature");
        (await RelayOneAsync(chain.Sign(act, _alice))).ShouldBeNull(); // the nonce is still there
    }

    [Fact]
    public async Task Signature_Replayed_IsRefused()
    {
        var item = chain.Sign(await FreezeAsync(), _alice);
        (await RelayOneAsync(item)).ShouldBeNull();
        (await RelayOneAsync(item)).ShouldBe("InvalidAccountNonce");
        var events = await chain.RelayAsync(item, item);
        events.OfType<ItemFailed>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Intent_CancelledByItsSigner_IsDead()
    {
        var act = await FreezeAsync();
        (await (await chain.SenderAsync(_alice)).SendAsync(act.Contract, RegistryCalls.CancelIntent(act.Nonce))).Succeeded.ShouldBeTrue();
        (await RelayOneAsync(chain.Sign(act, _alice))).ShouldBe("InvalidAccountNonce");
    }

    [Fact]
    public async Task Signature_ForAnotherChain_IsRefused()
    {
        var act = await FreezeAsync();
        (await RelayOneAsync(RelayItem.Of(act, _alice.Sign(act.Digest(chain.ChainId + 1)).ToArray()))).ShouldBe("SignedActInvalidSignature");
    }

    [Fact]
    public async Task Signature_ForAnotherContract_IsRefused()
    {
        // The same code, deployed a second time: a signature for one is nothing to the other.
        var second = await chain.DeployAsync(Path.Combine(chain.Folder, $"{Guid.NewGuid():N}.json"));
        second.DeviceRegistry.ShouldNotBe(chain.Deployment.DeviceRegistry);
        second.CodeHashOf("DeviceRegistry").ShouldNotBe(Hash32.Zero);
        var item = chain.Sign(await FreezeAsync(), _alice);
        (await RelayOneAsync(item with { Target = second.DeviceRegistry })).ShouldBe("SignedActInvalidSignature");
    }

    [Fact]
    public async Task Signature_Expired_IsRefused()
    {
        var act = await FreezeAsync();
        act = act with { Header = act.Header with { DeadlineUnixSeconds = await chain.NowAsync() - 1 } };
        (await RelayOneAsync(chain.Sign(act, _alice))).ShouldBe("SignedActExpired");
    }

    [Fact]
    public async Task Signature_WithHighS_IsRefused()
    {
        var act = await FreezeAsync();
        var signature = _alice.Sign(act.Digest(chain.ChainId)).ToArray();
        var order = System.Numerics.BigInteger.Parse("0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", System.Globalization.NumberStyles.HexNumber);
        var high = order - new System.Numerics.BigInteger(signature.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        byte[] s = high.ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] flipped = [.. signature.AsSpan(0, 32), .. new byte[32 - s.Length], .. s, (byte)(signature[64] == 27 ? 28 : 27)];
        (await RelayOneAsync(RelayItem.Of(act, flipped))).ShouldBe("SignedActInvalidSignature");
    }

    [Fact]
    public async Task Act_AlteredByTheRelayer_IsRefused()
    {
        using var device = await chain.ClaimedAsync(_alice);
        var act = new TransferAct(await chain.HeaderAsync(RegistryKind.DeviceRegistry, _alice.Address), device.Id, _alice.Address, 1, 0);
        var signature = _alice.Sign(act.Digest(chain.ChainId)).ToArray();
        (await RelayOneAsync(RelayItem.Of(act with { To = _stranger.Address }, signature))).ShouldBe("SignedActInvalidSignature");
    }

    [Fact]
    public async Task Grant_WithheldByTheRelayer_DiesWithTheNextRevocation()
    {
        using var device = await chain.ClaimedAsync(_alice);
        var terms = new ConsentTerms(device.Id, _stranger.Address, Open, ConsentKind.Command, 0, ConsentTerms.NoEnd, 0, Hash32.Zero);
        var withheld = new GrantAct(await chain.HeaderAsync(RegistryKind.ConsentRegistry, _alice.Address), terms, await chain.Reader.EpochsAsync(device.Id));
        var revocation = new RevokeAct(
            await chain.HeaderAsync(RegistryKind.ConsentRegistry, _alice.Address, nonceKey: 1), device.Id, _stranger.Address, Open);
        (await RelayOneAsync(chain.Sign(revocation, _alice))).ShouldBeNull();

        var events = await chain.RelayAsync(chain.Sign(withheld, _alice));
        var failed = events.OfType<IntentFailed>().Single();
        failed.Digest.ShouldBe(withheld.Digest(chain.ChainId));
        RegistryErrors.NameOf(failed.Reason.AsSpan()).ShouldBe("ConsentEpochMoved");
        (await chain.Reader.IsActiveAsync(device.Id, _stranger.Address, Open)).ShouldBeFalse();
    }

    [Fact]
    public async Task Claim_FrontRunOrByAPhotographedCode_IsRefused()
    {
        using var maker = AnvilRpc.KeyOf("manufacturer");
        using var device = new TestDevice(maker.Address);
        var batch = await chain.RegisterAsync(maker, 3, device);
        var registry = chain.Deployment.DeviceRegistry;
        var pending = device.Evidence(batch, chain.ChainId, registry, _alice.Address);

        // A stranger who saw Alice's pending transaction sends its evidence first.
        (await DirectAsync(_stranger, h => new ClaimAct(h, pending))).ShouldBe("DeviceClaimKeyMismatch");

        // A stranger who photographed the code has the claim key, and not the device.
        var photographed = device.ClaimKey.Sign(ClaimStatements.ClaimKeyMessage(chain.ChainId, registry, device.Id, _stranger.Address)).ToArray();
        (await DirectAsync(_stranger, h => new ClaimAct(h, pending with { ClaimKeySignature = [.. photographed] }))).ShouldBe("DeviceStatementInvalid");

        (await DirectAsync(_alice, h => new ClaimAct(h, pending))).ShouldBeNull();
        (await DirectAsync(_alice, h => new ClaimAct(h, pending))).ShouldBe("DeviceAlreadyClaimed");
    }

    [Fact]
    public async Task Claim_OfAnotherMakersDevice_IsRefused()
    {
        using var maker = AnvilRpc.KeyOf("manufacturer");
        using var device = new TestDevice(maker.Address);
        var stolen = await chain.RegisterAsync(_stranger, 3, device); // the maker's device in the stranger's batch
        var evidence = device.Evidence(stolen, chain.ChainId, chain.Deployment.DeviceRegistry, _stranger.Address);
        (await DirectAsync(_stranger, h => new ClaimAct(h, evidence))).ShouldBe("DeviceBatchUnknown");
        (await DirectAsync(_stranger, h => new ClaimAct(h, evidence with { Manufacturer = _stranger.Address }))).ShouldBe("DeviceNotInBatch");
    }

    [Fact]
    public async Task Claim_DeviceSignatureWithEitherS_IsAccepted()
    {
        using var maker = AnvilRpc.KeyOf("manufacturer");
        using var device = new TestDevice(maker.Address);
        var batch = await chain.RegisterAsync(maker, 3, device);
        var evidence = device.Evidence(batch, chain.ChainId, chain.Deployment.DeviceRegistry, _alice.Address);
        var other = RegistryChain.P256Order - new System.Numerics.BigInteger(evidence.DeviceS.ToArray(), isUnsigned: true, isBigEndian: true);
        var word = new byte[32];
        var bytes = other.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(word, 32 - bytes.Length);
        (await DirectAsync(_alice, h => new ClaimAct(h, evidence with { DeviceS = Hash32.FromSpan(word) }))).ShouldBeNull();
    }

    [Fact]
    public async Task Owner_WithoutUs_SubmitsTheSignedOrTheDirectForm()
    {
        using var device = await chain.ClaimedAsync(_alice);
        var sender = await chain.SenderAsync(_alice);
        var freeze = new FreezeAct(await chain.HeaderAsync(RegistryKind.DeviceRegistry, _alice.Address), device.Id);
        (await sender.SendAsync(freeze.Contract, freeze.EncodeSignedCall(_alice.Sign(freeze.Digest(chain.ChainId)).ToArray()))).Succeeded.ShouldBeTrue();
        (await chain.Reader.DeviceAsync(device.Id)).Status.ShouldBe((byte)2);
        (await DirectAsync(_alice, h => new UnfreezeAct(h, device.Id, 1, 1))).ShouldBeNull();
        (await chain.Reader.DeviceAsync(device.Id)).Status.ShouldBe((byte)1);
    }

    [Fact]
    public async Task Relay_StarvedBatch_IsTakenBackWhole()
    {
        var act = await FreezeAsync();
        var item = chain.Sign(act, _alice);
        var starved = await chain.SendAsync(await chain.FundedKeyAsync("operator"), chain.Deployment.Relay, Relay.Encode([item]), gasLimit: 300_000);
        starved.Succeeded.ShouldBeFalse();
        (await RelayOneAsync(item with { Gas = 120_000 })).ShouldBe("SignedActStarved");
        (await RelayOneAsync(item)).ShouldBeNull();
    }

    private async Task<FreezeAct> FreezeAsync()
    {
        using var device = await chain.ClaimedAsync(_alice);
        return new FreezeAct(await chain.HeaderAsync(RegistryKind.DeviceRegistry, _alice.Address), device.Id);
    }

    /// <summary>Why the item or its act failed; null if it was carried out.</summary>
    private async Task<string?> RelayOneAsync(RelayItem item)
    {
        var events = await chain.RelayAsync(item);
        var reason = events.OfType<ItemFailed>().Select(e => e.Reason).Concat(events.OfType<IntentFailed>().Select(e => e.Reason)).SingleOrDefault();
        if (reason.IsDefault) events.OfType<IntentCarriedOut>().Count().ShouldBe(1);
        return reason.IsDefault ? null : RegistryErrors.NameOf(reason.AsSpan()) ?? RegistryErrors.Describe(reason.AsSpan());
    }

    /// <summary>Why the signer's own transaction is refused; null if it is mined.</summary>
    private async Task<string?> DirectAsync(EthereumKey key, Func<ActHeader, SignedAct> create)
    {
        var act = create(await chain.HeaderAsync(RegistryKind.DeviceRegistry, key.Address));
        try
        {
            (await (await chain.SenderAsync(key)).SendAsync(act.Contract, act.EncodeDirectCall())).Succeeded.ShouldBeTrue();
            return null;
        }
        catch (RpcException e)
        {
            return RegistryErrors.NameOf(e.RevertData()) ?? e.Message;
        }
    }
}
