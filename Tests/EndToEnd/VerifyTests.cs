using System.Text.Json.Nodes;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary><c>verify proof</c> and <c>verify answer</c> on good files, and on files with one thing changed.</summary>
public sealed class VerifyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [VectorFact("mainnet-proofs")]
    public async Task Proof_RecordedAnswer_IsIncluded()
    {
        var file = Path.Combine(SharedVectors.Find("mainnet-proofs"), "12.json");
        var result = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(file))!["result"]!;

        var (exit, printed) = await VerifyProofAsync(file, StateRootOf(result));

        exit.ShouldBe(0);
        ((string?)printed["account"]!["verdict"]).ShouldBe("Included");
        ((string?)printed["account"]!["balance"]).ShouldBe((string?)result["balance"]);
        printed["storage"]!.AsArray().Count.ShouldBe(2);
        for (var i = 0; i < 2; i++)
        {
            ((string?)printed["storage"]![i]!["verdict"]).ShouldBe("Included");
            ((string?)printed["storage"]![i]!["value"]).ShouldBe((string?)result["storageProof"]![i]!["value"]);
            printed["storage"]![i]!["reason"].ShouldBeNull();
        }
    }

    [VectorFact("mainnet-proofs")]
    public async Task Proof_WithoutEnvelope_IsReadToo()
    {
        var (result, stateRoot) = await ReadProofAsync("14.json");
        var (exit, printed) = await VerifyProofAsync(Write("bare.json", result), stateRoot);

        exit.ShouldBe(0);
        ((string?)printed["storage"]![0]!["verdict"]).ShouldBe("Included");
    }

    [VectorFact("mainnet-proofs")]
    public async Task Proof_CutShort_IsInvalidAndNeverAbsent()
    {
        var (result, stateRoot) = await ReadProofAsync("14.json");
        result["storageProof"]![0]!["proof"]!.AsArray().RemoveAt(result["storageProof"]![0]!["proof"]!.AsArray().Count - 1);
        var (exit, printed) = await VerifyProofAsync(Write("cut.json", result), stateRoot);

        exit.ShouldBe(1);
        ((string?)printed["account"]!["verdict"]).ShouldBe("Included");
        ((string?)printed["storage"]![0]!["verdict"]).ShouldBe("Invalid");
        ((string?)printed["storage"]![0]!["reason"]).ShouldBe("CutShort");
        printed["storage"]![0]!["value"].ShouldBeNull();
    }

    [VectorFact("mainnet-proofs")]
    public async Task Proof_UnderAnotherRoot_IsInvalid()
    {
        var (result, _) = await ReadProofAsync("00.json");
        var (exit, printed) = await VerifyProofAsync(Write("other.json", result), "0x" + new string('1', 64));

        exit.ShouldBe(1);
        ((string?)printed["account"]!["reason"]).ShouldBe("WrongRoot");
    }

    [Fact]
    public async Task Proof_NoJson_IsInvalid()
    {
        var file = _folder.PathOf("none.json");
        await File.WriteAllTextAsync(file, "{");
        var (exit, printed) = await VerifyProofAsync(file, "0x" + new string('1', 64));

        exit.ShouldBe(1);
        ((string?)printed["account"]!["verdict"]).ShouldBe("Invalid");
        ((string?)printed["account"]!["reason"]).ShouldBe("BadJson");
    }

    [Theory]
    [InlineData("0x12", "--state-root")]
    [InlineData("no-hex", "--state-root")]
    public async Task Proof_BadStateRoot_IsNamedOnTheCommandLine(string stateRoot, string named)
    {
        await using var silo = SiloProcess.Start("verify", "proof", "any.json", "--state-root", stateRoot);

        (await silo.WaitForExitAsync()).ShouldBe(2);
        silo.Text.ShouldContain(named);
        silo.Text.ShouldContain("64 hex digits expected");
    }

    [Fact]
    public async Task Proof_MissingFile_IsNamed()
    {
        await using var silo = SiloProcess.Start("verify", "proof", "/nowhere.json", "--state-root", "0x" + new string('1', 64));

        (await silo.WaitForExitAsync()).ShouldBe(2);
        silo.Text.ShouldContain("/nowhere.json");
    }

    [Fact]
    public async Task Answer_OfTheVectors_HoldsAndNoneWithAChangedByteDoes()
    {
        var vectors = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(SharedVectors.RepositoryRoot, "Tests", "Vectors", "answers", "answers.json")))!;
        var vector = vectors["answers"]![0]!;
        var request = Write("request", Convert.FromHexString((string)vector["request"]!));
        var answer = Convert.FromHexString((string)vector["answer"]!);
        string[] trust = ["--request", request, "--key", (string)vectors["publicKey"]!, "--config", (string)vectors["configurationHash"]!];

        var (exit, printed) = await VerifyAnswerAsync(Write("answer", answer), trust);
        exit.ShouldBe(0);
        ((string?)printed["verdict"]).ShouldBe("Valid");
        ((string?)printed["results"]![0]!["fact"]).ShouldBe((string?)vector["name"]);

        answer[60] ^= 1;
        (exit, printed) = await VerifyAnswerAsync(Write("changed", answer), trust);
        exit.ShouldBe(1);
        ((string?)printed["verdict"]).ShouldBe("Invalid");
        ((string?)printed["reason"]).ShouldBe("Signature");
    }

    [Fact]
    public async Task Answer_UnderAnotherConfiguration_IsInvalid()
    {
        var vectors = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(SharedVectors.RepositoryRoot, "Tests", "Vectors", "answers", "answers.json")))!;
        var vector = vectors["answers"]![0]!;
        var (exit, printed) = await VerifyAnswerAsync(
            Write("answer", Convert.FromHexString((string)vector["answer"]!)),
            ["--request", Write("request", Convert.FromHexString((string)vector["request"]!)), "--key", (string)vectors["publicKey"]!, "--config", new string('1', 64)]);

        exit.ShouldBe(1);
        ((string?)printed["reason"]).ShouldBe("Signature");
    }

    private static string StateRootOf(JsonObject result) => Keccak256.HashData(Hex.Parse((string)result["accountProof"]![0]!)).ToString();

    private static async Task<(JsonObject Result, string StateRoot)> ReadProofAsync(string name)
    {
        var whole = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(SharedVectors.Find("mainnet-proofs"), name)))!;
        var result = (JsonObject)whole["result"]!.DeepClone();
        return (result, StateRootOf(result));
    }

    private static async Task<(int Exit, JsonObject Printed)> VerifyProofAsync(string file, string stateRoot)
    {
        await using var silo = SiloProcess.Start("verify", "proof", file, "--state-root", stateRoot, "--json");
        return await ReadAsync(silo);
    }

    private static async Task<(int Exit, JsonObject Printed)> VerifyAnswerAsync(string file, string[] trust)
    {
        await using var silo = SiloProcess.Start(["verify", "answer", file, .. trust, "--json"]);
        return await ReadAsync(silo);
    }

    private static async Task<(int Exit, JsonObject Printed)> ReadAsync(SiloProcess silo)
    {
        var exit = await silo.WaitForExitAsync();
        silo.Output.Count.ShouldBe(1, silo.Text);
        return (exit, (JsonObject)JsonNode.Parse(silo.Output[0])!);
    }

    private string Write(string name, JsonObject json) => Write(name, System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));

    private string Write(string name, byte[] bytes)
    {
        var file = _folder.PathOf(name);
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
