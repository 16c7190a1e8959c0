using System.Text.Json.Nodes;
using Pythia.Enclave.Tests.Host;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Proofs, headers and receipts of a running anvil: true ones hold, and every damage to one is refused.</summary>
public sealed class LiveProofTests(AnvilChain chain) : IClassFixture<AnvilChain>
{
    private const int Slots = 40;

    [Fact]
    public async Task Check_ProofsOfARunningNode_HoldAndNoDamageDoes()
    {
        var tag = await StoreSomethingAsync();
        var header = await HeaderAsync(tag);
        var asked = Enumerable.Range(0, Slots + 20).Select(i => Hash32.FromUInt64((ulong)i)).ToList();
        var answer = await chain.CallAsync("eth_getProof", AnvilChain.DeviceRegistry.ToString(), asked.ConvertAll(slot => slot.ToString()), tag);
        var proof = AccountProof.Read(TestChain.Utf8(answer!)).Value!;
        var report = ProofCheck.Check(header.StateRoot, AnvilChain.DeviceRegistry, asked.ToArray(), proof);

        // What was written here is the truth: slots 1 to 39 hold their square, slot 3 was set to zero again.
        report.Holds.ShouldBeTrue();
        report.Account.Account.CodeHash.ShouldBe(AnvilChain.CodeHash);
        for (var i = 0; i < asked.Count; i++) report.Slots[i].Value.ShouldBe(Hash32.FromUInt64(Value(i)), $"slot {i}");

        var cases = CasesOf(header.StateRoot, proof);
        cases.ForEach(ProofDamage.Holds);
        cases.ForEach(ProofDamage.CutAtEveryNode);
        cases.ForEach(ProofDamage.NodeLeftOut);
        cases.ForEach(ProofDamage.TwoNodesSwapped);
        cases.ForEach(ProofDamage.NodeAdded);
        cases.ForEach(ProofDamage.WrongRoot);
        cases.Sum(ProofDamage.EveryByteFlipped).ShouldBeGreaterThan(10_000);
        cases.Sum(each => ProofDamage.OtherKeys(each, cases.Where(other => other.Root == each.Root).Select(other => other.Key))).ShouldBeGreaterThan(5_000);
    }

    [Fact]
    public async Task Check_ProofOfAnotherContractOrBlock_IsRefused()
    {
        var tag = await StoreSomethingAsync();
        var header = await HeaderAsync(tag);
        var answer = await chain.CallAsync("eth_getProof", AnvilChain.DeviceRegistry.ToString(), new[] { Hash32.FromUInt64(5).ToString() }, tag);
        var other = await chain.CallAsync("eth_getProof", AnvilChain.PolicyRegistry.ToString(), new[] { Hash32.FromUInt64(5).ToString() }, tag);

        var renamed = (JsonObject)other!.DeepClone();
        renamed["address"] = AnvilChain.DeviceRegistry.ToString();
        ProofCheck.Check(header.StateRoot, AccountProof.Read(TestChain.Utf8(renamed)).Value!).Account.Verdict.ShouldBe(Verdict.Invalid);

        var mixed = (JsonObject)answer!.DeepClone();
        mixed["storageProof"] = other["storageProof"]!.DeepClone();
        ProofCheck.Check(header.StateRoot, AccountProof.Read(TestChain.Utf8(mixed)).Value!).Slots[0].Verdict.ShouldBe(Verdict.Invalid);

        await chain.StoreAsync(AnvilChain.DeviceRegistry, Hash32.FromUInt64(5), Hash32.FromUInt64(77));
        var next = await HeaderAsync($"0x{await chain.MineAsync():x}");
        ProofCheck.Check(next.StateRoot, AccountProof.Read(TestChain.Utf8(answer)).Value!).Account.Reason.ShouldBe(InvalidReason.WrongRoot);
        header.CheckChild(next).ShouldBeNull();
    }

    [Fact]
    public async Task Check_ReceiptsOfARunningNode_HoldAllOrNone()
    {
        var tag = await StoreSomethingAsync();
        var header = await HeaderAsync(tag);
        var receipts = (JsonArray)(await chain.CallAsync("eth_getBlockReceipts", tag))!;
        ReceiptsJson.Check(TestChain.Utf8(receipts), header).Value!.Logs.Length.ShouldBe(receipts.Count);

        for (var i = 0; i < receipts.Count; i++)
        {
            var without = (JsonArray)receipts.DeepClone();
            without.RemoveAt(i);
            ReceiptsJson.Check(TestChain.Utf8(without), header).Damage.ShouldNotBeNull();

            var silent = (JsonArray)receipts.DeepClone();
            silent[i]!["logs"] = new JsonArray();
            ReceiptsJson.Check(TestChain.Utf8(silent), header).Damage!.Reason.ShouldBe(InvalidReason.ReceiptBloomMismatch);
        }
    }

    private static ulong Value(int slot) => slot is 3 or >= Slots ? 0 : (ulong)(slot * slot);

    // One block with all slots, the next sets slot 3 to zero again.
    private async Task<string> StoreSomethingAsync()
    {
        for (var slot = 1; slot < Slots; slot++) await StoreAsync(slot, (ulong)(slot * slot));
        await chain.MineAsync();
        await StoreAsync(3, 0);
        return $"0x{await chain.MineAsync():x}";
    }

    private Task StoreAsync(int slot, ulong value)
        => chain.StoreAsync(AnvilChain.DeviceRegistry, Hash32.FromUInt64((ulong)slot), Hash32.FromUInt64(value), Hash32.FromUInt64((ulong)slot));

    private async Task<BlockHeader> HeaderAsync(string tag)
    {
        var block = (await chain.CallAsync("eth_getBlockByNumber", tag, false))!;
        HeaderJson.Check(TestChain.Utf8(block), Hash32.Parse((string)block["hash"]!)).TryGet(out var header, out var damage).ShouldBeTrue(damage?.ToString());
        return header!;
    }

    // What the leaf must hold is known from what was written: a number, 0x80 for anvil's zeroed slot, or no leaf.
    private static List<ProofCase> CasesOf(Hash32 stateRoot, AccountProof proof)
    {
        var byKey = new Dictionary<string, byte[]?>();
        for (var i = 0; i < proof.Slots.Length; i++)
            byKey[Convert.ToHexString(KeyOf(proof.Slots[i]))] = i == 3 ? [0x80] : Value(i) == 0 ? null : Rlp.EncodeUInt64(Value(i));

        var cases = proof.Slots.Select(slot => new ProofCase(
            $"slot {slot.Slot}", proof.StorageRoot, KeyOf(slot), Array.ConvertAll(slot.Nodes, node => node.ToArray()), byKey[Convert.ToHexString(KeyOf(slot))],
            key => byKey.GetValueOrDefault(Convert.ToHexString(key))));
        return [.. cases, .. ProofCase.FromAnswer("live", stateRoot, proof with { Slots = [] })];

        static byte[] KeyOf(SlotProof slot) => Keccak256.HashData(slot.Slot.ToArray()).ToArray();
    }
}
