using System.Text;
using System.Text.Json;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Ethereum.Tests;

/// <summary>Keccak-256 and RLP together against the trie roots of ethereum/tests.</summary>
public sealed class TrieVectorTests
{
    [VectorTheory("ethereum-tests")]
    [InlineData("trieanyorder.json", false, 7)]
    [InlineData("trieanyorder_secureTrie.json", true, 7)]
    [InlineData("trietest.json", false, 5)]
    [InlineData("trietest_secureTrie.json", true, 3)]
    [InlineData("hex_encoded_securetrie_test.json", true, 3)]
    public void Root_EthereumTests_IsTheirs(string file, bool keysAreHashed, int count)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedVectors.Find("ethereum-tests"), "TrieTests", file)));
        var vectors = document.RootElement.EnumerateObject().ToList();
        vectors.Count.ShouldBe(count);
        foreach (var vector in vectors)
        {
            var entries = FinalEntries(vector.Value.GetProperty("in")).Select(e =>
                KeyValuePair.Create(keysAreHashed ? Keccak256.HashData(Bytes(e.Key)).ToArray() : Bytes(e.Key), Bytes(e.Value)));
            PatriciaRoot.Of(entries).ToString().ShouldBe(vector.Value.GetProperty("root").GetString(), vector.Name);
        }
    }

    // A list of pairs is a history in which null removes; an object is what there is.
    private static Dictionary<string, string> FinalEntries(JsonElement json)
    {
        var entries = new Dictionary<string, string>();
        var steps = json.ValueKind == JsonValueKind.Array
            ? json.EnumerateArray().Select(p => (Key: p[0].GetString()!, Value: p[1].GetString()))
            : json.EnumerateObject().Select(p => (Key: p.Name, Value: p.Value.GetString()));
        foreach (var (key, value) in steps)
        {
            if (value is null) entries.Remove(key);
            else entries[key] = value;
        }

        return entries;
    }

    private static byte[] Bytes(string text) => text.StartsWith("0x", StringComparison.Ordinal) ? Hex.Parse(text) : Encoding.UTF8.GetBytes(text);
}
