using Pythia.Enclave.Host.Proofs;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>The cap holds, and what is used stays.</summary>
public sealed class TrieNodeCacheTests
{
    private const int NodeBytes = 100;
    private const int Cap = 10 * (NodeBytes + TrieNodeCache.OverheadBytes);

    [Fact]
    public void Add_MoreThanTheCap_KeepsToItAndDropsTheOldestUnused()
    {
        var cache = new TrieNodeCache(Cap);
        for (byte i = 0; i < 50; i++)
        {
            cache.Add(Node(i));
            cache.Bytes.ShouldBeLessThanOrEqualTo(Cap);
            cache.TryGet(HashOf(0), out _).ShouldBeTrue($"the root is used at each step; step {i}");
        }

        cache.Count.ShouldBe(10);
        cache.TryGet(HashOf(49), out var last).ShouldBeTrue();
        last.ToArray().ShouldBe(Node(49));
        cache.TryGet(HashOf(1), out _).ShouldBeFalse();
    }

    [Fact]
    public void Add_Twice_CountsOnce()
    {
        var cache = new TrieNodeCache(Cap);
        cache.Add(Node(1));
        cache.Add(Node(1));
        (cache.Count, cache.Bytes).ShouldBe((1, NodeBytes + TrieNodeCache.OverheadBytes));
    }

    [Fact]
    public void Add_CallersArrayChangedAfterwards_CacheIsNot()
    {
        var cache = new TrieNodeCache(Cap);
        var node = Node(1);
        cache.Add(node);
        node[0] ^= 1;
        cache.TryGet(HashOf(1), out var kept).ShouldBeTrue();
        kept.ToArray().ShouldBe(Node(1));
    }

    private static byte[] Node(byte i) => [.. Enumerable.Repeat(i, NodeBytes)];

    private static Hash32 HashOf(byte i) => Keccak256.HashData(Node(i));
}
