using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Enclave;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Registry;
using EnclaveKeyStatus = Pythia.Grains.Registry.EnclaveKeyStatus;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Tests.Anvil;

/// <summary>Keys of enclaves from their registration to each of their ends, as the chain has it, another enclave proves it and the grains mirror it.</summary>
public sealed class EnclaveKeysOnAnvilTests(AnvilMirror mirror) : IClassFixture<AnvilMirror>
{
    private static readonly Hash32 Device = Keccak256.HashData("device"u8);
    private static readonly ImmutableArray<byte> Operator = KeyRegistration.OperatorOf("Operator Two");

    private Address Registry => mirror.Deployment.PythiaRegistry;

    [Fact]
    public async Task Key_FromRegistrationToRevocation_IsWhatAnotherEnclaveProves()
    {
        using var other = new PythiaEnclave(mirror.EnclaveOptions("other"));
        using var stopping = new CancellationTokenSource();
        var following = other.RunAsync(stopping.Token);
        var identity = await other.IdentifyAsync();
        var keyId = Es256Key.ComputeFingerprint(identity.SigningKey.Span);
        Assert.Equal("null", await AskAsync(keyId));

        var (registration, measurement) = await RegisterAsync(identity.SigningKey, "one");
        Assert.Equal(keyId, registration.KeyId);
        var inForce = $", {registration.NotAfter}, {measurement}, {Hex.Format(Operator.AsSpan())}]";
        Assert.Equal($"[1{inForce}", await AskAsync(keyId));
        var view = await ViewAsync(keyId);
        Assert.Equal((EnclaveKeyStatus.Active, $"{measurement}", Hex.Format(identity.ConfigurationHash.Span), ""), (view.Status, view.Measurement, view.Configuration, view.EndedBy));
        Assert.Equal(Hex.Format(identity.SigningKey.Span), view.SigningKey);

        // Not of itself.
        await other.WaitForHeadAsync(0);
        var refused = await other.AnswerAsync(RequestFor(keyId, 0).Encode());
        Assert.Equal(RefusalReason.OwnKey, refused.Refusal!.Reason);

        // What it truly says twice is no proof against it.
        var first = await StatementAsync(other, [1, 1, 1, 1, 1, 1, 1, 1]);
        var second = await StatementAsync(other, [2, 2, 2, 2, 2, 2, 2, 2]);
        var honest = await SendAsync(EnclaveKeyCalls.ProveContradiction(registration.X, registration.Y, first, second));
        Assert.False(honest.Succeeded);

        var receipt = await mirror.EndorseAsync(new RevokeKeyAct(Registry, await DeadlineAsync(), keyId), 1, 3, 4);
        Assert.True(receipt.Succeeded);
        Assert.Equal($"[2{inForce}", await AskAsync(keyId, receipt.BlockNumber));
        Assert.Equal((EnclaveKeyStatus.Revoked, "endorsers"), await StandingAsync(keyId));
        await stopping.CancelAsync();
        await following;
    }

    [Fact]
    public async Task Key_ThatSignedTwoResults_EndsInTheTransactionThatShowsIt()
    {
        using var liar = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (registration, _) = await RegisterAsync(PublicKeyOf(liar), "two");
        var head = (await mirror.Rpc.BlockAsync(BlockTag.Latest))!;
        var body = new AnswerBody(head.Number, head.UnixSeconds, head.Hash, 2, [1, 2, 3, 4, 5, 6, 7, 8], [FactResult.Null]);
        var question = Question.Create(Device, 0, Fact.CommandAllowed(Registry, Device));
        var no = await SignAsync(liar, question, body);
        var yes = await SignAsync(liar, question, body with { Nonce = null, Results = [FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(4_000_000_000))] });

        var receipt = await SendAsync(EnclaveKeyCalls.ProveContradiction(registration.X, registration.Y, no, yes));
        Assert.True(receipt.Succeeded);
        Assert.StartsWith("[3, ", await AskAsync(registration.KeyId, receipt.BlockNumber));
        Assert.Equal((EnclaveKeyStatus.Faulted, "contradiction"), await StandingAsync(registration.KeyId));
        Assert.Equal(Contracts.Registries.EnclaveKeyStatus.Faulted, (await mirror.PythiaReader.KeyAsync(registration.KeyId)).Status);
    }

    [Theory]
    [InlineData(3, "three")]
    [InlineData(400, "four")]
    public async Task Key_ThatSignedAFinalizedBlockThatNeverWas_Ends(int blocksAgo, string name)
    {
        // More than 256 blocks ago only the history contract of EIP-2935 knows the hash.
        using var liar = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (registration, _) = await RegisterAsync(PublicKeyOf(liar), name);
        var named = (await mirror.Rpc.BlockAsync(BlockTag.Latest))!;
        await mirror.Rpc.MineAsync(blocksAgo);
        var body = new AnswerBody(named.Number, named.UnixSeconds, named.Hash, 3, null, [FactResult.Null]);
        var question = Question.Create(Device, 0, Fact.OwnerOf);
        var configuration = mirror.EnclaveOptions("configured").ToConfiguration().Encode();
        var truth = await SendAsync(EnclaveKeyCalls.ProveNotCanonical(registration.X, registration.Y, await SignAsync(liar, question, body), configuration));
        Assert.False(truth.Succeeded);

        var lie = await SignAsync(liar, question, body with { Hash = Keccak256.HashData("never"u8) });
        var receipt = await SendAsync(EnclaveKeyCalls.ProveNotCanonical(registration.X, registration.Y, lie, configuration));
        Assert.True(receipt.Succeeded);
        Assert.Equal((EnclaveKeyStatus.Faulted, "not canonical"), await StandingAsync(registration.KeyId));
    }

    [Fact]
    public async Task Key_ThatSignedWhatItsBlocksStateBelies_Ends()
    {
        using var liar = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (registration, _) = await RegisterAsync(PublicKeyOf(liar), "eight");
        var named = (await mirror.Rpc.BlockAsync(BlockTag.Latest))!;
        await mirror.Rpc.MineAsync(3);
        var question = Question.Create(Device, 0, Fact.OwnerOf);
        var configuration = mirror.EnclaveOptions("configured").ToConfiguration();
        var block = await mirror.Rpc.CallAsync(new RpcRequest("eth_getBlockByHash", named.Hash, false));
        Assert.True(HeaderJson.Check(block, named.Hash).TryGet(out var header, out var damage), $"{damage}");
        var answer = await mirror.Rpc.CallAsync(new RpcRequest(
            "eth_getProof", mirror.Deployment.DeviceRegistry, new[] { FactPlan.Start(Device, Fact.OwnerOf, 0).Needs[0].Slot }, new Dictionary<string, object?> { ["blockHash"] = named.Hash }));
        Assert.True(AccountProof.Read(answer).TryGet(out var proven, out damage), $"{damage}");
        Assert.True(new ProvenState(header, configuration.Contracts, [proven]).Trace(Device, Fact.OwnerOf).TryGet(out var paths, out damage), $"{damage}");
        var proof = new StorageProof(configuration.Encode(), header.Rlp, [.. paths.Select(path => new AccountNodes(path.Account, path.Slots))]);

        var body = new AnswerBody(named.Number, named.UnixSeconds, named.Hash, 0, null, [FactResult.Null]);
        var truth = await SendAsync(EnclaveKeyCalls.ProveAgainstStorage(registration.X, registration.Y, await SignAsync(liar, question, body), proof));
        Assert.False(truth.Succeeded);
        var lie = await SignAsync(liar, question, body with { Results = [FactResult.Single(FactValue.Of(Registry))] });
        var receipt = await SendAsync(EnclaveKeyCalls.ProveAgainstStorage(registration.X, registration.Y, lie, proof));
        Assert.True(receipt.Succeeded);
        Assert.StartsWith("[3, ", await AskAsync(registration.KeyId, receipt.BlockNumber));
        Assert.Equal((EnclaveKeyStatus.Faulted, "storage"), await StandingAsync(registration.KeyId));
    }

    [Fact]
    public async Task Key_WithoutItsMeasurementOrAfterItsEnd_IsActiveNoMore()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var shortLived = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (registration, measurement) = await RegisterAsync(PublicKeyOf(key), "five");
        var (brief, _) = await RegisterAsync(PublicKeyOf(shortLived), "six", seconds: 3_600);
        Assert.StartsWith("[1, ", await AskAsync(brief.KeyId));

        var receipt = await mirror.EndorseAsync(new WithdrawMeasurementAct(Registry, await DeadlineAsync(), measurement, registration.Measurement));
        Assert.True(receipt.Succeeded);
        Assert.Equal($"[4, {registration.NotAfter}, {Hash32.Zero}, {Hex.Format(Operator.AsSpan())}]", await AskAsync(registration.KeyId, receipt.BlockNumber));
        Assert.Equal((EnclaveKeyStatus.Withdrawn, ""), await StandingAsync(registration.KeyId));
        var lists = await mirror.Grains.GetPythiaRegistry(mirror.ChainId).GetAsync();
        Assert.NotNull(lists.Measurements.Single(value => value.Index == registration.Measurement).Withdrawn);
        Assert.Equal((3, 5, 1U), (lists.Threshold, lists.Endorsers.Length, lists.EndorsersVersion));

        await mirror.Rpc.AdvanceClockAsync(TimeSpan.FromSeconds(3_700));
        await mirror.Rpc.MineAsync();
        Assert.StartsWith("[5, ", await AskAsync(brief.KeyId, (await mirror.Rpc.BlockAsync(BlockTag.Latest))!.Number));
    }

    [Fact]
    public async Task Key_ByItsOwnWord_Ends()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (registration, _) = await RegisterAsync(PublicKeyOf(key), "seven");
        var word = EnclaveKeyCalls.OwnRevocation(mirror.ChainId, Registry, registration.KeyId);
        var signature = key.SignData(word, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var receipt = await SendAsync(EnclaveKeyCalls.RevokeOwnKey(
            registration.X, registration.Y, Hash32.FromSpan(signature.AsSpan(0, 32)), Hash32.FromSpan(signature.AsSpan(32))));
        Assert.True(receipt.Succeeded);
        Assert.Equal((EnclaveKeyStatus.Revoked, "itself"), await StandingAsync(registration.KeyId));
    }

    // Under a measurement of its own, so that tests do not end each other's keys; the configuration is the enclaves'.
    private async Task<(KeyRegistration Registration, Hash32 Measurement)> RegisterAsync(ReadOnlyMemory<byte> publicKey, string name, ulong seconds = 2_000_000)
    {
        var deadline = await DeadlineAsync();
        var measurement = Keccak256.HashData(System.Text.Encoding.UTF8.GetBytes(name));
        var counts = await mirror.PythiaReader.CountsAsync();
        Assert.True((await mirror.EndorseAsync(new EndorseMeasurementAct(Registry, deadline, measurement, counts.Measurements + 1))).Succeeded);
        var configuration = Hash32.FromSpan((await mirror.Enclave.IdentifyAsync()).ConfigurationHash.Span);
        var index = await mirror.PythiaReader.IndexOfConfigurationAsync(configuration);
        if (index == 0)
        {
            index = counts.Configurations + 1;
            Assert.True((await mirror.EndorseAsync(new EndorseConfigurationAct(Registry, deadline, configuration, index))).Succeeded);
        }

        var registration = new KeyRegistration(
            Hash32.FromSpan(publicKey.Span[..32]), Hash32.FromSpan(publicKey.Span[32..]), Device, counts.Measurements + 1, index, Operator, await mirror.NowAsync() + seconds, Device);
        var receipt = await mirror.EndorseAsync(new RegisterKeyAct(Registry, deadline, registration, measurement, configuration));
        Assert.True(receipt.Succeeded);
        return (registration, measurement);
    }

    private async Task<string> AskAsync(Hash32 keyId, ulong block = 0)
    {
        var request = RequestFor(keyId, block == 0 ? (await mirror.Rpc.BlockAsync(BlockTag.Latest))!.Number : block);
        var reply = await AnswerAsync(mirror.Enclave, request);
        Assert.Null(reply.Refusal);
        var identity = await mirror.Enclave.IdentifyAsync();
        using var key = Es256Key.TryImport(identity.SigningKey.Span)!;
        var verdict = AnswerCheck.Check(reply.Answer.Span, request, key, identity.ConfigurationHash.Span);
        Assert.Equal((AnswerFault.None, ""), (verdict.Fault, verdict.Detail));
        return verdict.Body!.Results[0].ToString();
    }

    private static Request RequestFor(Hash32 keyId, ulong block) => new(Question.Create(Device, block, Fact.PythiaKey(keyId)), [1, 2, 3, 4, 5, 6, 7, 8], 0);

    // While anvil mines the next block, its proofs at the newest one are of the state to come: asked again, they are of the block.
    private static async Task<EnclaveReply> AnswerAsync(PythiaEnclave enclave, Request request)
    {
        for (var again = 20; ; again--)
        {
            var reply = await enclave.AnswerAsync(request.Encode());
            if (reply.Refusal?.Reason is not RefusalReason.ProofInvalid || again == 0) return reply;

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    private static async Task<AnswerStatement> StatementAsync(PythiaEnclave enclave, ImmutableArray<byte> nonce)
    {
        var question = Question.Create(Device, 0, Fact.OwnerOf);
        var reply = await AnswerAsync(enclave, new Request(question, nonce, 0));
        Assert.Null(reply.Refusal);
        return new AnswerStatement([.. question.Encoded.Span], [.. reply.Answer.Span], 0);
    }

    // As the enclave signs, with the key and the words of our choice.
    private async Task<AnswerStatement> SignAsync(ECDsa key, Question question, AnswerBody body)
    {
        var configuration = (await mirror.Enclave.IdentifyAsync()).ConfigurationHash;
        var keyId = Es256Key.ComputeKeyId(PublicKeyOf(key).Span);
        var bytes = body.Encode();
        var toBeSigned = SignedAnswer.ToBeSigned(keyId, bytes, configuration.Span, question.Encoded.Span);
        var signature = key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return new AnswerStatement([.. question.Encoded.Span], [.. new SignedAnswer(keyId, bytes, signature).Encode()], 0);
    }

    private static ReadOnlyMemory<byte> PublicKeyOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return (byte[])[.. point.X!, .. point.Y!];
    }

    private async Task<RpcReceipt> SendAsync(byte[] call) => await mirror.SendAsync(await mirror.FundedKeyAsync("anybody"), Registry, call);

    private async Task<ulong> DeadlineAsync() => await mirror.NowAsync() + 3_600;

    private async Task<EnclaveKeyView> ViewAsync(Hash32 keyId)
    {
        await mirror.FollowedAsync();
        return await mirror.Grains.GetGrain<IEnclaveKeyGrain>(mirror.Key(keyId)).GetAsync();
    }

    private async Task<(EnclaveKeyStatus Status, string EndedBy)> StandingAsync(Hash32 keyId)
    {
        var view = await ViewAsync(keyId);
        return (view.Status, view.EndedBy);
    }
}
