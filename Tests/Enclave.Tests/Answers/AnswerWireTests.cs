using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Answers;

/// <summary>Bytes on the wire, held to what another encoder and signer wrote.</summary>
public sealed class AnswerWireTests(ITestOutputHelper output)
{
    private const int MostBytesOfOneFact = 200;

    public static TheoryData<string> Names => [.. AnswerVectors.Shared.Answers.Select(answer => answer.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Vector_RequestAndAnswer_AreReadAndWrittenByteForByte(string name)
    {
        var vector = AnswerVectors.Shared.Find(name);
        var request = vector.DecodeRequest();
        request.Encode().ShouldBe(vector.RequestBytes);

        SignedAnswer.Decode(vector.AnswerBytes, out var signed).ShouldBe(SignedAnswerError.None);
        signed!.Encode().ShouldBe(vector.AnswerBytes);
        AnswerBody.Decode(signed.Body, out var body).ShouldBe(CborError.None);
        body!.Encode().ShouldBe(signed.Body);
        Convert.ToHexStringLower(signed.KeyId).ShouldBe(AnswerVectors.Shared.KeyId);
        body.Block.ShouldBe(42UL);
        body.UnixSeconds.ShouldBe(1_800_000_000UL);
        $"[{string.Join(",", body.Results)}]".Replace(" ", "", StringComparison.Ordinal)
            .ShouldBe(vector.Results.Replace("\"", "", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Vector_SignatureByAnotherImplementation_Holds(string name)
    {
        var vector = AnswerVectors.Shared.Find(name);
        using var key = AnswerVectors.Shared.ImportKey();
        var verdict = AnswerCheck.Check(vector.AnswerBytes, vector.DecodeRequest(), key, AnswerVectors.Shared.Config);
        verdict.Fault.ShouldBe(AnswerFault.None, verdict.Detail);
    }

    [Fact]
    public void Answer_OfOneFact_FitsInto200Bytes()
    {
        foreach (var vector in AnswerVectors.Shared.Answers)
        {
            var facts = vector.DecodeRequest().Question.Facts.Length;
            output.WriteLine($"{vector.Name}: request {vector.RequestBytes.Length} B, answer {vector.AnswerBytes.Length} B");
            if (facts == 1)
            {
                vector.AnswerBytes.Length.ShouldBeLessThanOrEqualTo(MostBytesOfOneFact, vector.Name);
            }
        }
    }

    [Fact]
    public void Answer_ConsentWithLargestNumbers_FitsInto200Bytes()
    {
        // Times of uint40, a block of uint64: the longest that one fact can get on the chains there are.
        var consent = FactResult.ArrayOf(
            FactValue.Of(3), FactValue.Of(2), FactValue.Of((1UL << 40) - 1), FactValue.Of((1UL << 40) - 1), FactValue.Of(Hash32.FromUInt64(1)));
        var body = new AnswerBody(uint.MaxValue, uint.MaxValue, Hash32.Zero, 3, [1, 2, 3, 4, 5, 6, 7, 8], [consent]);
        new SignedAnswer(new byte[8], body.Encode(), new byte[64]).Encode().Length.ShouldBeLessThanOrEqualTo(MostBytesOfOneFact);
    }

    [Fact]
    public void ConfigurationHash_Vector_IsTheSameInAnyOrderOfContracts()
    {
        var configuration = AnswerVectors.Shared.Configuration.ToConfiguration();
        configuration.ComputeHash().ShouldBe(AnswerVectors.Shared.Config);
        (configuration with { Contracts = [.. configuration.Contracts.Reverse()] }).ComputeHash().ShouldBe(AnswerVectors.Shared.Config);
    }

    [Fact]
    public void ConfigurationHash_AnyPartChanged_Differs()
    {
        var configuration = AnswerVectors.Shared.Configuration.ToConfiguration();
        var contract = configuration.Contracts[0];
        EnclaveConfiguration[] others =
        [
            configuration with { ChainId = 1 },
            configuration with { GenesisHash = Hash32.Zero },
            configuration with { Level = 1 },
            configuration with { Contracts = configuration.Contracts.RemoveAt(2) },
            configuration with { Contracts = configuration.Contracts.SetItem(0, contract with { CodeHash = Hash32.Zero }) },
            configuration with { Contracts = configuration.Contracts.SetItem(0, contract with { Address = Address.Zero }) },
            configuration with { Contracts = configuration.Contracts.SetItem(0, contract with { Name = "DeviceRegistrz" }) },
        ];
        others.Select(other => Convert.ToHexString(other.ComputeHash())).Append(AnswerVectors.Shared.ConfigurationHash).Distinct().Count().ShouldBe(8);
    }

    [Fact]
    public void Problem_Encoded_IsReadAgainAndCutAt240Characters()
    {
        var problem = new ConciseProblem(7, "ProofInvalid", "account proof cut short", 0xA3);
        var encoded = problem.Encode();
        CborCheck.Check(encoded, ConciseProblem.MaxBytes).ShouldBe(CborError.None);
        ConciseProblem.Decode(encoded, out var read).ShouldBe(CborError.None);
        read.ShouldBe(problem);

        ConciseProblem.Decode((problem with { Detail = new string('x', 500) }).Encode(), out var cut).ShouldBe(CborError.None);
        cut!.Detail.Length.ShouldBe(240);
        ConciseProblem.Decode(new CborWriter().Map(0).Written, out _).ShouldBe(CborError.UnexpectedItem);
    }
}
