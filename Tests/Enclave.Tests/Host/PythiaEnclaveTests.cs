using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>The honest path against a real node: each fact, heads that move, revocation.</summary>
public sealed class PythiaEnclaveTests(AnvilChain chain, ITestOutputHelper output) : IClassFixture<AnvilChain>
{
    private static readonly Address Owner = Address.Parse("0x00000000000000000000000000000000000000aa");
    private static readonly Address Commander = Address.Parse("0x00000000000000000000000000000000000000bb");
    private static readonly Hash32 Scope = Keccak256.HashData("lock:open"u8);

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task Answer_OwnerOfStoredDevice_IsTheOwnerAtTheHead(EnclaveKind kind)
    {
        var device = Keccak256.HashData("owner"u8);
        await chain.StoreDeviceAsync(device, Owner, status: 1, epoch: 3);
        var block = await chain.MineAsync();
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(block);

        var body = await enclave.AskAsync(device, Fact.OwnerOf);
        body.Block.ShouldBeGreaterThanOrEqualTo(block);
        body.Results.ShouldBe([FactResult.Single(FactValue.Of(Owner))]);
        (await enclave.AskAsync(device, Fact.DeviceStatus)).Results[0].ToString().ShouldBe("[1, 3, 0]");
        (await enclave.AskAsync(Keccak256.HashData("no such device"u8), Fact.OwnerOf)).Results[0].IsNull.ShouldBeTrue();
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task Answer_FromTheBlockOfTheRevocationOn_NeverPermits(EnclaveKind kind)
    {
        var device = Keccak256.HashData("revoked"u8);
        var allowed = Fact.CommandAllowed(Commander, Scope);
        await chain.StoreDeviceAsync(device, Owner, status: 1);
        await chain.StoreCommandConsentAsync(device, Commander, Scope, status: 2, notAfter: 4_000_000_000);
        var granted = await chain.MineAsync();
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(granted);
        (await enclave.AskAsync(device, allowed)).Results[0].ToString().ShouldBe("[1, 4000000000]");

        await chain.StoreCommandConsentAsync(device, Commander, Scope, status: 3, notAfter: 4_000_000_000);
        var asking = AskUntilAsync(enclave, device, allowed, granted + 1);
        await chain.MineAsync();
        foreach (var answer in await asking)
        {
            answer.Results[0].IsNull.ShouldBe(answer.Block > granted, $"block {answer.Block}, revoked in {granted + 1}");
        }
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task RevokeOwnKey_Current_AnswersGoOnByOtherKeysAlone(EnclaveKind kind)
    {
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(await chain.MineAsync());
        var device = Keccak256.HashData("whoever"u8);
        await enclave.AskAsync(device, Fact.OwnerOf);
        var before = await enclave.Enclave.IdentifyAsync();

        var word = await enclave.Enclave.RevokeOwnKeyAsync(before.KeyId);
        word.SigningKey.ToArray().ShouldBe(before.SigningKey.ToArray());
        OwnRevocation.IsSigned(before.ChainId, AnvilChain.PythiaRegistry, word.SigningKey.Span, word.Signature.Span).ShouldBeTrue();
        var after = await enclave.Enclave.IdentifyAsync();
        after.SigningKey.ToArray().ShouldNotBe(before.SigningKey.ToArray());

        // The device that asks is answered, by the new key: the old one's stored answers are not given out either.
        (await enclave.AskAsync(device, Fact.OwnerOf)).Results[0].IsNull.ShouldBeTrue();
        (await enclave.Enclave.RevokeOwnKeyAsync(before.KeyId)).Signature.ToArray().ShouldBe(word.Signature.ToArray());
        (await enclave.Enclave.IdentifyAsync()).KeyId.ToArray().ShouldBe(after.KeyId.ToArray());
        (await Should.ThrowAsync<EnclaveException>(() => enclave.Enclave.RevokeOwnKeyAsync(new byte[8]).AsTask())).Fault.ShouldBe(EnclaveFault.UnknownKey);
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task Answer_ChangeThatNoEventNames_IsSeenAllTheSame(EnclaveKind kind)
    {
        var policy = Keccak256.HashData("silent"u8);
        var slot = SlotMath.OfMapping(policy, StorageLayout.Policy.MappingSlot);
        await chain.StoreAsync(AnvilChain.PolicyRegistry, slot, Hash32.FromUInt64(1));
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(await chain.MineAsync());
        (await enclave.AskAsync(policy, Fact.PolicyStatus(policy))).Results[0].ToString().ShouldBe("[1]");

        await chain.StoreAsync(AnvilChain.PolicyRegistry, slot, Hash32.FromUInt64(2));
        await enclave.HeadAtAsync(await chain.MineAsync());

        // Another question first: it proves the account, so that the next one could be answered from what is remembered.
        (await enclave.AskAsync(policy, Fact.PolicyStatus(Hash32.Zero))).Results[0].IsNull.ShouldBeTrue();
        (await enclave.AskAsync(policy, Fact.PolicyStatus(policy))).Results[0].ToString().ShouldBe("[2]");
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task Answer_MinBlockAboveTheHead_WaitsForItOrSaysHeadTooOld(EnclaveKind kind)
    {
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        var head = await enclave.HeadAtAsync(await chain.BlockNumberAsync());
        (await enclave.RefusedAsync(Scope, Fact.OwnerOf, head.Block + 1)).Reason.ShouldBe(RefusalReason.HeadTooOld);

        var options = chain.Options();
        options.MinBlockWaitMilliseconds = 20_000;
        await using var patient = RunningEnclave.Start(kind, options);
        var waiting = patient.AskAsync(Scope, Fact.OwnerOf, head.Block + 1);
        await chain.MineAsync();
        (await waiting).Block.ShouldBe(head.Block + 1);
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task Answer_HigherLevelOrBrokenRequest_IsRefusedByName(EnclaveKind kind)
    {
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(1);
        var request = new Request(Question.Create(Scope, 0, Fact.OwnerOf), null, 1);
        (await enclave.Enclave.AnswerAsync(request.Encode())).Refusal!.Reason.ShouldBe(RefusalReason.LevelTooLow);
        (await enclave.Enclave.AnswerAsync(new byte[] { 0x80 })).Refusal!.Reason.ShouldBe(RefusalReason.BadRequest);
        (await enclave.Enclave.AnswerAsync(default)).Refusal!.Reason.ShouldBe(RefusalReason.BadRequest);
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task Answer_FourFactsAtOnce_HoldForOneBlockInOneMessage(EnclaveKind kind)
    {
        var device = Keccak256.HashData("four"u8);
        await chain.StoreDeviceAsync(device, Owner, status: 1);
        await chain.StoreCommandConsentAsync(device, Commander, Scope, status: 2, notAfter: 4_000_000_000);
        var policy = Keccak256.HashData("policy"u8);
        await chain.StoreAsync(AnvilChain.PolicyRegistry, SlotMath.OfMapping(policy, StorageLayout.Policy.MappingSlot), Hash32.FromUInt64(2));
        var block = await chain.MineAsync();
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(block);

        var request = new Request(
            Question.Create(device, block, Fact.OwnerOf, Fact.Consent(Commander, Scope), Fact.CommandAllowed(Commander, Scope), Fact.PolicyStatus(policy)), null, 0);
        var reply = await enclave.Enclave.AnswerAsync(request.Encode());
        var body = await enclave.CheckAsync(reply.Answer, request);
        output.WriteLine($"four facts: {reply.Answer.Length} B: {string.Join(" · ", body.Results)}");
        body.Results.Select(result => result.IsNull).ShouldBe([false, false, false, false]);
        body.Results[3].ToString().ShouldBe("[2]");
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task Prove_Question_GivesTheRawProofThatTheVerifierTakes(EnclaveKind kind)
    {
        var device = Keccak256.HashData("doubt"u8);
        await chain.StoreDeviceAsync(device, Owner, status: 1);
        var block = await chain.MineAsync();
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(block);

        var request = new Request(Question.Create(device, block, Fact.OwnerOf), null, 0);
        var body = await enclave.CheckAsync((await enclave.Enclave.AnswerAsync(request.Encode())).Answer, request);
        var raw = (await enclave.Enclave.ProveAsync(request.Encode())).Answer;
        var contracts = chain.Options().ToConfiguration().Contracts;
        Verifier.Json.RawProof.Read(raw).TryGet(out var proof, out var damage).ShouldBeTrue(damage?.Detail);
        proof!.Open(body.Hash, contracts).TryGet(out var state, out damage).ShouldBeTrue(damage?.Detail);
        state!.Ask(device, Fact.OwnerOf).TryGet(out var fact, out damage).ShouldBeTrue(damage?.Detail);
        fact!.Result.ShouldBe(body.Results[0]);
    }

    [Theory, InlineData(EnclaveKind.InProcess), InlineData(EnclaveKind.Process)]
    public async Task ReadLogs_BlockWithLogs_AreCompleteAndInOrder(EnclaveKind kind)
    {
        await chain.StoreAsync(AnvilChain.PolicyRegistry, Hash32.FromUInt64(1), Hash32.FromUInt64(1), Hash32.FromUInt64(11));
        await chain.StoreAsync(AnvilChain.DeviceRegistry, Hash32.FromUInt64(2), Hash32.FromUInt64(2), Hash32.FromUInt64(12));
        var block = await chain.MineAsync();
        await chain.MineAsync();
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(block + 1);

        var read = (await enclave.Enclave.ReadLogsAsync(block)).Block.ShouldNotBeNull();
        var empty = (await enclave.Enclave.ReadLogsAsync(block + 1)).Block.ShouldNotBeNull();
        read.Logs.Select(log => log.Contract).ShouldBe([nameof(AnvilChain.PolicyRegistry), nameof(AnvilChain.DeviceRegistry)]);
        read.Logs.Select(log => Hex.Format(log.Topics[1].Span[30..])).ShouldBe(["0x000b", "0x000c"]);
        read.Logs.Select(log => (log.TransactionIndex, log.LogIndex)).ShouldBe([(0, 0), (1, 1)]);
        empty.Logs.ShouldBeEmpty();
        empty.ParentHash.ToArray().ShouldBe(read.Hash.ToArray());
        (await enclave.Enclave.ReadLogsAsync(block + 2)).Refusal!.Reason.ShouldBe(RefusalReason.BlockUnknown);
    }

    private static async Task<List<AnswerBody>> AskUntilAsync(RunningEnclave enclave, Hash32 device, Fact fact, ulong block)
    {
        var answers = new List<AnswerBody>();
        do
        {
            await Task.Yield(); // a proven slot is answered without a wait: the miner must get its turn
            answers.Add(await enclave.AskAsync(device, fact));
        }
        while (answers[^1].Block < block);

        answers.Add(await enclave.AskAsync(device, fact, block));
        return answers;
    }
}
