using Pythia.Enclave.Host.Heads;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>An answer without a nonce may be given to many, but never under another head than its own.</summary>
public sealed class StoredAnswersTests(AnvilChain chain) : StoredAnswersRules(chain, EnclaveKind.InProcess);

/// <inheritdoc cref="StoredAnswersTests"/>
public sealed class StoredAnswersSocketTests(AnvilChain chain) : StoredAnswersRules(chain, EnclaveKind.Socket);

/// <inheritdoc cref="StoredAnswersTests"/>
public abstract class StoredAnswersRules(AnvilChain chain, EnclaveKind kind) : IClassFixture<AnvilChain>
{
    private static readonly Address Owner = Address.Parse("0x00000000000000000000000000000000000000aa");

    [Fact]
    public async Task Answer_SameQuestionWithoutNonce_IsTheSameBytesUntilTheHeadMoves()
    {
        var device = Keccak256.HashData("shared"u8);
        await chain.StoreDeviceAsync(device, Owner, status: 1);
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(await chain.MineAsync());
        var request = new Request(Question.Create(device, 0, Fact.OwnerOf), null, 0);

        // ES256 takes a new random number each time: only what was kept comes twice.
        var first = (await enclave.Enclave.AnswerAsync(request.Encode())).Answer;
        var second = (await enclave.Enclave.AnswerAsync(request.Encode())).Answer;
        second.Span.SequenceEqual(first.Span).ShouldBeTrue();
        (await enclave.CheckAsync(first, request)).Results[0].ShouldBe(FactResult.Single(FactValue.Of(Owner)));

        await chain.StoreDeviceAsync(device, Owner, status: 3);
        var retired = await chain.MineAsync();
        await enclave.HeadAtAsync(retired);
        var third = await enclave.CheckAsync((await enclave.Enclave.AnswerAsync(request.Encode())).Answer, request);
        third.Block.ShouldBeGreaterThanOrEqualTo(retired);
        third.Results[0].IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task Answer_SameQuestionWithNonce_IsSignedAnewEachTime()
    {
        var device = Keccak256.HashData("fresh"u8);
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(await chain.MineAsync());
        var request = new Request(Question.Create(device, 0, Fact.OwnerOf), [1, 2, 3, 4, 5, 6, 7, 8], 0).Encode();

        var first = (await enclave.Enclave.AnswerAsync(request)).Answer;
        (await enclave.Enclave.AnswerAsync(request)).Answer.Span.SequenceEqual(first.Span).ShouldBeFalse();
    }

    [Fact]
    public async Task Answer_SameQuestionAfterTheKeysTurned_IsSignedByTheNewKey()
    {
        var time = new HurriedTime();
        await using var enclave = RunningEnclave.Start(chain.Options(), time);
        await enclave.HeadAtAsync(await chain.MineAsync());
        var request = new Request(Question.Create(Keccak256.HashData("turned"u8), 0, Fact.OwnerOf), null, 0);
        var first = (await enclave.Enclave.AnswerAsync(request.Encode())).Answer;
        await enclave.CheckAsync(first, request);

        time.Advance(TimeSpan.FromHours(23));
        var announced = (await enclave.Enclave.IdentifyAsync()).Next.ShouldNotBeNull();
        (await enclave.Enclave.AnswerAsync(request.Encode())).Answer.Span.SequenceEqual(first.Span).ShouldBeTrue("the old key signs until its end");

        time.Advance(TimeSpan.FromHours(1));
        var later = (await enclave.Enclave.AnswerAsync(request.Encode())).Answer;
        await enclave.CheckAsync(later, request);
        SignedAnswer.Decode(later.Span, out var signed).ShouldBe(SignedAnswerError.None);
        signed!.KeyId.ShouldBe(announced.KeyId.ToArray());
    }

    [Fact]
    public void AnswersBy_GenerationThatEnded_KeepsNothing()
    {
        var head = new HeadState(new Proofs.TestChain().Header(), AssuranceLevel.Development, chain.Options().ToConfiguration().Contracts);
        var second = head.AnswersBy(2).ShouldNotBeNull();
        head.AnswersBy(1).ShouldBeNull();
        head.AnswersBy(2).ShouldBeSameAs(second);
    }

    [Fact]
    public void Add_MoreThanTheMost_KeepsNoMore()
    {
        var answers = new StoredAnswers(1);
        for (var i = 0; i <= StoredAnswers.Most; i++)
        {
            answers.Add(BitConverter.GetBytes(i), [1]);
        }

        answers.TryGet(BitConverter.GetBytes(StoredAnswers.Most - 1), out _).ShouldBeTrue();
        answers.TryGet(BitConverter.GetBytes(StoredAnswers.Most), out _).ShouldBeFalse();
    }
}

/// <summary>The system's time, with hours added to its timestamps when a test says so.</summary>
internal sealed class HurriedTime : TimeProvider
{
    private long _ahead;

    public override long GetTimestamp() => System.GetTimestamp() + Volatile.Read(ref _ahead);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));
}
