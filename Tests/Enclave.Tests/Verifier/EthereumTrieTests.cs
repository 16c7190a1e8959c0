using System.Text;
using System.Text.Json;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Receipts;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>The trie tests of ethereum/tests: roots as they have them, and every key of their tries proven.</summary>
public sealed class EthereumTrieTests
{
    private static readonly string[] Files =
        ["trietest.json", "trieanyorder.json", "trietest_secureTrie.json", "trieanyorder_secureTrie.json", "hex_encoded_securetrie_test.json"];

    [VectorFact("ethereum-tests")]
    public void Root_EveryTrie_IsTheirs()
    {
        var tries = Read().ToList();
        tries.Count.ShouldBe(25);
        foreach (var (name, trie, entries, root) in tries)
        {
            trie.Root.ShouldBe(root, name);
            OrderedTrie.Root(entries).ShouldBe(root, name);
            OrderedTrie.Root(entries.Reverse().ToArray()).ShouldBe(root, $"{name}, other order");
        }
    }

    [VectorFact("ethereum-tests")]
    public void Check_EveryKeyOfEveryTrie_IsIncludedAndNeighboursAreAbsent()
    {
        var included = 0;
        var absent = 0;
        foreach (var (name, trie, _, root) in Read())
        {
            foreach (var path in trie.Paths.SelectMany(Neighbours).Distinct().Where(path => path.Length is >= 2 and <= 64))
            {
                var proof = trie.ProvePath(path).Select(node => (ReadOnlyMemory<byte>)node).ToArray();
                var verdict = TrieProof.Check(root, Convert.FromHexString(path), proof, TrieKeys.AnyLength);

                verdict.Reason.ShouldBe(InvalidReason.None, $"{name} {path}");
                verdict.Verdict.ShouldBe(trie.AtPath(path) is null ? Verdict.Absent : Verdict.Included, $"{name} {path}");
                verdict.Value.ToArray().ShouldBe(trie.AtPath(path) ?? [], $"{name} {path}");
                if (verdict.Verdict == Verdict.Included) included++;
                else absent++;
            }
        }

        included.ShouldBe(78);
        absent.ShouldBeGreaterThan(500);
    }

    /// <summary>Those whose keys are hashed: all have 32 bytes.</summary>
    internal static IEnumerable<(string Name, TestTrie Trie, Hash32 Root)> SecureTries()
        => Read().Where(each => each.Name.Contains("secure", StringComparison.OrdinalIgnoreCase)).Select(each => (each.Name, each.Trie, each.Root));

    // The key itself, longer and shorter ones, and those that part from it in each byte.
    private static IEnumerable<string> Neighbours(string path)
    {
        yield return path;
        yield return path + "00";
        yield return path + "f0";
        for (var i = 0; i < path.Length; i += 2)
        {
            yield return path[..i];
            yield return string.Concat(path.AsSpan(0, i), path[i] == '7' ? "8" : "7", path.AsSpan(i + 1));
        }
    }

    private static IEnumerable<(string Name, TestTrie Trie, KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>[] Entries, Hash32 Root)> Read()
    {
        var folder = Path.Combine(SharedVectors.Find("ethereum-tests"), "TrieTests");
        foreach (var file in Files)
        {
            var secure = file.Contains("secure", StringComparison.OrdinalIgnoreCase);
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
            foreach (var test in document.RootElement.EnumerateObject())
            {
                var trie = new TestTrie(secure);
                var raw = new Dictionary<string, byte[]>();
                foreach (var (key, value) in Entries(test.Value.GetProperty("in")))
                {
                    var bytes = Bytes(key);
                    trie[bytes] = value is null ? null : Bytes(value);
                    var path = trie.PathOf(bytes);
                    if (value is null) raw.Remove(path);
                    else raw[path] = Bytes(value);
                }

                var entries = raw.Select(entry => KeyValuePair.Create<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(Convert.FromHexString(entry.Key), entry.Value));
                yield return ($"{file} {test.Name}", trie, entries.ToArray(), Hash32.Parse(test.Value.GetProperty("root").GetString()!));
            }
        }
    }

    private static IEnumerable<(string Key, string? Value)> Entries(JsonElement element)
        => element.ValueKind == JsonValueKind.Array
            ? element.EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetString()))
            : element.EnumerateObject().Select(member => (member.Name, member.Value.GetString()));

    private static byte[] Bytes(string text) => text.StartsWith("0x", StringComparison.Ordinal) ? Hex.Parse(text) : Encoding.UTF8.GetBytes(text);
}
