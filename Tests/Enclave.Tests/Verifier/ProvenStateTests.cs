using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;
using static Pythia.Enclave.Tests.Proofs.TestChain;
using Asked = Pythia.Enclave.Verifier.Facts.Fact;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Whoever doubts an answer asks the raw proof behind it: one door, everything checked behind it.</summary>
public sealed class ProvenStateTests(ITestOutputHelper output)
{
    private static readonly Asked[] All = [Asked.OwnerOf, Asked.DeviceStatus, Asked.Consent(Grantee, Scope), Asked.CommandAllowed(Grantee, Scope), Asked.PolicyStatus(Policy), Asked.PythiaKey(Scope)];

    [Fact]
    public void Ask_TrueRawProof_IsTheChainsAnswer()
    {
        var chain = Living();
        foreach (var fact in All)
        {
            Ask(chain, fact, chain.RawProof(fact)).TryGet(out var proven, out var damage).ShouldBeTrue($"{fact.Kind} {damage}");
            proven!.Result.ShouldBe(chain.Answer(fact));
            proven.Result.IsNull.ShouldBeFalse();
            proven.Slots.Length.ShouldBe(FactTable.Of(fact.Kind).MaxSlots);
        }
    }

    [Fact]
    public void Ask_StateWithoutAnything_IsProvenNull()
    {
        var chain = new TestChain();
        foreach (var fact in All) Ask(chain, fact, chain.RawProof(fact)).Value!.Result.ShouldBe(FactResult.Null);
    }

    [Fact]
    public void Ask_RevokedGrantee_TheProofOfTheFloorCannotBeLeftOut()
    {
        var chain = Living().WithFloor(6);
        var fact = Asked.CommandAllowed(Grantee, Scope);
        Ask(chain, fact, chain.RawProof(fact)).Value!.Result.ShouldBe(FactResult.Null);

        // Without the floor's slot, with it claimed to be zero, and with its proof cut.
        var without = chain.RawProof(fact);
        without["proofs"]![1]!["storageProof"]!.AsArray().RemoveAt(1);
        Ask(chain, fact, without).Damage!.Reason.ShouldBe(InvalidReason.SlotNotAnswered);

        var claimed = chain.RawProof(fact);
        claimed["proofs"]![1]!["storageProof"]![1]!["value"] = "0x0";
        Ask(chain, fact, claimed).Damage!.Reason.ShouldBe(InvalidReason.ClaimMismatch);

        claimed["proofs"]![1]!["storageProof"]![1]!["proof"] = new JsonArray();
        Ask(chain, fact, claimed).Damage!.Reason.ShouldBe(InvalidReason.CutShort);
    }

    [Fact]
    public void Ask_ProofOfAnOlderState_IsRefused()
    {
        var before = Living();
        var after = Living().WithFloor(6);
        var fact = Asked.CommandAllowed(Grantee, Scope);
        var old = before.RawProof(fact);
        old["header"] = Hex.Format(after.HeaderRlp());
        Ask(after, fact, old).Damage!.Reason.ShouldBe(InvalidReason.WrongRoot);
        Ask(after, fact, before.RawProof(fact)).Damage!.Reason.ShouldBe(InvalidReason.HeaderHashMismatch);
    }

    [Fact]
    public void Ask_ContractWithOtherCode_IsCodeHashMismatch()
    {
        var chain = Living();
        foreach (var role in Enum.GetValues<ContractRole>())
        {
            ConfiguredContract[] contracts = [.. Configured.Select(each => each.Name == role.ToString() ? each with { CodeHash = Hash32.Zero } : each)];
            var fact = Array.Find(All, each => FactTable.Of(each.Kind).Contracts[^1] == role)!;
            Ask(chain, fact, chain.RawProof(fact), contracts).Damage!.Reason.ShouldBe(InvalidReason.CodeHashMismatch);
        }
    }

    [Fact]
    public void Ask_ContractThatIsNotThere_IsCodeHashMismatchAndNeverNull()
    {
        var chain = Living();
        var address = Address.Parse("0x1111111111111111111111111111111111111111");
        ConfiguredContract[] contracts = [Configured[0] with { Address = address }];
        var raw = chain.RawProof(Asked.OwnerOf);
        Ask(chain, Asked.OwnerOf, raw, contracts).Damage!.Reason.ShouldBe(InvalidReason.AccountNotAnswered);

        raw["proofs"]![0]!["address"] = address.ToString();
        Ask(chain, Asked.OwnerOf, raw, contracts).Damage!.Reason.ShouldNotBe(InvalidReason.None);

        Ask(chain, Asked.OwnerOf, raw, []).Damage!.Reason.ShouldBe(InvalidReason.AccountNotAnswered);
    }

    [Fact]
    public void CheckAccount_AbsentAccount_IsCodeHashMismatch()
    {
        var absent = new AccountFinding(Configured[0].Address, Verdict.Absent, InvalidReason.None, null, default);
        ProvenState.CheckAccount(Configured[0], absent)!.Reason.ShouldBe(InvalidReason.CodeHashMismatch);
        ProvenState.CheckAccount(Configured[1], absent)!.Reason.ShouldBe(InvalidReason.WrongAccount);
        ProvenState.CheckAccount(Configured[0] with { CodeHash = Hash32.Zero }, absent)!.Reason.ShouldBe(InvalidReason.CodeHashMismatch);
    }

    [Fact]
    public void Ask_SlotsSpreadOverSeveralAnswers_AreFound()
    {
        var chain = Living();
        var fact = Asked.Consent(Grantee, Scope);
        var raw = chain.RawProof(fact);
        var proofs = raw["proofs"]!.AsArray();
        var slots = proofs[1]!["storageProof"]!.AsArray().Select(slot => Hash32.Parse(slot!["key"]!.GetValue<string>())).ToList();
        proofs.RemoveAt(1);
        foreach (var slot in slots) proofs.Insert(0, chain.Proof(ContractRole.ConsentRegistry, slot));

        Ask(chain, fact, raw).Value!.Result.ShouldBe(chain.Answer(fact));
    }

    /// <summary>Changes the raw proof's text anywhere, or takes parts of the proof of another state: an answer, if any, is the chain's.</summary>
    [Fact]
    public void Ask_MutatedRawProofs_AreNeverFalse()
    {
        var random = Seeded.Start(output);
        var chains = new[] { Living(), Living().WithFloor(6), new TestChain().WithDevice(status: 2).WithConsent().WithPolicy(2), new TestChain() };
        var texts = chains.Select(chain => All.Select(fact => Utf8(chain.RawProof(fact))).ToArray()).ToArray();
        var hashes = chains.Select(chain => Keccak256.HashData(chain.HeaderRlp())).ToArray();
        var truths = chains.Select(chain => All.Select(fact => chain.Answer(fact)).ToArray()).ToArray();
        var answered = 0;
        for (var i = 0; i < 4_000; i++)
        {
            var (which, fact) = (random.Next(chains.Length), random.Next(All.Length));
            var text = texts[random.Next(8) == 0 ? random.Next(chains.Length) : which][random.Next(8) == 0 ? random.Next(All.Length) : fact].ToArray();
            for (var change = random.Next(3); change > 0; change--) text[random.Next(text.Length)] = (byte)"0123456789abcdef"[random.Next(16)];
            if (!RawProof.Read(text).TryGet(out var raw, out _) || !raw.Open(hashes[which], [.. Configured]).TryGet(out var state, out _)) continue;
            if (!state.Ask(Device, All[fact]).TryGet(out var proven, out _)) continue;

            answered++;
            proven.Result.ShouldBe(truths[which][fact], $"input {i}");
        }

        output.WriteLine($"{answered} answered");
        answered.ShouldBeGreaterThan(100);
    }

    private static TestChain Living() => new TestChain().WithDevice().WithConsent().WithPolicy(1).WithKey(1);

    private static Checked<ProvenFact> Ask(TestChain chain, Asked fact, JsonObject raw, ConfiguredContract[]? contracts = null)
    {
        var header = Keccak256.HashData(chain.HeaderRlp());
        if (!RawProof.Read(Utf8(raw)).TryGet(out var proof, out var damage)) return damage;

        return proof.Open(header, [.. contracts ?? Configured]).TryGet(out var state, out damage) ? state.Ask(Device, fact) : damage;
    }
}
