using Pythia.Contracts.Registries;
using Pythia.Enclave.Host.Keys;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>A key's own word that it ends: what it says, that it is the last, and that nobody gets another out of it.</summary>
public sealed class OwnRevocationTests : IDisposable
{
    private const ulong ChainId = 31337;

    private static readonly Address Registry = Address.Parse("0x00000000000000000000000000000000000000cc");
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(1);
    private static readonly byte[] Configuration = new byte[32];
    private static readonly Question Asked = Question.Create(Keccak256.HashData("device"u8), 0, Fact.OwnerOf);

    private readonly ManualTimeProvider _time = new();
    private readonly KeyRing _ring;

    public OwnRevocationTests() => _ring = new KeyRing(Lifetime, Overlap, _time, (_, _) => { });

    public void Dispose() => _ring.Dispose();

    [Fact]
    public void ToBeSigned_IsWhatTheContractHashes()
    {
        var key = Keccak256.HashData("x"u8).ToArray().Concat(Keccak256.HashData("y"u8).ToArray()).ToArray();
        OwnRevocation.ToBeSigned(ChainId, Registry, key).ShouldBe(EnclaveKeyCalls.OwnRevocation(ChainId, Registry, Es256Key.ComputeFingerprint(key)));
        OwnRevocation.ToBeSigned(ulong.MaxValue, Registry, key).Length.ShouldBe(103);
    }

    [Fact]
    public void Revoke_CurrentKeys_SignLastThatTheyEndAndOthersSignAtOnce()
    {
        var old = _ring.Current;
        var ended = _ring.Revoke(old.Signer.KeyId, ChainId, Registry).ShouldNotBeNull();
        ended.SigningKey.ShouldBe(old.Signer.PublicKey);
        OwnRevocation.IsSigned(ChainId, Registry, ended.SigningKey, ended.Signature).ShouldBeTrue();
        OwnRevocation.IsSigned(ChainId + 1, Registry, ended.SigningKey, ended.Signature).ShouldBeFalse();

        old.Signer.TrySign([1], Configuration, Asked, out _).ShouldBeFalse("it has said that it ends");
        old.Signer.EndWithOwnRevocation(ChainId, Registry).ShouldBeNull();
        var (current, next) = _ring.Describe();
        (current.Generation, current.EndsIn, next).ShouldBe((2UL, Lifetime, null));
        _ring.Current.Signer.TrySign([1], Configuration, Asked, out _).ShouldBeTrue();
        _ring.Find(ended.KeyId).ShouldBeNull();
    }

    [Fact]
    public async Task Revoke_SigningThatThrew_HoldsUpNobody()
    {
        var signer = _ring.Current.Signer;
        Should.Throw<NullReferenceException>(() => signer.TrySign([1], Configuration, null!, out _));
        var revoked = Task.Run(() => _ring.Revoke(signer.KeyId, ChainId, Registry));
        (await revoked.WaitAsync(TimeSpan.FromSeconds(20))).ShouldNotBeNull();
    }

    [Fact]
    public void Revoke_AskedAgain_SaysTheSameAndEndsNobodyElse()
    {
        var keyId = _ring.Current.Signer.KeyId;
        var first = _ring.Revoke(keyId, ChainId, Registry)!;
        var second = _ring.Revoke(keyId, ChainId, Registry)!;
        second.Signature.ShouldBe(first.Signature);
        _ring.Describe().Current.Generation.ShouldBe(2UL);
        _ring.Revoke(new byte[8], ChainId, Registry).ShouldBeNull("keys that never were");
        _ring.Revoke([], ChainId, Registry).ShouldBeNull("no id is no keys");
        _ring.Describe().Current.Generation.ShouldBe(2UL);
    }

    [Fact]
    public void Revoke_InTheOverlap_TheAnnouncedKeysSignForAWholeLifetime()
    {
        _time.Advance(Lifetime - Overlap);
        var announced = _ring.Describe().Next!;
        _ring.Revoke(_ring.Current.Signer.KeyId, ChainId, Registry).ShouldNotBeNull();
        var (current, next) = _ring.Describe();
        (current.KeyId.ToArray().SequenceEqual(announced.KeyId.ToArray()), current.EndsIn, next).ShouldBe((true, Lifetime, null));
    }

    [Fact]
    public void Revoke_AnnouncedKeys_OthersAreAnnouncedForAWholeOverlap()
    {
        _time.Advance(Lifetime - (Overlap / 2));
        _ring.Describe();
        _time.Advance(Overlap / 2);
        var announced = _ring.Describe().Next!;
        var ended = _ring.Revoke(announced.KeyId.Span, ChainId, Registry).ShouldNotBeNull();
        OwnRevocation.IsSigned(ChainId, Registry, announced.SigningKey.Span, ended.Signature).ShouldBeTrue();
        var (current, next) = _ring.Describe();
        (current.Generation, next!.Generation, next.SignsIn).ShouldBe((1UL, 3UL, Overlap), "a generation's number is never used again");
        _ring.Current.Signer.TrySign([1], Configuration, Asked, out _).ShouldBeTrue();
    }

    [Fact]
    public void Revoke_KeysThatHaveRotatedAway_IsNothing()
    {
        var keyId = _ring.Current.Signer.KeyId;
        _time.Advance(Lifetime - Overlap);
        _ring.Describe();
        _time.Advance(Overlap);
        _ring.Revoke(keyId, ChainId, Registry).ShouldBeNull();
    }

    [Fact]
    public async Task EndWithOwnRevocation_UnderLoad_NothingIsSignedAfterIt()
    {
        for (var round = 0; round < 20; round++)
        {
            using var signer = new AnswerSigner();
            using var begun = new CountdownEvent(4);
            var ended = 0;
            var after = 0;
            var signing = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                begun.Signal();
                while (true)
                {
                    var hadEnded = Volatile.Read(ref ended) == 1;
                    if (!signer.TrySign([7], Configuration, Asked, out var _)) return;
                    if (hadEnded) Interlocked.Increment(ref after);
                }
            })).ToArray();
            begun.Wait();
            var word = signer.EndWithOwnRevocation(ChainId, Registry).ShouldNotBeNull();
            Volatile.Write(ref ended, 1);
            await Task.WhenAll(signing).WaitAsync(TimeSpan.FromSeconds(20));
            after.ShouldBe(0);
            OwnRevocation.IsSigned(ChainId, Registry, signer.PublicKey, word).ShouldBeTrue();
        }
    }
}
