using System.Text;
using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Answers of eth_getProof: true ones hold, with and without envelope; each claim that is not what is proven is refused by name.</summary>
public sealed class ProofCheckTests(ITestOutputHelper output)
{
    [VectorFact("light-client")]
    public void Check_DevnetAnswerUnderTheNeighboursStateRoot_Holds()
    {
        var (stateRoot, json) = ProofCase.ReadDevnet();
        var report = ProofCheck.Check(stateRoot, Read(json));

        report.Holds.ShouldBeTrue();
        report.Account.Account.Nonce.ShouldBe(1UL);
        report.Slots.ShouldHaveSingleItem().Value.ShouldBe(Hash32.FromUInt64(0x1092));
        ProofCheck.Check(Hash32.Zero, Read(json)).Account.Reason.ShouldBe(InvalidReason.WrongRoot);
    }

    [Fact]
    public void Check_WithAndWithoutEnvelope_IsTheSame()
    {
        var chain = new TestChain().WithDevice();
        var proof = DeviceProof(chain);
        var enveloped = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["result"] = proof.DeepClone() };

        ProofCheck.Check(chain.Header().StateRoot, Read(proof.ToJsonString())).Holds.ShouldBeTrue();
        ProofCheck.Check(chain.Header().StateRoot, Read(enveloped.ToJsonString())).Holds.ShouldBeTrue();
        enveloped.Remove("jsonrpc");
        ProofCheck.Check(chain.Header().StateRoot, Read(enveloped.ToJsonString())).Holds.ShouldBeTrue();
    }

    [Theory]
    [InlineData("nonce", "0x2")]
    [InlineData("balance", "0x1")]
    [InlineData("codeHash", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("storageHash", "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")]
    public void Check_AccountClaimChanged_IsClaimMismatchByName(string member, string value)
    {
        var chain = new TestChain().WithDevice();
        var proof = DeviceProof(chain);
        proof[member] = value;
        var report = ProofCheck.Check(chain.Header().StateRoot, Read(proof.ToJsonString()));

        report.Account.Reason.ShouldBe(InvalidReason.ClaimMismatch);
        report.Account.Detail!.ShouldStartWith(member);
        report.Account.Account.ShouldBe(default);
        report.Slots.ShouldHaveSingleItem().Reason.ShouldBe(InvalidReason.AccountInvalid);
        report.Holds.ShouldBeFalse();
    }

    [Fact]
    public void Check_SlotsValueChanged_IsClaimMismatch()
    {
        var chain = new TestChain().WithDevice();
        var proof = DeviceProof(chain);
        proof["storageProof"]![0]!["value"] = "0x0";
        var slot = ProofCheck.Check(chain.Header().StateRoot, Read(proof.ToJsonString())).Slots.ShouldHaveSingleItem();

        slot.Reason.ShouldBe(InvalidReason.ClaimMismatch);
        slot.Detail!.ShouldStartWith("value");
        slot.Value.ShouldBe(Hash32.Zero);
    }

    [Fact]
    public void Check_SlotsProofUnderAnotherKey_IsInvalid()
    {
        var chain = new TestChain().WithDevice();
        var proof = DeviceProof(chain);
        proof["storageProof"]![0]!["key"] = Hash32.FromUInt64(1).ToString();
        ProofCheck.Check(chain.Header().StateRoot, Read(proof.ToJsonString())).Slots.ShouldHaveSingleItem().Verdict.ShouldBe(Verdict.Invalid);
    }

    [Fact]
    public void Check_SlotAskedForAndProofCutShort_IsNotAbsent()
    {
        var chain = new TestChain().WithDevice();
        var proof = DeviceProof(chain);
        var whole = proof["storageProof"]![0]!["proof"]!.AsArray().Count;
        for (var kept = whole - 1; kept >= 0; kept--)
        {
            proof["storageProof"]![0]!["value"] = "0x0";
            proof["storageProof"]![0]!["proof"]!.AsArray().RemoveAt(kept);
            ProofCheck.Check(chain.Header().StateRoot, Read(proof.ToJsonString())).Slots.ShouldHaveSingleItem().Reason.ShouldBe(InvalidReason.CutShort);
        }
    }

    [Fact]
    public void Check_AnotherContractsStorageProof_IsWrongRoot()
    {
        var chain = new TestChain().WithDevice().WithPolicy(1);
        var proof = DeviceProof(chain);
        proof["storageProof"] = chain.Proof(ContractRole.PolicyRegistry, TestChain.PolicySlot(TestChain.Policy).Slot)["storageProof"]!.DeepClone();
        ProofCheck.Check(chain.Header().StateRoot, Read(proof.ToJsonString())).Slots.ShouldHaveSingleItem().Reason.ShouldBe(InvalidReason.WrongRoot);
    }

    [Fact]
    public void Check_AgainstAQuestion_OnlyThatAccountAndThoseSlotsCount()
    {
        var chain = new TestChain().WithDevice();
        var proof = Read(DeviceProof(chain).ToJsonString());
        var root = chain.Header().StateRoot;
        var address = TestChain.AddressOf(ContractRole.DeviceRegistry);
        var slot = TestChain.DeviceSlot(TestChain.Device).Slot;

        ProofCheck.Check(root, address, [slot], proof).Holds.ShouldBeTrue();
        ProofCheck.Check(root, address, [], proof).Holds.ShouldBeTrue();
        ProofCheck.Check(root, address, [Hash32.Zero], proof).Slots[0].Reason.ShouldBe(InvalidReason.WrongSlot);
        ProofCheck.Check(root, address, [slot, slot], proof).Slots[1].Reason.ShouldBe(InvalidReason.SlotNotAnswered);
        var other = ProofCheck.Check(root, TestChain.AddressOf(ContractRole.PolicyRegistry), [slot], proof);
        other.Account.Reason.ShouldBe(InvalidReason.WrongAccount);
        other.Slots[0].Reason.ShouldBe(InvalidReason.AccountInvalid);
    }

    [Theory]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000000", "0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")]
    public void Check_AbsentAccount_ItsSlotsAreAbsentToo(string codeHash, string storageHash)
    {
        var (root, proof) = AbsentAccount();
        proof["codeHash"] = codeHash;
        proof["storageHash"] = storageHash;
        var report = ProofCheck.Check(root, Read(proof.ToJsonString()));

        report.Account.Verdict.ShouldBe(Verdict.Absent);
        report.Slots.ShouldHaveSingleItem().Verdict.ShouldBe(Verdict.Absent);

        proof["balance"] = "0x1";
        ProofCheck.Check(root, Read(proof.ToJsonString())).Account.Reason.ShouldBe(InvalidReason.ClaimMismatch);
    }

    [Fact]
    public void Check_AbsentAccountsSlotWithAProofOfSomething_IsInvalid()
    {
        var (root, proof) = AbsentAccount();
        proof["storageProof"] = DeviceProof(new TestChain().WithDevice())["storageProof"]!.DeepClone();
        ProofCheck.Check(root, Read(proof.ToJsonString())).Slots.ShouldHaveSingleItem().Reason.ShouldBe(InvalidReason.ExtraNodes);
    }

    /// <summary>anvil keeps a slot that was set to zero as a leaf with the value 0x80; other nodes delete the leaf.</summary>
    [Fact]
    public void CheckSlot_AnvilsZeroLeaf_IsAbsentAndZero()
    {
        var trie = new TestTrie { [new byte[32]] = [0x80] };
        var verdict = Pythia.Enclave.Verifier.Tries.StateProof.CheckSlot(trie.Root, Hash32.Zero, Array.ConvertAll(trie.Prove(new byte[32]).ToArray(), node => (ReadOnlyMemory<byte>)node));
        verdict.Verdict.ShouldBe(Verdict.Absent);
        verdict.Value.ShouldBe(Hash32.Zero);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("820001")]
    [InlineData("8105")]
    [InlineData("0101")]
    [InlineData("c101")]
    [InlineData("a1010000000000000000000000000000000000000000000000000000000000000000")]
    public void CheckSlot_ValueThatIsNoCanonicalNumber_IsBadStorageValue(string value)
    {
        var trie = new TestTrie { [new byte[32]] = Convert.FromHexString(value) };
        var verdict = Pythia.Enclave.Verifier.Tries.StateProof.CheckSlot(trie.Root, Hash32.Zero, Array.ConvertAll(trie.Prove(new byte[32]).ToArray(), node => (ReadOnlyMemory<byte>)node));
        verdict.Reason.ShouldBe(InvalidReason.BadStorageValue);
    }

    [Theory]
    [InlineData("", InvalidReason.BadJson)]
    [InlineData("{", InvalidReason.BadJson)]
    [InlineData("{} {}", InvalidReason.BadJson)]
    [InlineData("[]", InvalidReason.BadMember)]
    [InlineData("null", InvalidReason.BadMember)]
    [InlineData("{}", InvalidReason.MissingMember)]
    [InlineData("""{"address":"0x01","address":"0x02"}""", InvalidReason.BadJson)]
    [InlineData("""{"address":"\ud800"}""", InvalidReason.BadJson)]
    [InlineData("""{"address":"0x01"}""", InvalidReason.BadMember)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}""", InvalidReason.NodeError)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":null}""", InvalidReason.NodeError)]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", InvalidReason.MissingMember)]
    public void Read_BadJson_IsRefusedByName(string json, InvalidReason reason) => AccountProof.Read(Encoding.UTF8.GetBytes(json)).Damage!.Reason.ShouldBe(reason);

    [Fact]
    public void Read_MembersOfWrongForm_NameTheMember()
    {
        foreach (var (member, value) in new (string, JsonNode?)[]
        {
            ("address", "0xaa"), ("nonce", "1"), ("nonce", "0x10000000000000000"), ("balance", "0x"), ("balance", "0x" + new string('f', 65)),
            ("codeHash", "0x12"), ("storageHash", 5), ("accountProof", "0x"), ("accountProof", new JsonArray("0x123")), ("accountProof", new JsonArray(7)),
            ("storageProof", new JsonArray(new JsonObject())), ("storageProof", null), ("nonce", null),
        })
        {
            var proof = DeviceProof(new TestChain().WithDevice());
            proof[member] = value;
            var damage = AccountProof.Read(TestChain.Utf8(proof)).Damage.ShouldNotBeNull($"{member} {value}");
            damage.Detail.ShouldContain(member);
            damage.Reason.ShouldBeOneOf(InvalidReason.BadMember, InvalidReason.MissingMember);
        }
    }

    [Fact]
    public void Read_AboveTheLimits_IsRefused()
    {
        AccountProof.Read(new byte[AccountProof.MaxBytes + 1]).Damage!.Reason.ShouldBe(InvalidReason.JsonTooLarge);
        var proof = DeviceProof(new TestChain().WithDevice());
        proof["accountProof"] = new JsonArray([.. Enumerable.Repeat(0, AccountProof.MaxNodes + 1).Select(_ => (JsonNode)"0x")]);
        AccountProof.Read(TestChain.Utf8(proof)).Damage!.Reason.ShouldBe(InvalidReason.BadMember);
    }

    /// <summary>Changes the text of recorded answers anywhere; an account or slot that still holds must hold the truth.</summary>
    [VectorFact("mainnet-proofs")]
    public void Check_MutatedText_IsNeverFalse()
    {
        var random = Seeded.Start(output);
        var texts = Directory.GetFiles(SharedVectors.Find("mainnet-proofs"), "*.json").Select(File.ReadAllBytes).ToList();
        var truths = texts.ConvertAll(text => AccountProof.Read(text).Value!);
        var held = 0;
        for (var i = 0; i < 30_000; i++)
        {
            var which = random.Next(texts.Count);
            var text = (byte[])texts[which].Clone();
            for (var change = random.Next(3); change >= 0; change--) text[random.Next(2) == 0 ? random.Next(text.Length) : text.Length - 1 - random.Next(400)] = (byte)"0123456789abcdefx\",:{}[]"[random.Next(24)];
            if (!AccountProof.Read(text).TryGet(out var proof, out _)) continue;

            var truth = truths[which];
            var report = ProofCheck.Check(Keccak256.HashData(truth.Nodes[0].Span), proof);
            if (report.Account.Verdict == Verdict.Invalid) continue;

            held++;
            report.Account.Verdict.ShouldBe(Verdict.Included);
            report.Account.Address.ShouldBe(truth.Address);
            (report.Account.Account.Nonce, report.Account.Account.BalanceWei, report.Account.Account.CodeHash).ShouldBe((truth.Nonce, truth.BalanceWei, truth.CodeHash));
            foreach (var slot in report.Slots.Where(slot => slot.Verdict != Verdict.Invalid))
                truth.Slots.ShouldContain(true_ => true_.Slot == slot.Slot && true_.Value == slot.Value);
        }

        output.WriteLine($"{held} held");
        held.ShouldBeGreaterThan(0);
    }

    private static JsonObject DeviceProof(TestChain chain) => chain.Proof(ContractRole.DeviceRegistry, TestChain.DeviceSlot(TestChain.Device).Slot);

    private static AccountProof Read(string json)
    {
        AccountProof.Read(Encoding.UTF8.GetBytes(json)).TryGet(out var proof, out var damage).ShouldBeTrue(damage?.ToString());
        return proof!;
    }

    // A state that holds other accounts only.
    private static (Hash32 StateRoot, JsonObject Proof) AbsentAccount()
    {
        var state = new TestTrie();
        for (var i = 0; i < 30; i++) state[[(byte)i]] = Keccak256.HashData([(byte)i]).ToArray();
        var address = Address.FromSpan(new byte[20]);
        return (state.Root, new JsonObject
        {
            ["address"] = address.ToString(),
            ["accountProof"] = new JsonArray([.. state.Prove(address.ToArray()).Select(node => (JsonNode)Hex.Format(node))]),
            ["balance"] = "0x0",
            ["nonce"] = "0x0",
            ["codeHash"] = Hash32.Zero.ToString(),
            ["storageHash"] = Hash32.Zero.ToString(),
            ["storageProof"] = new JsonArray(new JsonObject { ["key"] = "0x1", ["value"] = "0x0", ["proof"] = new JsonArray() }),
        });
    }
}
