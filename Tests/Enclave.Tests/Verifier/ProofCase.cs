using System.Text;
using System.Text.Json;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Json;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;
using Pythia.Vectors;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>A true proof: a damaged one is judged by what is known from the undamaged, never by what the verifier says.</summary>
/// <param name="Key">The path's bytes, hashed already.</param>
/// <param name="Truth">What the trie holds at the key; null for nothing.</param>
/// <param name="AtKey">What the trie holds at other keys of the same length, as far as that is known.</param>
internal sealed record ProofCase(string Name, Hash32 Root, byte[] Key, byte[][] Nodes, byte[]? Truth, Func<byte[], byte[]?> AtKey)
{
    public TrieVerdict Check(byte[][]? nodes = null, byte[]? key = null, Hash32? root = null)
        => TrieProof.Check(root ?? Root, key ?? Key, Array.ConvertAll(nodes ?? Nodes, node => (ReadOnlyMemory<byte>)node));

    /// <summary>Says whether a verdict about some key under this case's root is false.</summary>
    public bool IsFalse(in TrieVerdict verdict, byte[] key) => verdict.Verdict switch
    {
        Verdict.Included => !verdict.Value.SequenceEqual(AtKey(key)),
        Verdict.Absent => AtKey(key) is not null,
        _ => false,
    };

    /// <summary>Mainnet, the proof-of-stake devnet, and tries made here with full knowledge of what they hold.</summary>
    public static List<ProofCase> All() => [.. Mainnet(), .. Devnet(), .. Made()];

    public static IEnumerable<ProofCase> Mainnet()
    {
        foreach (var file in Directory.GetFiles(SharedVectors.Find("mainnet-proofs"), "*.json").Order())
        {
            var proof = AccountProof.Read(File.ReadAllBytes(file)).Value!;
            foreach (var each in FromAnswer(Path.GetFileName(file), Keccak256.HashData(proof.Nodes[0].Span), proof)) yield return each;
        }
    }

    public static IEnumerable<ProofCase> Devnet()
    {
        var (stateRoot, proof) = ReadDevnet();
        return FromAnswer("devnet", stateRoot, AccountProof.Read(Encoding.UTF8.GetBytes(proof)).Value!);
    }

    /// <summary>The proof, and the state root that the header beside it has.</summary>
    public static (Hash32 StateRoot, string Proof) ReadDevnet()
    {
        var folder = Path.Combine(SharedVectors.Find("light-client"), "devnet", "cap");
        using var answer = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "eth_getProof.json")));
        using var update = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "finality_update_with_state.json")));
        var execution = update.RootElement.GetProperty("data").GetProperty("finalized_header").GetProperty("execution");
        return (Hash32.Parse(execution.GetProperty("state_root").GetString()!), answer.RootElement.GetProperty("proof").GetRawText());
    }

    /// <summary>A trie of short values under long keys, deep enough that leaves lie inside their parents, and a trie of one entry.</summary>
    public static IEnumerable<ProofCase> Made()
    {
        var deep = new TestTrie(hashKeys: false);
        var key = new byte[32];
        for (var i = 0; i < 32; i++)
        {
            // Every key parts from the first one nibble later: a branch at every depth, and tiny leaves at the end.
            var other = (byte[])key.Clone();
            other[i] = 0x10;
            deep[other] = [(byte)(i + 1)];
            other = (byte[])key.Clone();
            other[i] = 0x01;
            deep[other] = [(byte)(i + 101)];
        }

        var wide = new TestTrie(hashKeys: false);
        for (var i = 0; i < 500; i++)
        {
            var entry = Keccak256.HashData(BitConverter.GetBytes(i)).ToArray();
            entry.AsSpan(4).Clear();
            wide[entry] = i % 3 == 0 ? [(byte)i] : Keccak256.HashData(entry).ToArray();
        }

        var single = new TestTrie(hashKeys: false);
        single[Enumerable.Repeat((byte)0xab, 32).ToArray()] = [7];
        foreach (var (name, trie) in new[] { ("deep", deep), ("wide", wide), ("single", single), ("empty", new TestTrie(hashKeys: false)) })
        {
            foreach (var path in trie.Paths.Take(60).SelectMany(path => new[] { path, Flip(path, 3), Flip(path, path.Length - 1), Flip(path, path.Length / 2) }).Append(new string('a', 64)))
                yield return FromTrie($"{name} {path}", trie, path);
        }
    }

    public static ProofCase FromTrie(string name, TestTrie trie, string path)
        => new(name, trie.Root, Convert.FromHexString(path), [.. trie.ProvePath(path)], trie.AtPath(path), key => trie.AtPath(Convert.ToHexStringLower(key)));

    /// <summary>The account and each slot that is there, of an answer that is known to be true.</summary>
    public static IEnumerable<ProofCase> FromAnswer(string name, Hash32 stateRoot, AccountProof proof)
    {
        yield return Recorded($"{name} account", stateRoot, Keccak256.HashData(proof.Address.ToArray()), proof.Nodes);
        foreach (var slot in proof.Slots)
            yield return Recorded($"{name} slot {slot.Slot}", proof.StorageRoot, Keccak256.HashData(slot.Slot.ToArray()), slot.Nodes);
    }

    // The truth of a recorded proof is the last node's last item, read without the verifier; other keys are taken to hold nothing.
    private static ProofCase Recorded(string name, Hash32 root, Hash32 key, ReadOnlyMemory<byte>[] nodes)
    {
        var last = new RlpReader(nodes[^1].Span);
        _ = last.TryReadList(out var items) && items.TrySkip();
        _ = items.TryReadBytes(out var value);
        var truth = value.ToArray();
        var path = key.ToArray();
        return new ProofCase(name, root, path, Array.ConvertAll(nodes, node => node.ToArray()), truth, other => other.AsSpan().SequenceEqual(path) ? truth : null);
    }

    private static string Flip(string path, int at) => string.Concat(path.AsSpan(0, at), path[at] == '0' ? "1" : "0", path.AsSpan(at + 1));
}
