using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Enclave;
using Pythia.Enclave.Host;
using Pythia.Enclave.Tests.Host;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Silo.Demo;
using Pythia.Tests.DevChain;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Device.Tests;

/// <summary>Our contracts, a node that may lie, the enclave and a device that checks: what the owner does is what the device is told, from that block on.</summary>
public sealed class DeviceLifeTests(RegistryChain chain, ITestOutputHelper output) : IClassFixture<RegistryChain>, IDisposable
{
    private static readonly Hash32 Open = RegistryIds.Scope("lock:open");
    private static readonly Hash32 Read = RegistryIds.Scope("telemetry:read");

    private readonly EthereumKey _alice = EthereumKey.Create();
    private readonly EthereumKey _bob = EthereumKey.Create();
    private readonly EthereumKey _service = EthereumKey.Create();

    public void Dispose()
    {
        foreach (var key in (EthereumKey[])[_alice, _bob, _service])
        {
            key.Dispose();
        }
    }

    [Fact]
    public async Task Device_FromClaimToSale_IsToldWhatTheOwnersDid()
    {
        using var thing = await chain.ClaimedAsync(_alice);
        await using var proxy = await LyingProxy.StartAsync(chain.Anvil.Address);
        await using var enclave = RunningEnclave.Start(Options(proxy.Url));
        using var device = await StartDeviceAsync(enclave.Enclave, thing.Id);

        (await OwnerAsync(enclave, device)).ShouldBe(FactResult.Single(FactValue.Of(_alice.Address)));
        (await device.AskAsync([Fact.DeviceStatus])).Results[0].ToString().ShouldBe("[1, 1, 0]");
        (await device.MayCommandAsync(_service.Address, Open)).IsGiven.ShouldBeFalse();

        await GrantAsync(thing.Id, ConsentKind.Command, Open);
        await CaughtUpAsync(enclave);
        (await device.MayCommandAsync(_service.Address, Open)).IsGiven.ShouldBeTrue();
        (await device.MayCommandAsync(_bob.Address, Open)).IsGiven.ShouldBeFalse();

        // Everything of the service in one act; the device keeps asking meanwhile.
        var revoking = CarryOutAsync(_alice, header => new RevokeGranteeAct(header, _service.Address), RegistryKind.ConsentRegistry);
        var before = await AskUntilRefusedAsync(device);
        await revoking;
        var revoked = await chain.Rpc.BlockNumberAsync();
        before.ShouldBeLessThan(revoked);

        byte[] content = [.. "{\"purpose\":\"research\"}"u8];
        await CarryOutAsync(_service, header => new PublishAct(header, [.. content]), RegistryKind.PolicyRegistry);
        await GrantAsync(thing.Id, ConsentKind.Data, Read, RegistryIds.PolicyId(content));
        await CaughtUpAsync(enclave);
        (await device.AskAsync([Fact.PolicyStatus(RegistryIds.PolicyId(content))])).Results[0].ToString().ShouldBe("[1]");
        (await device.AskAsync([Fact.Consent(_service.Address, Read)])).Results[0].Values[0].Number.ShouldBe(1UL, "offered: the grantee has not accepted");

        var ownerEpoch = (await chain.Reader.HolderAsync(_alice.Address)).OwnerEpoch;
        await CarryOutAsync(_alice, header => new TransferAct(header, thing.Id, _bob.Address, 1, ownerEpoch), RegistryKind.DeviceRegistry);
        (await OwnerAsync(enclave, device)).ShouldBe(FactResult.Single(FactValue.Of(_bob.Address)));
        (await device.AskAsync([Fact.Consent(_service.Address, Read)])).Results[0].IsNull.ShouldBeTrue("the sale ended the consents of the seller");

        // What is proven already needs no node; an enclave that has proven nothing yet does.
        proxy.Lie = Lie.CutProof;
        (await device.AskAsync([Fact.OwnerOf])).Results[0].ShouldBe(FactResult.Single(FactValue.Of(_bob.Address)));
        await using var fresh = RunningEnclave.Start(Options(proxy.Url));
        await CaughtUpAsync(fresh);
        using var again = await StartDeviceAsync(fresh.Enclave, thing.Id);
        var lied = await again.AskAsync([Fact.OwnerOf]);
        output.WriteLine($"cut proof: {lied}");
        lied.Fault.ShouldBe(DeviceFault.Refused);
        lied.Detail.ShouldContain("CutShort");
    }

    [Fact]
    public async Task Statement_ForAClaim_IsTheOneThatTheContractChecks()
    {
        using var manufacturer = AnvilRpc.KeyOf("manufacturer");
        using var identity = DeviceIdentity.Create(manufacturer.Address);
        using var claimKey = EthereumKey.Create();
        identity.DeviceId.ShouldBe(RegistryIds.DeviceId(manufacturer.Address, Half(identity.PublicKey, 0), Half(identity.PublicKey, 32)));

        var batch = new DeviceBatch([new BatchDevice(identity.DeviceId, claimKey.Address, TestDevice.Model), new BatchDevice(Hash32.Zero, Address.Zero, TestDevice.Model)]);
        var register = new RegisterBatchAct(await chain.HeaderAsync(RegistryKind.DeviceRegistry, manufacturer.Address), batch.Root, batch.Count, "https://example.org/batch");
        (await (await chain.SenderAsync(manufacturer)).SendAsync(register.Contract, register.EncodeDirectCall())).Succeeded.ShouldBeTrue();

        var registry = chain.Deployment.DeviceRegistry;
        var signature = identity.SignClaim(chain.ChainId, registry, _alice.Address);
        var evidence = new ClaimEvidence(
            manufacturer.Address, Half(identity.PublicKey, 0), Half(identity.PublicKey, 32), claimKey.Address, TestDevice.Model, batch.Root,
            batch.ProofOf(new BatchDevice(identity.DeviceId, claimKey.Address, TestDevice.Model)),
            [.. claimKey.Sign(ClaimStatements.ClaimKeyMessage(chain.ChainId, registry, identity.DeviceId, _alice.Address)).ToArray()],
            Half(signature, 0), Half(signature, 32));
        var claim = new ClaimAct(await chain.HeaderAsync(RegistryKind.DeviceRegistry, _alice.Address), evidence);
        (await (await chain.SenderAsync(_alice)).SendAsync(claim.Contract, claim.EncodeDirectCall())).Succeeded.ShouldBeTrue();
        (await chain.Reader.DeviceAsync(identity.DeviceId)).Owner.ShouldBe(_alice.Address);
    }

    private static Hash32 Half(byte[] bytes, int start) => Hash32.FromSpan(bytes.AsSpan(start, Hash32.Size));

    private async Task<ulong> AskUntilRefusedAsync(DeviceClient device)
    {
        var lastGiven = 0UL;
        while (true)
        {
            await Task.Yield();
            var permission = await device.MayCommandAsync(_service.Address, Open);
            permission.Answer.Fault.ShouldBe(DeviceFault.None, permission.Answer.Detail);
            if (!permission.IsGiven)
            {
                return lastGiven;
            }

            lastGiven = permission.Answer.Body!.Block;
        }
    }

    private async Task<FactResult> OwnerAsync(RunningEnclave enclave, DeviceClient device)
    {
        await CaughtUpAsync(enclave);
        var answer = await device.AskAsync([Fact.OwnerOf]);
        output.WriteLine($"owner: {answer}, {answer.Encoded?.Length} B, {answer.Age.TotalMilliseconds:0.0} ms");
        return answer.Results[0];
    }

    private async Task CaughtUpAsync(RunningEnclave enclave) => await enclave.HeadAtAsync(await chain.Rpc.BlockNumberAsync());

    private async Task GrantAsync(Hash32 device, ConsentKind kind, Hash32 scope, Hash32 policy = default)
    {
        var terms = new ConsentTerms(device, _service.Address, scope, kind, 0, ConsentTerms.NoEnd, 0, policy);
        var epochs = await chain.Reader.EpochsAsync(device);
        await CarryOutAsync(_alice, header => new GrantAct(header, terms, epochs), RegistryKind.ConsentRegistry);
    }

    private async Task CarryOutAsync(EthereumKey signer, Func<ActHeader, SignedAct> create, RegistryKind registry)
    {
        var act = create(await chain.HeaderAsync(registry, signer.Address));
        var events = await chain.RelayAsync(chain.Sign(act, signer));
        events.ShouldContain(
            new IntentCarriedOut(act.Digest(chain.ChainId), signer.Address),
            string.Join(", ", events.OfType<IntentFailed>().Select(failed => RegistryErrors.Describe(failed.Reason.AsSpan()))));
    }

    private EnclaveOptions Options(Uri untrusted) => new()
    {
        Id = "life",
        ChainId = chain.ChainId,
        GenesisHash = chain.Deployment.GenesisHash.ToString(),
        Contracts = chain.Deployment.Contracts.ToDictionary(
            contract => contract.Name,
            contract => new ContractOptions { Address = contract.Address.ToString(), CodeHash = contract.CodeHash.ToString()! },
            StringComparer.Ordinal),
        HeadRpc = chain.Anvil.Address.ToString(),
        UntrustedRpc = [untrusted.ToString()],
        PollMilliseconds = 10,
    };

    private static async Task<DeviceClient> StartDeviceAsync(IEnclave enclave, Hash32 device)
    {
        var identity = await enclave.IdentifyAsync();
        var trust = new DeviceTrust
        {
            DeviceId = device,
            EnclaveKeys = [identity.SigningKey.ToArray()],
            ConfigurationHash = identity.ConfigurationHash.ToArray(),
            MinLevel = 0,
        };
        return await DeviceClient.StartAsync(trust, new InProcess(enclave), new NoStore());
    }

    private sealed class InProcess(IEnclave enclave) : IDeviceTransport
    {
        public async Task<TransportReply> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
        {
            var reply = await enclave.AnswerAsync(request, cancellationToken);
            return reply.Refusal is null ? TransportReply.Answered(reply.Answer.ToArray()) : TransportReply.Refused(reply.Problem.Span);
        }
    }

    private sealed class NoStore : IDeviceStore
    {
        public ValueTask<DeviceMemory> LoadAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(DeviceMemory.Nothing);

        public ValueTask StoreAsync(DeviceMemory memory, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
