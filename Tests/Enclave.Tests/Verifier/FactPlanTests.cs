using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using static Pythia.Enclave.Tests.Proofs.TestChain;
using Asked = Pythia.Enclave.Verifier.Facts.Fact;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>From words to results: what each fact says, and everything that makes it null.</summary>
public sealed class FactPlanTests
{
    private static readonly Asked MayCommand = Asked.CommandAllowed(Grantee, Scope);
    private static readonly Asked TermsOf = Asked.Consent(Grantee, Scope);

    [Fact]
    public void OwnerOf_ActiveOrFrozenDevice_IsItsOwner()
    {
        new TestChain().WithDevice(status: 1).Answer(Asked.OwnerOf).ShouldBe(FactResult.Single(FactValue.Of(Owner)));
        new TestChain().WithDevice(status: 2).Answer(Asked.OwnerOf).ShouldBe(FactResult.Single(FactValue.Of(Owner)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(255)]
    public void OwnerOf_DeviceThatIsRetiredOrOfUnknownStatus_IsNull(int status)
        => new TestChain().WithDevice(status).Answer(Asked.OwnerOf).ShouldBe(FactResult.Null);

    [Fact]
    public void AnyFact_NothingOnTheChain_IsNull()
    {
        foreach (var fact in new[] { Asked.OwnerOf, Asked.DeviceStatus, TermsOf, MayCommand, Asked.PolicyStatus(Policy), Asked.PythiaKey(Scope) })
            new TestChain().Answer(fact).ShouldBe(FactResult.Null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void DeviceStatus_KnownStatus_IsStatusEpochAndCounter(int status)
        => new TestChain().WithDevice(status, epoch: 0x1234567, securityCounter: 0xabcdef012345).Answer(Asked.DeviceStatus)
            .ShouldBe(FactResult.ArrayOf(FactValue.Of((ulong)status), FactValue.Of(0x1234567), FactValue.Of(0xabcdef012345)));

    [Fact]
    public void DeviceStatus_UnknownStatus_IsNull() => new TestChain().WithDevice(status: 4).Answer(Asked.DeviceStatus).ShouldBe(FactResult.Null);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    public void Consent_OfAnActiveDevice_IsItsTerms(int status, int kind)
        => new TestChain().WithDevice().WithConsent(status, kind, notBefore: 17, notAfter: 0xfffffffff0).Answer(TermsOf).ShouldBe(
            FactResult.ArrayOf(FactValue.Of((ulong)status), FactValue.Of((ulong)kind), FactValue.Of(17), FactValue.Of(0xfffffffff0), FactValue.Of(Policy)));

    [Fact]
    public void Consent_BelowTheFloor_IsRevoked()
    {
        new TestChain().WithDevice().WithConsent(grantEpoch: 5).WithFloor(5).Answer(TermsOf).Values[0].Number.ShouldBe(2UL);
        new TestChain().WithDevice().WithConsent(grantEpoch: 5).WithFloor(6).Answer(TermsOf).Values[0].Number.ShouldBe(3UL);
        new TestChain().WithDevice().WithConsent(status: 1, grantEpoch: 5).WithFloor(6).Answer(TermsOf).Values[0].Number.ShouldBe(3UL);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(4, 2)]
    [InlineData(2, 0)]
    [InlineData(2, 3)]
    public void ConsentAndCommandAllowed_UnknownStatusOrKind_AreNull(int status, int kind)
    {
        var chain = new TestChain().WithDevice().WithConsent(status, kind);
        chain.Answer(TermsOf).ShouldBe(FactResult.Null);
        chain.Answer(MayCommand).ShouldBe(FactResult.Null);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ConsentAndCommandAllowed_DeviceThatIsNotActive_AreNull(int status)
    {
        var chain = new TestChain().WithDevice(status).WithConsent();
        chain.Answer(TermsOf).ShouldBe(FactResult.Null);
        chain.Answer(MayCommand).ShouldBe(FactResult.Null);
    }

    [Fact]
    public void ConsentAndCommandAllowed_DeviceMovedOnToAnotherEpoch_AreNull()
    {
        var chain = new TestChain().WithDevice(epoch: 4).WithConsent(epoch: 3);
        chain.Answer(TermsOf).ShouldBe(FactResult.Null);
        chain.Answer(MayCommand).ShouldBe(FactResult.Null);
    }

    [Fact]
    public void CommandAllowed_LivingCommandConsent_IsOneAndItsEnd()
        => new TestChain().WithDevice().WithConsent(notAfter: Now + 10).Answer(MayCommand).ShouldBe(FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(Now + 10)));

    [Theory]
    [InlineData(Now - 11, false)]
    [InlineData(Now - 10, true)]
    [InlineData(Now + 10, true)]
    [InlineData(Now + 11, false)]
    public void CommandAllowed_AtTheEndsOfTheWindow_CountsBothEndsIn(ulong blockTime, bool allowed)
        => new TestChain().WithDevice().WithConsent().Answer(MayCommand, blockTime).IsNull.ShouldBe(!allowed);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(2, 1)]
    public void CommandAllowed_OfferedRevokedOrDataConsent_IsNull(int status, int kind)
        => new TestChain().WithDevice().WithConsent(status, kind).Answer(MayCommand).ShouldBe(FactResult.Null);

    [Fact]
    public void CommandAllowed_FloorAboveTheGrant_IsNull()
    {
        new TestChain().WithDevice().WithConsent(grantEpoch: 5).WithFloor(5).Answer(MayCommand).IsNull.ShouldBeFalse();
        new TestChain().WithDevice().WithConsent(grantEpoch: 5).WithFloor(6).Answer(MayCommand).ShouldBe(FactResult.Null);
        new TestChain().WithDevice().WithConsent(grantEpoch: 5).WithFloor(ulong.MaxValue).Answer(MayCommand).ShouldBe(FactResult.Null);
    }

    [Fact]
    public void CommandAllowed_FloorOfAnotherOwnerOrGrantee_SaysNothing()
        => new TestChain().WithDevice().WithConsent().WithFloor(99, owner: Grantee).WithFloor(99, grantee: Owner).Answer(MayCommand).IsNull.ShouldBeFalse();

    [Fact]
    public void CommandAllowed_OtherCommanderOrScope_IsNull()
    {
        var chain = new TestChain().WithDevice().WithConsent();
        chain.Answer(Asked.CommandAllowed(Owner, Scope)).ShouldBe(FactResult.Null);
        chain.Answer(Asked.CommandAllowed(Grantee, Policy)).ShouldBe(FactResult.Null);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void PolicyStatus_AnyStatus_IsItOrNull(int status, bool known)
        => new TestChain().WithPolicy(status).Answer(Asked.PolicyStatus(Policy)).ShouldBe(known ? FactResult.ArrayOf(FactValue.Of((ulong)status)) : FactResult.Null);

    [Theory]
    [InlineData(1, Now, true, true, 1)]
    [InlineData(1, Now - 1, true, true, 5)]
    [InlineData(1, Now, false, true, 4)]
    [InlineData(1, Now, true, false, 4)]
    [InlineData(1, Now - 1, false, false, 4)]
    [InlineData(2, Now - 1, false, true, 2)]
    [InlineData(3, Now, true, false, 3)]
    public void PythiaKey_AnyState_IsItsStatusAtTheBlocksTime(int stored, ulong notAfter, bool measurement, bool configuration, ulong expected)
        => new TestChain().WithKey(stored, notAfter, measurement, configuration).Answer(Asked.PythiaKey(Scope)).ShouldBe(FactResult.ArrayOf(
            FactValue.Of(expected), FactValue.Of(notAfter), FactValue.Of(measurement ? Device : Hash32.Zero), FactValue.Of(Policy.ToArray().AsSpan(0, 16))));

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(255)]
    public void PythiaKey_UnknownStatus_IsNull(int stored) => new TestChain().WithKey(stored).Answer(Asked.PythiaKey(Scope)).ShouldBe(FactResult.Null);

    [Fact]
    public void PythiaKey_OfAnotherId_IsNull() => new TestChain().WithKey(1).Answer(Asked.PythiaKey(Policy)).ShouldBe(FactResult.Null);

    [Fact]
    public void Plan_EveryFact_StaysInItsBudgetOfSlotsAndContracts()
    {
        var chain = new TestChain().WithDevice().WithConsent().WithPolicy(1).WithKey(1);
        foreach (var definition in FactTable.Definitions)
        {
            FactValue[] arguments = [.. definition.Arguments.Select(argument => argument.Bytes == 20 ? FactValue.Of(Grantee) : FactValue.Of(argument.Name == "policy" ? Policy : Scope))];
            var fact = Asked.TryCreate((ulong)definition.Kind, arguments, out _).ShouldNotBeNull();
            fact.ToArguments().ShouldBe(arguments);

            var asked = new List<SlotRequest>();
            var plan = FactPlan.Start(Device, fact, Now);
            for (; !plan.IsDone; plan = plan.Supply([.. plan.Needs.Select(need => chain[need])])) asked.AddRange(plan.Needs);

            plan.Result.IsNull.ShouldBeFalse($"{definition.Kind}");
            asked.Count.ShouldBe(definition.MaxSlots, $"{definition.Kind}");
            asked.Count.ShouldBeLessThanOrEqualTo(FactTable.MaxSlotsOfAFact);
            asked.Select(each => each.Contract).Distinct().ShouldBe(definition.Contracts, $"{definition.Kind}");
        }
    }

    [Fact]
    public void Definitions_Numbers_AreThoseOfTheArchitecture()
        => FactTable.Definitions.Select(each => $"{(int)each.Kind} {each.Kind}").ShouldBe(["1 OwnerOf", "2 DeviceStatus", "3 Consent", "4 CommandAllowed", "5 PolicyStatus", "6 PythiaKey"]);

    [Fact]
    public void TryCreate_UnknownNumberOrOtherArguments_SaysWhatIsWrong()
    {
        Refusal(0).ShouldBe("fact 0 found, 1 to 6 expected");
        Refusal(7).ShouldBe("fact 7 found, 1 to 6 expected");
        Refusal(ulong.MaxValue).ShouldBe($"fact {ulong.MaxValue} found, 1 to 6 expected");
        Refusal(1, FactValue.Of(1)).ShouldBe("fact OwnerOf: 1 arguments found, 0 expected");
        Refusal(4, FactValue.Of(Grantee)).ShouldBe("fact CommandAllowed: 1 arguments found, 2 expected");
        Refusal(4, FactValue.Of(Scope), FactValue.Of(Grantee)).ShouldBe("fact CommandAllowed: commander has 32 bytes, 20 expected");
        Refusal(5, FactValue.Of(7)).ShouldBe("fact PolicyStatus: policy is a number, 32 bytes expected");
    }

    [Fact]
    public void SlotMath_KnownMapping_IsSoliditysSlot()
    {
        // keccak256 of 64 zero bytes; and of 1 ‖ 0: the slot that light-client/devnet/cap/eth_getProof.json asks for.
        SlotMath.OfMapping(Hash32.Zero, 0).ToString().ShouldBe("0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5");
        SlotMath.OfMapping(Hash32.FromUInt64(1), 0).ToString().ShouldBe("0xada5013122d395ba3c54772283fb069b10426056ef8ca54750cb9bb552a59e7d");
        SlotMath.Add(Hash32.FromSpan(Enumerable.Repeat((byte)0xff, 32).ToArray()), 2).ShouldBe(Hash32.FromUInt64(1));
        SlotMath.Add(Hash32.FromUInt64(0xff_ffff), 1).ShouldBe(Hash32.FromUInt64(0x100_0000));
    }

    private static string? Refusal(ulong number, params FactValue[] arguments)
    {
        Asked.TryCreate(number, arguments, out var problem).ShouldBeNull();
        return problem;
    }
}
