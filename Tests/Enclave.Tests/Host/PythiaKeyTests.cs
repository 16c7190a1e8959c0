using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>What one enclave says of another's key, and that none speaks of its own.</summary>
public sealed class PythiaKeyTests(AnvilChain chain, ITestOutputHelper output) : PythiaKeyRules(chain, output, EnclaveKind.InProcess);

/// <inheritdoc cref="PythiaKeyTests"/>
public sealed class PythiaKeySocketTests(AnvilChain chain, ITestOutputHelper output) : PythiaKeyRules(chain, output, EnclaveKind.Socket);

/// <inheritdoc cref="PythiaKeyTests"/>
public abstract class PythiaKeyRules(AnvilChain chain, ITestOutputHelper output, EnclaveKind kind) : IClassFixture<AnvilChain>
{
    private const ulong NotAfter = 4_000_000_000;

    private static readonly Hash32 Device = Keccak256.HashData("device"u8);
    private static readonly Hash32 Measurement = Keccak256.HashData("measurement"u8);
    private static readonly Hash32 Configuration = Keccak256.HashData("configuration"u8);

    [Fact]
    public async Task Answer_AboutAnotherEnclavesKey_FollowsTheChain()
    {
        await using var other = RunningEnclave.Start(kind, chain.Options());
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        var keyId = await FingerprintAsync(other);
        (await At(enclave, await chain.MineAsync(), keyId)).ShouldBe("null");

        await StoreKeyAsync(keyId, status: 1);
        await StoreListAsync(StorageLayout.Measurement.MappingSlot, 7, Measurement);
        await StoreListAsync(StorageLayout.Configuration.MappingSlot, 8, Configuration);
        (await At(enclave, await chain.MineAsync(), keyId)).ShouldBe($"[1, {NotAfter}, {Measurement}, 0x{new string('5', 32)}]");

        await StoreListAsync(StorageLayout.Measurement.MappingSlot, 7, Hash32.Zero);
        (await At(enclave, await chain.MineAsync(), keyId)).ShouldBe($"[4, {NotAfter}, {Hash32.Zero}, 0x{new string('5', 32)}]");

        await StoreKeyAsync(keyId, status: 2);
        (await At(enclave, await chain.MineAsync(), keyId)).ShouldStartWith("[2, ");
    }

    [Fact]
    public async Task Answer_AboutItsOwnKey_IsRefused()
    {
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        await enclave.HeadAtAsync(await chain.BlockNumberAsync());
        var keyId = await FingerprintAsync(enclave);
        await StoreKeyAsync(keyId, status: 1);
        await enclave.HeadAtAsync(await chain.MineAsync());
        (await enclave.RefusedAsync(Device, Fact.PythiaKey(keyId))).Reason.ShouldBe(RefusalReason.OwnKey);

        // Beside another question, and for the proof, it is the same.
        var request = new Request(Question.Create(Device, 0, Fact.OwnerOf, Fact.PythiaKey(keyId)), null, 0);
        (await enclave.Enclave.AnswerAsync(request.Encode())).Refusal!.Reason.ShouldBe(RefusalReason.OwnKey);
    }

    [Fact]
    public async Task Answer_AboutAKey_FitsInto200Bytes()
    {
        await using var other = RunningEnclave.Start(kind, chain.Options());
        await using var enclave = RunningEnclave.Start(kind, chain.Options());
        var keyId = await FingerprintAsync(other);
        await StoreKeyAsync(keyId, status: 1);
        await StoreListAsync(StorageLayout.Measurement.MappingSlot, 7, Measurement);
        await enclave.HeadAtAsync(await chain.MineAsync());
        var reply = await enclave.Enclave.AnswerAsync(new Request(Question.Create(Device, 0, Fact.PythiaKey(keyId)), [1, 2, 3, 4, 5, 6, 7, 8], 0).Encode());
        var body = await enclave.CheckAsync(reply.Answer, new Request(Question.Create(Device, 0, Fact.PythiaKey(keyId)), [1, 2, 3, 4, 5, 6, 7, 8], 0));

        // On a chain of some years the number takes five bytes.
        var later = reply.Answer.Length - NumberBytes(body.Block) + NumberBytes(uint.MaxValue);
        output.WriteLine($"answer {reply.Answer.Length} B at block {body.Block}, {later} B at block {uint.MaxValue}");
        later.ShouldBeLessThanOrEqualTo(200);
    }

    private static int NumberBytes(ulong number) => number switch { < 24 => 1, <= byte.MaxValue => 2, <= ushort.MaxValue => 3, <= uint.MaxValue => 5, _ => 9 };

    private static async Task<string> At(RunningEnclave enclave, ulong block, Hash32 keyId)
    {
        await enclave.HeadAtAsync(block);
        return (await enclave.AskAsync(Device, Fact.PythiaKey(keyId), block)).Results[0].ToString();
    }

    private static async Task<Hash32> FingerprintAsync(RunningEnclave enclave)
        => Es256Key.ComputeFingerprint((await enclave.Enclave.IdentifyAsync()).SigningKey.Span);

    private Task StoreKeyAsync(Hash32 keyId, byte status)
    {
        var word = new byte[32];
        Put(word, StorageLayout.EnclaveKey.Status, [status]);
        Put(word, StorageLayout.EnclaveKey.NotAfter, Hash32.FromUInt64(NotAfter).ToArray().AsSpan(27).ToArray());
        Put(word, StorageLayout.EnclaveKey.Measurement, [0, 0, 0, 7]);
        Put(word, StorageLayout.EnclaveKey.Configuration, [0, 0, 0, 8]);
        Put(word, StorageLayout.EnclaveKey.Operator, [.. Enumerable.Repeat((byte)0x55, 16)]);
        return chain.StoreAsync(AnvilChain.PythiaRegistry, SlotMath.OfMapping(keyId, StorageLayout.EnclaveKey.MappingSlot), Hash32.FromSpan(word), keyId);
    }

    private Task StoreListAsync(ulong mapping, ulong index, Hash32 value)
        => chain.StoreAsync(AnvilChain.PythiaRegistry, SlotMath.OfMapping(Hash32.FromUInt64(index), mapping), value, Hash32.FromUInt64(index));

    private static void Put(byte[] word, StorageMember member, byte[] value) => value.CopyTo(word, 32 - member.Offset - member.Size);
}
