using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Silo.Demo;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>
/// Every lie of a node between (G1, G6): with it alone there is no answer and the refusal names the kind of damage; with an honest one beside it the
/// answer is the true one and the liar is set aside.
/// </summary>
public sealed class LyingNodeTests(AnvilChain chain, ITestOutputHelper output) : LyingNodeRules(chain, output, EnclaveKind.InProcess);

/// <inheritdoc cref="LyingNodeTests"/>
public sealed class LyingNodeSocketTests(AnvilChain chain, ITestOutputHelper output) : LyingNodeRules(chain, output, EnclaveKind.Socket);

/// <inheritdoc cref="LyingNodeTests"/>
public abstract class LyingNodeRules(AnvilChain chain, ITestOutputHelper output, EnclaveKind kind) : IClassFixture<AnvilChain>
{
    private static readonly Address Owner = Address.Parse("0x00000000000000000000000000000000000000aa");

    public static TheoryData<Lie, RefusalReason, string> ProofLies => new()
    {
        { Lie.ForgeValue, RefusalReason.ProofInvalid, nameof(InvalidReason.ClaimMismatch) },
        { Lie.ForgeLeaf, RefusalReason.ProofInvalid, nameof(InvalidReason.HashMismatch) },
        { Lie.CutProof, RefusalReason.ProofInvalid, nameof(InvalidReason.CutShort) },
        { Lie.WithholdProof, RefusalReason.ProofInvalid, nameof(InvalidReason.CutShort) },
        { Lie.SwapNodes, RefusalReason.ProofInvalid, nameof(InvalidReason.WrongRoot) },
        { Lie.FlipBit, RefusalReason.ProofInvalid, nameof(InvalidReason.WrongRoot) },
        { Lie.WrongSlot, RefusalReason.ProofInvalid, "" },
        { Lie.WithholdSlots, RefusalReason.ProofInvalid, nameof(InvalidReason.SlotNotAnswered) },
        { Lie.WrongAccount, RefusalReason.ProofInvalid, "" },
        { Lie.ForgeBalance, RefusalReason.ProofInvalid, nameof(InvalidReason.ClaimMismatch) },
        { Lie.ForgeStorageRoot, RefusalReason.ProofInvalid, nameof(InvalidReason.ClaimMismatch) },
        { Lie.CutAccountProof, RefusalReason.ProofInvalid, nameof(InvalidReason.CutShort) },
        { Lie.StaleBlock, RefusalReason.ProofInvalid, nameof(InvalidReason.WrongRoot) },
        { Lie.Null, RefusalReason.NodeUnavailable, nameof(InvalidReason.NodeError) },
        { Lie.Error, RefusalReason.NodeUnavailable, nameof(InvalidReason.NodeError) },
        { Lie.Garbage, RefusalReason.ProofInvalid, nameof(InvalidReason.BadJson) },
        { Lie.Refuse, RefusalReason.NodeUnavailable, "503" },
        { Lie.Hang, RefusalReason.NodeUnavailable, "no reply" },
    };

    public static TheoryData<Lie, RefusalReason, string> HeaderLies => new()
    {
        { Lie.ForgeHeader, RefusalReason.HeaderInvalid, nameof(InvalidReason.HeaderHashMismatch) },
        { Lie.StaleHeader, RefusalReason.HeaderInvalid, nameof(InvalidReason.HeaderHashMismatch) },
        { Lie.Null, RefusalReason.NodeUnavailable, nameof(InvalidReason.NodeError) },
        { Lie.Garbage, RefusalReason.HeaderInvalid, nameof(InvalidReason.BadJson) },
        { Lie.Hang, RefusalReason.NodeUnavailable, "no reply" },
    };

    public static TheoryData<Lie, string> ReceiptLies => new()
    {
        { Lie.ForgeLog, nameof(InvalidReason.ReceiptsRootMismatch) },
        { Lie.WithholdLog, nameof(InvalidReason.ReceiptBloomMismatch) },
        { Lie.WithholdReceipt, nameof(InvalidReason.ReceiptsCutShort) },
        { Lie.AddReceipt, nameof(InvalidReason.ReceiptsOutOfOrder) },
    };

    [Theory]
    [MemberData(nameof(ProofLies))]
    public async Task Answer_OnlyNodeLiesAboutProofs_IsRefusedByName(Lie lie, RefusalReason expected, string named)
    {
        await using var proxy = await LyingProxy.StartAsync(chain.Url);
        var device = await StoreDevicesAsync(lie);
        await using var enclave = RunningEnclave.Start(kind, Options(lie, proxy.Url));
        await ReadHeadAsync(enclave);

        // The account may be proven by now, the slot is not: it has not been asked for.
        proxy.Lie = lie;
        var refusal = await enclave.RefusedAsync(device, Fact.OwnerOf);
        output.WriteLine($"{lie}: {refusal.Reason}: {refusal.Detail}");
        refusal.Reason.ShouldBe(expected, refusal.Detail);
        refusal.Detail.ShouldContain(named);
        refusal.Node.ShouldBe(proxy.Url.ToString());
        proxy.Calls.ShouldContain(call => call.Method == "eth_getProof" && call.Lie == lie);

        proxy.Lie = Lie.Honest;
        (await enclave.AskAsync(device, Fact.OwnerOf)).Results.ShouldBe([FactResult.Single(FactValue.Of(Owner))]);
    }

    [Theory]
    [MemberData(nameof(ProofLies))]
    public async Task Answer_HonestNodeBesideALiar_IsTrueAndTheLiarIsSetAside(Lie lie, RefusalReason expected, string named)
    {
        await using var proxy = await LyingProxy.StartAsync(chain.Url);
        var device = await StoreDevicesAsync(lie);
        await using var enclave = RunningEnclave.Start(kind, Options(lie, proxy.Url, chain.Url));
        await ReadHeadAsync(enclave);

        proxy.Lie = lie;
        (await enclave.AskAsync(device, Fact.OwnerOf)).Results.ShouldBe([FactResult.Single(FactValue.Of(Owner))]);
        var liar = (await enclave.Enclave.HealthAsync()).Nodes[0];
        liar.LastTrouble!.Reason.ShouldBe(expected);
        liar.LastTrouble.Detail.ShouldContain(named);
    }

    [Fact]
    public async Task Answer_LiarBesideSilentNode_NamesTheLie()
    {
        await using var liar = await LyingProxy.StartAsync(chain.Url);
        await using var silent = await LyingProxy.StartAsync(chain.Url);
        var device = await StoreDevicesAsync(Lie.Honest);
        await using var enclave = RunningEnclave.Start(kind, chain.Options(liar.Url, silent.Url));
        await enclave.HeadAtAsync(await chain.MineAsync());
        (liar.Lie, silent.Lie) = (Lie.CutProof, Lie.Refuse);
        var refusal = await enclave.RefusedAsync(device, Fact.OwnerOf);
        (refusal.Reason, refusal.Node).ShouldBe((RefusalReason.ProofInvalid, liar.Url.ToString()));
    }

    [Theory]
    [MemberData(nameof(HeaderLies))]
    public async Task Head_OnlyNodeLiesAboutHeaders_StandsStillAndSaysWhy(Lie lie, RefusalReason expected, string named)
    {
        await using var proxy = await LyingProxy.StartAsync(chain.Url);
        await using var enclave = RunningEnclave.Start(kind, Options(lie, proxy.Url));
        var head = await enclave.HeadAtAsync(await chain.MineAsync());

        proxy.Lie = lie;
        var next = await chain.MineAsync();
        var refusal = await enclave.RefusedAsync(Hash32.Zero, Fact.OwnerOf, next);
        while ((await enclave.Enclave.HealthAsync()).Trouble is null)
        {
            refusal = await enclave.RefusedAsync(Hash32.Zero, Fact.OwnerOf, next);
        }

        refusal.Reason.ShouldBe(RefusalReason.HeadTooOld);
        var trouble = (await enclave.Enclave.HealthAsync()).Trouble.ShouldNotBeNull();
        trouble.Reason.ShouldBe(expected, trouble.Detail);
        trouble.Detail.ShouldContain(named);
        (await enclave.Enclave.HeadAsync())!.Block.ShouldBe(head.Block);

        proxy.Lie = Lie.Honest;
        (await enclave.HeadAtAsync(next)).Block.ShouldBe(next);
    }

    [Theory]
    [MemberData(nameof(ReceiptLies))]
    public async Task ReadLogs_OnlyNodeLiesAboutReceipts_IsRefusedByName(Lie lie, string named)
    {
        await using var proxy = await LyingProxy.StartAsync(chain.Url);
        proxy.Lie = lie;
        await StoreDevicesAsync(lie);
        var block = await chain.MineAsync();
        await using var enclave = RunningEnclave.Start(kind, Options(lie, proxy.Url));
        await enclave.HeadAtAsync(block);

        var refusal = (await enclave.Enclave.ReadLogsAsync(block)).Refusal.ShouldNotBeNull();
        output.WriteLine($"{lie}: {refusal.Reason}: {refusal.Detail}");
        refusal.Reason.ShouldBe(RefusalReason.ReceiptsInvalid);
        refusal.Detail.ShouldContain(named);

        proxy.Lie = Lie.Honest;
        (await enclave.Enclave.ReadLogsAsync(block)).Block!.Logs.Count.ShouldBe(3);
    }

    [Fact]
    public void Lies_All_AreTold()
        => ProofLies.Select(row => (Lie)row[0]).Concat(HeaderLies.Select(row => (Lie)row[0])).Concat(ReceiptLies.Select(row => (Lie)row[0])).Append(Lie.Honest)
            .Distinct().Order().ShouldBe(Enum.GetValues<Lie>());

    // Header and receipts are read before the lies begin, so that these are about proofs.
    private async Task ReadHeadAsync(RunningEnclave enclave)
    {
        var head = await enclave.HeadAtAsync(await chain.MineAsync());
        (await enclave.Enclave.ReadLogsAsync(head.Block)).Refusal.ShouldBeNull();
    }

    // Only a node that never replies is worth a short patience.
    private EnclaveOptions Options(Lie lie, params Uri[] untrusted)
    {
        var options = chain.Options(untrusted);
        options.ReplyMilliseconds = lie == Lie.Hang ? 2_000 : options.ReplyMilliseconds;
        return options;
    }

    // Three devices, so that the storage trie has a branch and a proof more than one node.
    private async Task<Hash32> StoreDevicesAsync(Lie lie)
    {
        var device = Keccak256.HashData(Guid.NewGuid().ToByteArray());
        await chain.StoreDeviceAsync(device, Owner, status: 1, epoch: (ulong)lie);
        await chain.StoreDeviceAsync(Keccak256.HashData(device.ToArray()), Owner, status: 1);
        await chain.StoreDeviceAsync(Keccak256.HashData(Keccak256.HashData(device.ToArray()).ToArray()), Owner, status: 1);
        return device;
    }
}
