using System.Collections.Concurrent;
using Pythia.Enclave.Tests.Proofs;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.OnChain;

/// <summary>The contract judges facts as the enclave does, byte for byte, over words that no contract would ever store as well.</summary>
public sealed class FactsOnChainTests(FactsChain chain, ITestOutputHelper output) : IClassFixture<FactsChain>
{
    private const int Worlds = 120;

    private static readonly EnclaveConfiguration Configuration = new(31337, Hash32.Zero, [.. TestChain.Configured], 0);

    private static readonly Fact[] Facts =
    [
        Fact.OwnerOf, Fact.DeviceStatus, Fact.Consent(TestChain.Grantee, TestChain.Scope), Fact.CommandAllowed(TestChain.Grantee, TestChain.Scope),
        Fact.PolicyStatus(TestChain.Policy), Fact.PythiaKey(TestChain.Scope),
    ];

    [Fact]
    public async Task ResultOf_AnyWords_IsWhatTheVerifierSays()
    {
        var random = Seeded.Start(output);
        var worlds = Plain().Concat(Enumerable.Range(0, Worlds).Select(i => World(random, wild: i % 5 == 0))).ToList();
        var results = new ConcurrentDictionary<(FactKind Kind, string Result), int>();
        await Parallel.ForEachAsync(worlds.SelectMany(world => Facts.Select(fact => (world, fact))), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (each, _) =>
        {
            var (said, expected) = await AskAsync(each.world, each.fact);
            said.Error.ShouldBeNull($"{each.fact.Kind}: {expected}");
            Convert.ToHexString(said.Value).ShouldBe(Convert.ToHexString(Encode(expected)), $"{each.fact.Kind}: {expected}");
            var kind = expected.IsNull ? "null" : expected.Shape == FactResultShape.Array ? expected.Values[0].ToString() : "value";
            results.AddOrUpdate((each.fact.Kind, kind), 1, (_, count) => count + 1);
        });

        // Every outcome that a fact can have came up, so that each was compared.
        (FactKind Kind, string[] Outcomes)[] all =
        [
            (FactKind.OwnerOf, ["null", "value"]), (FactKind.DeviceStatus, ["null", "1", "2", "3"]), (FactKind.Consent, ["null", "1", "2", "3"]),
            (FactKind.CommandAllowed, ["null", "1"]), (FactKind.PolicyStatus, ["null", "1", "2"]), (FactKind.PythiaKey, ["null", "1", "2", "3", "4", "5"]),
        ];
        foreach (var (kind, outcomes) in all)
            results.Keys.Where(key => key.Kind == kind).Select(key => key.Result).Order(StringComparer.Ordinal).ShouldBe(outcomes.Order(StringComparer.Ordinal), $"{kind}");
    }

    [Fact]
    public async Task BlockOf_HeadersOfEveryFork_IsWhatTheVerifierSays()
    {
        var headers = AnvilBlock.All().Select(block => block.Header()).ToList();
        headers.Count.ShouldBeGreaterThan(10);
        foreach (var header in headers)
        {
            var (error, hash, stateRoot, number, time) = await chain.BlockOfAsync(header.Rlp);
            (error, hash, stateRoot, number, time).ShouldBe((null, header.Hash, header.StateRoot, header.Number, header.UnixSeconds));
        }
    }

    [Fact]
    public async Task BlockOf_HeaderCutAnywhere_IsMalformed()
    {
        var rlp = AnvilBlock.All()[^1].Header().Rlp;
        for (var kept = 0; kept < rlp.Length; kept += 7) (await chain.BlockOfAsync(rlp[..kept])).Error.ShouldBe("HeaderMalformed", $"{kept} bytes");
    }

    [Fact]
    public async Task ChainIdOf_EveryConfigurationThatTheVerifierReads_IsRead()
    {
        var encoded = Configuration.Encode();
        EnclaveConfiguration.Decode(encoded, out var read).ShouldBe(CborError.None);
        read!.Encode().ShouldBe(encoded);
        (await chain.ChainIdOfAsync(encoded)).ShouldBe((null, 31337UL));
        for (var i = 0; i < encoded.Length; i++)
        {
            foreach (var damaged in (byte[][])[encoded[..i], [.. encoded[..i], (byte)(encoded[i] ^ (1 << (i % 8))), .. encoded[(i + 1)..]]])
            {
                var (error, chainId) = await chain.ChainIdOfAsync(damaged);
                var inCSharp = EnclaveConfiguration.Decode(damaged, out var other);

                // A changed letter of a name may leave UTF-8, which the contract does not look at: it compares whole names.
                if (inCSharp == CborError.InvalidText) continue;
                error.ShouldBe(inCSharp == CborError.None ? null : "CborMalformed", $"byte {i} of {encoded.Length}: {inCSharp}");
                chainId.ShouldBe(other?.ChainId ?? 0);
            }
        }
    }

    private async Task<(Said Said, FactResult Expected)> AskAsync(TestChain world, Fact fact)
        => (await chain.ResultOfAsync(Configuration.Encode(), world.HeaderRlp(), TestChain.Device, FactBytes(fact), Paths(world, fact)), world.Answer(fact));

    private static IReadOnlyList<AccountPath> Paths(TestChain world, Fact fact)
    {
        RawProof.Read(TestChain.Utf8(world.RawProof(fact))).TryGet(out var raw, out var damage).ShouldBeTrue($"{damage}");
        raw!.Open(world.Header().Hash, [.. TestChain.Configured]).TryGet(out var state, out damage).ShouldBeTrue($"{damage}");
        state!.Trace(TestChain.Device, fact).TryGet(out var paths, out damage).ShouldBeTrue($"{damage}");
        return paths!;
    }

    // [fact, arguments] as it stands in the question, whose head has 1 + 1 + 34 + 1 bytes and the array's one.
    private static byte[] FactBytes(Fact fact) => Question.Create(TestChain.Device, 0, fact).Encoded.Span[38..].ToArray();

    // The result as it stands in a body with one, behind 40 bytes.
    private static byte[] Encode(FactResult result) => new AnswerBody(0, 0, Hash32.Zero, 0, null, [result]).Encode()[40..];

    private static IEnumerable<TestChain> Plain()
    {
        for (var status = 0; status <= 5; status++)
        {
            yield return new TestChain().WithDevice().WithConsent(status).WithPolicy(status).WithKey(status);
            yield return new TestChain().WithDevice(status).WithConsent().WithKey(1, TestChain.Now - 1, measurement: status % 2 == 0);
        }

        yield return new TestChain();
    }

    private static TestChain World(Random random, bool wild)
    {
        var owner = random.Next(6) == 0 ? Address.Zero : TestChain.Owner;
        var floor = (ulong)random.Next(4, 7);
        var world = new TestChain()
            .WithDevice(random.Next(5) is var status && status > 3 ? 200 : random.Next(3) == 0 ? status : 1, epoch: 3, (ulong)random.NextInt64(1L << random.Next(1, 48)), owner)
            .WithConsent(
                random.Next(5), random.Next(4), TestChain.Now - 1 + (ulong)random.Next(3), TestChain.Now - 1 + (ulong)random.Next(3), grantEpoch: 5)
            .WithPolicy(random.Next(4))
            .WithKey(random.Next(6), TestChain.Now - 1 + (ulong)random.Next(3), random.Next(4) != 0, random.Next(4) != 0);
        if (random.Next(3) != 0) world.WithFloor(floor, owner);
        if (wild) Scramble(world, random);
        return world;
    }

    // Any 256 bits, in a word that is looked at first.
    private static void Scramble(TestChain world, Random random)
    {
        var bytes = new byte[32];
        random.NextBytes(bytes);
        if (random.Next(2) == 0) bytes[31] = (byte)random.Next(4);
        SlotRequest[] slots = [TestChain.DeviceSlot(TestChain.Device), TestChain.ConsentSlot(3), TestChain.FloorSlot(TestChain.Owner, TestChain.Grantee), TestChain.PolicySlot(TestChain.Policy)];
        world[slots[random.Next(slots.Length)]] = Hash32.FromSpan(bytes);
    }
}
