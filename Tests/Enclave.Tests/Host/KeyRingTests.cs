using System.Security.Cryptography;
using Pythia.Enclave.Host.Keys;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>Keys come, are announced, sign and end; none signs after its end, whoever holds it.</summary>
public sealed class KeyRingTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(1);
    private static readonly byte[] Configuration = new byte[32];
    private static readonly Question Asked = Question.Create(Keccak256.HashData("device"u8), 0, Fact.OwnerOf);

    private readonly ManualTimeProvider _time = new();
    private readonly List<(ulong Made, ulong? Ended)> _turns = [];
    private readonly KeyRing _ring;

    public KeyRingTests() => _ring = new KeyRing(Lifetime, Overlap, _time, (made, ended) => _turns.Add((made.Number, ended?.Number)));

    public void Dispose() => _ring.Dispose();

    [Fact]
    public void Describe_BeforeTheOverlap_IsOneGenerationWithItsTime()
    {
        var (current, next) = _ring.Describe();
        next.ShouldBeNull();
        (current.Generation, current.SignsIn, current.EndsIn).ShouldBe((1UL, TimeSpan.Zero, Lifetime));
        current.KeyId.ToArray().ShouldBe(SHA256.HashData(current.SigningKey.Span)[..8]);
        current.AgreementKey.ToArray().ShouldNotBe(current.SigningKey.ToArray());
    }

    [Fact]
    public void Turn_FromTheOverlapOn_NextIsThereAndTheOldOneSigns()
    {
        var first = _ring.Current;
        _time.Advance(Lifetime - Overlap - TimeSpan.FromSeconds(1));
        _ring.Describe().Next.ShouldBeNull();

        _time.Advance(TimeSpan.FromSeconds(1));
        var (current, next) = _ring.Describe();
        (current.Generation, current.EndsIn).ShouldBe((1UL, Overlap));
        next.ShouldNotBeNull();
        (next.Generation, next.SignsIn, next.EndsIn).ShouldBe((2UL, Overlap, Overlap + Lifetime));
        _ring.Current.ShouldBeSameAs(first);
        _ring.Find(next.KeyId.Span)!.Number.ShouldBe(2UL);
        _turns.ShouldBe([(2UL, null)]);
    }

    [Fact]
    public void Turn_AtTheEnd_TheAnnouncedKeysSignAndTheOldOnesAreGone()
    {
        var old = _ring.Current;
        _time.Advance(Lifetime - Overlap);
        var announced = _ring.Describe().Next!;
        _time.Advance(Overlap);

        _ring.Current.Signer.KeyId.ShouldBe(announced.KeyId.ToArray());
        _ring.Describe().Next.ShouldBeNull();
        _ring.Find(old.Signer.KeyId).ShouldBeNull();
        _turns.ShouldBe([(2UL, null), (2UL, 1UL)]);
        old.Signer.TrySign([1], Configuration, Asked, out _).ShouldBeFalse("a key that has ended signs nothing");
        _ring.Current.Signer.TrySign([1], Configuration, Asked, out _).ShouldBeTrue();
    }

    [Fact]
    public void Turn_ThatComesLongAfterTheEnd_AnnouncesForAWholeOverlapAllTheSame()
    {
        _time.Advance(Lifetime + Lifetime);
        var (current, next) = _ring.Describe();
        (current.Generation, current.EndsIn, next!.SignsIn).ShouldBe((1UL, Overlap, Overlap));
        _time.Advance(Overlap);
        _ring.Describe().Current.Generation.ShouldBe(2UL);
    }

    [Fact]
    public async Task TrySign_WhileTheKeyEnds_IsAValidSignatureOrNone()
    {
        for (var round = 0; round < 20; round++)
        {
            using var signer = new AnswerSigner();
            using var key = Es256Key.TryImport(signer.PublicKey)!;
            using var begun = new CountdownEvent(4);
            var refused = 0;
            var signing = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                begun.Signal();
                while (signer.TrySign([7], Configuration, Asked, out var answer))
                {
                    SignedAnswer.Decode(answer, out var signed).ShouldBe(SignedAnswerError.None);
                    key.Verify(SignedAnswer.ToBeSigned(signed!.KeyId, signed.Body, Configuration, Asked.Encoded.Span), signed.Signature).ShouldBeTrue();
                }

                Interlocked.Increment(ref refused);
            })).ToArray();
            begun.Wait();
            signer.Dispose();
            await Task.WhenAll(signing);
            refused.ShouldBe(4);
        }
    }

    [Fact]
    public void Dispose_Ring_EndsBothGenerations()
    {
        _time.Advance(Lifetime - Overlap);
        var (current, next) = (_ring.Current, _ring.Find(_ring.Describe().Next!.KeyId.Span)!);
        _ring.Dispose();
        current.Signer.TrySign([1], Configuration, Asked, out _).ShouldBeFalse();
        next.Signer.TrySign([1], Configuration, Asked, out _).ShouldBeFalse();
    }
}
