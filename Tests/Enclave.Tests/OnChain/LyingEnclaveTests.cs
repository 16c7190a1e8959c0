using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Enclave.Tests.OnChain;

/// <summary>Our contracts on a live chain, an honest enclave over them, and a lying one's key beside it, both registered.</summary>
public sealed class LyingEnclaveTests(RegistryChain chain) : IClassFixture<RegistryChain>, IDisposable
{
    private static readonly Hash32 Read = RegistryIds.Scope("telemetry:read");
    private static readonly Hash32 Open = RegistryIds.Scope("lock:open");
    private static readonly ImmutableArray<byte> Nonce = [1, 2, 3, 4, 5, 6, 7, 8];

    private readonly EthereumKey _owner = AnvilRpc.KeyOf("owner");
    private readonly EthereumKey _service = AnvilRpc.KeyOf("service");
    private readonly ECDsa _liar = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private Address Registry => chain.Deployment.PythiaRegistry;

    private EnclaveConfiguration Configuration => Options().ToConfiguration();

    public void Dispose()
    {
        _owner.Dispose();
        _service.Dispose();
        _liar.Dispose();
    }

    [Fact]
    public async Task Key_OfAnHonestEnclave_NeverEndsByWhatItSays_AndALiarsByAnyOtherWord()
    {
        using var enclave = new PythiaEnclave(Options());
        using var stopping = new CancellationTokenSource();
        var following = enclave.RunAsync(stopping.Token);
        var honest = (await enclave.IdentifyAsync()).SigningKey;
        await RegisterAsync(honest, "honest");
        await RegisterAsync(PublicKeyOf(_liar), "liar");
        var questions = await BuildStateAsync();
        var outcomes = new HashSet<string>();
        foreach (var (device, fact) in questions)
        {
            var request = new Request(Question.Create(device, 0, fact), Nonce, 0);
            var (answer, body, proof) = await AskAsync(enclave, request);
            outcomes.Add($"{fact.Kind} {(body.Results[0].IsNull ? "null" : body.Results[0].Shape == FactResultShape.Array ? body.Results[0].Values[0] : "value")}");
            var statement = new AnswerStatement([.. request.Question.Encoded.Span], [.. answer.Span], 0);
            (await TryAsync(honest, statement, proof)).ShouldBe("FaultNotProven", $"{fact.Kind}: {body.Results[0]}");
            foreach (var other in OthersThan(body.Results[0]))
            {
                (await TryAsync(PublicKeyOf(_liar), Lie(request.Question, body with { Results = [other] }), proof)).ShouldBeNull($"{fact.Kind}: {other} for {body.Results[0]}");
            }

            // The same words from the liar are true.
            (await TryAsync(PublicKeyOf(_liar), Lie(request.Question, body), proof)).ShouldBe("FaultNotProven");
        }

        string[] all =
        [
            "OwnerOf value", "OwnerOf null", "DeviceStatus 1", "DeviceStatus 2", "DeviceStatus 3", "DeviceStatus null", "Consent 1", "Consent 2", "Consent 3", "Consent null",
            "CommandAllowed 1", "CommandAllowed null", "PolicyStatus 1", "PolicyStatus 2", "PolicyStatus null", "PythiaKey 1", "PythiaKey 2", "PythiaKey 3", "PythiaKey 4",
            "PythiaKey 5", "PythiaKey null",
        ];
        outcomes.Order(StringComparer.Ordinal).ShouldBe(all.Order(StringComparer.Ordinal));
        await EndAsync(enclave, questions[0], honest);
        await stopping.CancelAsync();
        await following;
    }

    // Not only asked but done: the liar's key ends, and the honest one beside it stands.
    private async Task EndAsync(PythiaEnclave enclave, (Hash32 Device, Fact Fact) asked, ReadOnlyMemory<byte> honest)
    {
        var request = new Request(Question.Create(asked.Device, 0, asked.Fact), Nonce, 0);
        var (answer, body, proof) = await AskAsync(enclave, request);
        var anybody = await chain.FundedKeyAsync("anybody");
        var truth = new AnswerStatement([.. request.Question.Encoded.Span], [.. answer.Span], 0);
        (await chain.SendAsync(anybody, Registry, Call(honest, truth, proof))).Succeeded.ShouldBeFalse();
        (await StatusAsync(honest)).ShouldBe(EnclaveKeyStatus.Active);

        var lie = Lie(request.Question, body with { Results = [FactResult.Single(FactValue.Of(_service.Address))] });
        var receipt = await chain.SendAsync(anybody, Registry, Call(PublicKeyOf(_liar), lie, proof));
        receipt.Succeeded.ShouldBeTrue();
        RegistryEvents.TryDecode(receipt.Logs.Single().Topics, receipt.Logs.Single().Data.AsSpan(), out var reported).ShouldBeTrue();
        reported.ShouldBe(new KeyFaulted(Es256Key.ComputeFingerprint(PublicKeyOf(_liar).Span), KeyFault.Storage, body.Hash));
        (await StatusAsync(PublicKeyOf(_liar)), await StatusAsync(honest)).ShouldBe((EnclaveKeyStatus.Faulted, EnclaveKeyStatus.Active));
    }

    /// <summary>Devices, consents, policies and keys in every status, and the questions about them.</summary>
    private async Task<List<(Hash32 Device, Fact Fact)>> BuildStateAsync()
    {
        var policies = new List<Hash32>();
        foreach (var text in (string[])["policy one", "policy two"])
        {
            var published = await CarryOutAsync(_service, h => new PublishAct(h, [.. System.Text.Encoding.UTF8.GetBytes(text)]), RegistryKind.PolicyRegistry);
            policies.Add(published.OfType<PolicyPublished>().Single().PolicyId);
        }

        var devices = new List<Hash32>();
        for (var i = 0; i < 4; i++)
        {
            using var device = await chain.ClaimedAsync(_owner);
            devices.Add(device.Id);
            await GrantAsync(new ConsentTerms(device.Id, _service.Address, Open, ConsentKind.Command, 0, ConsentTerms.NoEnd, 0, Hash32.Zero));
            if (i == 3) await CarryOutAsync(_owner, h => new RevokeAct(h, device.Id, _service.Address, Open), RegistryKind.ConsentRegistry);
            else await GrantAsync(new ConsentTerms(device.Id, _service.Address, Read, ConsentKind.Data, 0, 4_000_000_000, 1, policies[0]));
        }

        var retired = await chain.Reader.EpochsAsync(devices[2]);
        await CarryOutAsync(_owner, h => new FreezeAct(h, devices[1]), RegistryKind.DeviceRegistry);
        await CarryOutAsync(_owner, h => new RetireAct(h, devices[2], retired.DeviceEpoch), RegistryKind.DeviceRegistry);
        await CarryOutAsync(_service, h => new DeprecateAct(h, policies[1]), RegistryKind.PolicyRegistry);
        devices.Add(Keccak256.HashData("no device"u8));
        policies.Add(Keccak256.HashData("no policy"u8));
        var keys = await BuildKeysAsync();
        return
        [
            .. devices.SelectMany(device => (Fact[])[Fact.OwnerOf, Fact.DeviceStatus, Fact.Consent(_service.Address, Open), Fact.Consent(_service.Address, Read), Fact.CommandAllowed(_service.Address, Open)],
                (device, fact) => (device, fact)),
            .. policies.Select(policy => (devices[0], Fact.PolicyStatus(policy))),
            .. keys.Select(key => (devices[0], Fact.PythiaKey(key))),
        ];
    }

    private async Task<List<Hash32>> BuildKeysAsync()
    {
        var keys = new List<Hash32> { Keccak256.HashData("no key"u8) };
        var registrations = new List<(KeyRegistration Registration, Hash32 Measurement)>();
        using var faulted = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var name in (string[])["active", "revoked", "withdrawn", "expired", "faulted"])
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var publicKey = PublicKeyOf(name == "faulted" ? faulted : key);
            registrations.Add(await RegisterAsync(publicKey, name, seconds: name == "expired" ? 60UL : 2_000_000));
            keys.Add(registrations[^1].Registration.KeyId);
        }

        (await chain.EndorseAsync(new RevokeKeyAct(Registry, await DeadlineAsync(), keys[2]))).Succeeded.ShouldBeTrue();
        var (withdrawn, measurement) = registrations[2];
        (await chain.EndorseAsync(new WithdrawMeasurementAct(Registry, await DeadlineAsync(), measurement, withdrawn.Measurement))).Succeeded.ShouldBeTrue();
        var head = (await chain.Rpc.BlockAsync(BlockTag.Latest))!;
        var question = Question.Create(Read, 0, Fact.OwnerOf);
        var body = new AnswerBody(head.Number, head.UnixSeconds, head.Hash, 0, null, [FactResult.Null]);
        var call = EnclaveKeyCalls.ProveContradiction(
            registrations[4].Registration.X, registrations[4].Registration.Y, Sign(faulted, question, body), Sign(faulted, question, body with { UnixSeconds = 1 }));
        (await chain.SendAsync(await chain.FundedKeyAsync("anybody"), Registry, call)).Succeeded.ShouldBeTrue();
        await chain.Rpc.AdvanceClockAsync(TimeSpan.FromSeconds(100));
        await chain.Rpc.MineAsync();
        return keys;
    }

    private static IEnumerable<FactResult> OthersThan(FactResult truth)
    {
        if (truth.IsNull)
        {
            yield return FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(4_000_000_000));
            yield return FactResult.Single(FactValue.Of(Address.Zero));
            yield break;
        }

        yield return FactResult.Null;
        for (var i = 0; i < truth.Values.Length; i++)
        {
            var value = truth.Values[i];
            var changed = value.IsNumber ? FactValue.Of(value.Number ^ 1) : FactValue.Of([.. value.Bytes.Span[..^1], (byte)(value.Bytes.Span[^1] ^ 1)]);
            yield return truth.Shape == FactResultShape.Array ? FactResult.ArrayOf([.. truth.Values.SetItem(i, changed)]) : FactResult.Single(changed);
        }
    }

    // While anvil mines the next block, its proofs at the newest one are of the state to come: asked again, they are of the block.
    private async Task<(ReadOnlyMemory<byte> Answer, AnswerBody Body, StorageProof Proof)> AskAsync(PythiaEnclave enclave, Request request, int tries = 20)
    {
        await enclave.WaitForHeadAsync(0);
        var reply = await enclave.AnswerAsync(request.Encode());
        var proven = await enclave.ProveAsync(request.Encode());
        if (reply.Refusal is null && proven.Refusal is null)
        {
            SignedAnswer.Decode(reply.Answer.Span, out var signed).ShouldBe(SignedAnswerError.None);
            AnswerBody.Decode(signed!.Body, out var body).ShouldBe(Verifier.Cbor.CborError.None);
            RawProof.Read(proven.Answer).TryGet(out var raw, out var damage).ShouldBeTrue($"{damage}");
            if (raw!.Open(body!.Hash, Configuration.Contracts).TryGet(out var state, out damage))
            {
                state.Trace(request.Question.Device, request.Question.Facts[0]).TryGet(out var paths, out damage).ShouldBeTrue($"{damage}");
                return (reply.Answer, body, new StorageProof(Configuration.Encode(), raw.HeaderRlp, [.. paths!.Select(path => new AccountNodes(path.Account, path.Slots))]));
            }
        }

        tries.ShouldBeGreaterThan(0, $"{reply.Refusal} {proven.Refusal}");
        await Task.Delay(TimeSpan.FromMilliseconds(50));
        return await AskAsync(enclave, request, tries - 1);
    }

    /// <summary>The name of the error with which the contract would refuse it; null: it would end the key.</summary>
    private async Task<string?> TryAsync(ReadOnlyMemory<byte> key, AnswerStatement statement, StorageProof proof)
    {
        try
        {
            await chain.Rpc.CallContractAsync(new RpcCall { To = Registry, Data = Call(key, statement, proof) }, BlockTag.Latest);
            return null;
        }
        catch (RpcException e)
        {
            return RegistryErrors.NameOf(e.RevertData()) ?? e.Message;
        }
    }

    private static byte[] Call(ReadOnlyMemory<byte> key, AnswerStatement statement, StorageProof proof)
        => EnclaveKeyCalls.ProveAgainstStorage(Hash32.FromSpan(key.Span[..32]), Hash32.FromSpan(key.Span[32..]), statement, proof);

    private AnswerStatement Lie(Question question, AnswerBody body) => Sign(_liar, question, body);

    // As an enclave signs, with the key and the words of our choice.
    private AnswerStatement Sign(ECDsa key, Question question, AnswerBody body)
    {
        var keyId = Es256Key.ComputeKeyId(PublicKeyOf(key).Span);
        var bytes = body.Encode();
        var toBeSigned = SignedAnswer.ToBeSigned(keyId, bytes, Configuration.ComputeHash(), question.Encoded.Span);
        var signature = key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return new AnswerStatement([.. question.Encoded.Span], [.. new SignedAnswer(keyId, bytes, signature).Encode()], 0);
    }

    // Under a measurement of its own; the configuration is the enclave's.
    private async Task<(KeyRegistration Registration, Hash32 Measurement)> RegisterAsync(ReadOnlyMemory<byte> publicKey, string name, ulong seconds = 2_000_000)
    {
        var deadline = await DeadlineAsync();
        var measurement = Keccak256.HashData(System.Text.Encoding.UTF8.GetBytes(name));
        var counts = await chain.PythiaReader.CountsAsync();
        (await chain.EndorseAsync(new EndorseMeasurementAct(Registry, deadline, measurement, counts.Measurements + 1))).Succeeded.ShouldBeTrue();
        var configuration = Hash32.FromSpan(Configuration.ComputeHash());
        var index = await chain.PythiaReader.IndexOfConfigurationAsync(configuration);
        if (index == 0)
        {
            index = counts.Configurations + 1;
            (await chain.EndorseAsync(new EndorseConfigurationAct(Registry, deadline, configuration, index))).Succeeded.ShouldBeTrue();
        }

        var registration = new KeyRegistration(
            Hash32.FromSpan(publicKey.Span[..32]), Hash32.FromSpan(publicKey.Span[32..]), Read, counts.Measurements + 1, index, KeyRegistration.OperatorOf(name),
            await chain.NowAsync() + seconds, Read);
        (await chain.EndorseAsync(new RegisterKeyAct(Registry, deadline, registration, measurement, configuration))).Succeeded.ShouldBeTrue();
        return (registration, measurement);
    }

    private async Task<EnclaveKeyStatus> StatusAsync(ReadOnlyMemory<byte> key) => (await chain.PythiaReader.KeyAsync(Es256Key.ComputeFingerprint(key.Span))).Status;

    private async Task<ulong> DeadlineAsync() => await chain.NowAsync() + 3_600;

    private async Task GrantAsync(ConsentTerms terms)
    {
        var epochs = await chain.Reader.EpochsAsync(terms.DeviceId);
        await CarryOutAsync(_owner, h => new GrantAct(h, terms, epochs), RegistryKind.ConsentRegistry);
    }

    private async Task<IReadOnlyList<RegistryEvent>> CarryOutAsync(EthereumKey signer, Func<ActHeader, SignedAct> create, RegistryKind registry)
    {
        var act = create(await chain.HeaderAsync(registry, signer.Address));
        var events = await chain.RelayAsync(chain.Sign(act, signer));
        events.ShouldContain(new IntentCarriedOut(act.Digest(chain.ChainId), signer.Address), string.Join(' ', events));
        return events;
    }

    private static ReadOnlyMemory<byte> PublicKeyOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return (byte[])[.. point.X!, .. point.Y!];
    }

    private EnclaveOptions Options() => new()
    {
        Id = "honest",
        ChainId = chain.ChainId,
        GenesisHash = chain.Deployment.GenesisHash.ToString(),
        Contracts = chain.Deployment.Contracts.ToDictionary(
            c => c.Name, c => new ContractOptions { Address = c.Address.ToString(), CodeHash = c.CodeHash!.Value.ToString() }),
        HeadRpc = chain.Anvil.Address.ToString(),
        UntrustedRpc = [chain.Anvil.Address.ToString()],
        PollMilliseconds = 20,
    };
}
