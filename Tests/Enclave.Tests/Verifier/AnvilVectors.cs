using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Pythia.Vectors;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>A block as anvil gave it (Tests/Vectors/anvil).</summary>
internal sealed record AnvilBlock(string Fork, JsonObject Block, JsonArray Receipts, JsonArray Proofs)
{
    public Hash32 Hash => Hash32.Parse(Block["hash"]!.GetValue<string>());

    public string Name => $"{Fork} {Block["number"]}";

    public BlockHeader Header() => HeaderJson.Check(TestChain.Utf8(Block), Hash).Value!;

    public static List<AnvilBlock> All()
    {
        var blocks = new List<AnvilBlock>();
        foreach (var file in Directory.GetFiles(Path.Combine(SharedVectors.RepositoryRoot, "Tests", "Vectors", "anvil"), "*.json").Order())
        {
            var vector = JsonNode.Parse(File.ReadAllText(file))!;
            foreach (var each in vector["blocks"]!.AsArray())
                blocks.Add(new AnvilBlock(vector["fork"]!.GetValue<string>(), each!["block"]!.AsObject(), each["receipts"]!.AsArray(), each["proofs"]!.AsArray()));
        }

        return blocks;
    }
}
