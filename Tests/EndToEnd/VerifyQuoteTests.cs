using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary><c>verify quote</c> on real evidence, as an operator calls it: what it prints and how it ends.</summary>
public sealed class VerifyQuoteTests : IDisposable
{
    private const string Vectors = "sgx-quotes";

    private static readonly string[] PromisedMembers =
        ["verdict", "reasons", "tcbStatus", "qeStatus", "advisoryIds", "mrenclave", "mrsigner", "isvProdId", "isvSvn", "debug", "reportData"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [VectorFact(Vectors)]
    public async Task Quote_EachRealCase_PrintsWhatItsCaseStates()
    {
        foreach (var folder in Directory.EnumerateDirectories(SharedVectors.Find(Vectors)).Order(StringComparer.Ordinal))
        {
            var stated = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "case.json")))!;
            var computed = stated["computed"]!;
            var (exit, printed) = await VerifyAsync(folder, (string)stated["now"]!);

            printed.Select(member => member.Key).Take(PromisedMembers.Length).ShouldBe(PromisedMembers);
            exit.ShouldBe((string?)printed["verdict"] == "Accepted" ? 0 : 1, folder);
            (printed["reasons"]!.AsArray().Count == 0).ShouldBe(exit == 0, folder);
            Text(printed, "tcbStatus").ShouldBe(Text(computed, "converged_status"), folder);
            Text(printed, "qeStatus").ShouldBe(Text(computed, "qe_tcb_status"), folder);
            Texts(printed["advisoryIds"]!).ShouldBe(Texts(computed["platform_advisories"]!).Union(Texts(computed["qe_advisories"]!)), folder);
            Text(printed, "mrenclave").ShouldBe(Text(computed, "mrenclave"), folder);
            Text(printed, "mrsigner").ShouldBe(Text(computed, "mrsigner"), folder);
            ((int)printed["isvProdId"]!).ShouldBe((int)computed["isvprodid"]!, folder);
            ((int)printed["isvSvn"]!).ShouldBe((int)computed["isvsvn"]!, folder);
            ((bool)printed["debug"]!).ShouldBe((bool)computed["debug"]!, folder);
            Text(printed, "reportData").ShouldBe(Text(computed, "reportdata"), folder);
        }
    }

    [VectorFact(Vectors)]
    public async Task Quote_GoodEvidence_IsAcceptedAtATimeInEitherForm()
    {
        (await VerifyAsync(Case("sgx3-automata-v3"), "1755236700")).Exit.ShouldBe(0);
        (await VerifyAsync(Case("sgx3-automata-v3"), "2025-08-15T07:45:00+02:00")).Exit.ShouldBe(0);
        var (exit, printed) = await VerifyAsync(Case("sgx3-automata-v3"), "2035-08-15T05:45:00Z");
        exit.ShouldBe(1);
        Texts(printed["reasons"]!).ShouldContain("TcbInfoExpired");
        Text(printed, "tcbStatus").ShouldBe("SWHardeningNeeded");
    }

    [VectorFact(Vectors)]
    public async Task Quote_CrlsOptional_LetsEvidenceThroughThatHasNone()
    {
        var folder = Case("sgx3-oasis-pck-chain");
        var (exit, printed) = await VerifyAsync(folder, "1671497404");
        exit.ShouldBe(1);
        Texts(printed["reasons"]!).ShouldBe(["RootCrlMissing", "PckCrlMissing"]);

        (await VerifyAsync(folder, "1671497404", "--crls", "optional")).Exit.ShouldBe(0);
        var expired = await VerifyAsync(Case("sgx3-mobilecoin-swhardening"), "1689194905", "--crls", "optional");
        Texts(expired.Printed["reasons"]!).ShouldBe(["PckCrlExpired"]);
    }

    [VectorFact(Vectors)]
    public async Task Quote_Policy_DecidesAndTheFolderNeverDoes()
    {
        var folder = Case("sgx3-phala-confswhardening");
        var policy = _folder.PathOf("policy.json");
        await File.WriteAllTextAsync(policy, """{"measurements":[{"name":"bench","mrenclave":"33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb","statuses":["ConfigurationAndSWHardeningNeeded"]}]}""");
        var (exit, printed) = await VerifyAsync(folder, "1752919277", "--policy", policy);
        exit.ShouldBe(0);
        Text(printed, "measurement").ShouldBe("bench");

        // trusted_root.pem lies in the folder; only a policy makes it a root.
        var simulated = await VerifyAsync(Case("sgx3-intelqvl-simulated-root"), "1704067200");
        Texts(simulated.Printed["reasons"]!).ShouldContain("RootUntrusted");
        Text(simulated.Printed, "tcbStatus").ShouldBe("UpToDate");
        await File.WriteAllTextAsync(policy, $$"""{"roots":["{{Text(simulated.Printed, "rootKey")}}"]}""");
        Texts((await VerifyAsync(Case("sgx3-intelqvl-simulated-root"), "1704067200", "--policy", policy)).Printed["reasons"]!).ShouldBe(["NotInitialized", "NotMode64"]);
    }

    [Fact]
    public async Task Quote_NoQuoteAtAll_PrintsNullForWhatIsUnknown()
    {
        await File.WriteAllBytesAsync(_folder.PathOf("quote.bin"), [3, 0]);
        var (exit, printed) = await VerifyAsync(Path.GetDirectoryName(_folder.PathOf("quote.bin"))!, "0");

        exit.ShouldBe(1);
        Text(printed, "verdict").ShouldBe("Refused");
        Texts(printed["reasons"]!).ShouldBe(["QuoteMalformed"]);
        foreach (var member in PromisedMembers.Except(["verdict", "reasons", "advisoryIds"])) printed[member].ShouldBeNull(member);
        printed["advisoryIds"]!.AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("verify", "quote", "/nowhere", "--at", "0")]
    [InlineData("verify", "quote", "/nowhere", "--at", "yesterday")]
    [InlineData("verify", "quote", "/nowhere", "--at", "2025-08-15T05:45:00")]
    [InlineData("verify", "quote", "/nowhere")]
    [InlineData("verify", "quote", "/nowhere", "--at", "0", "--crls", "never")]
    public async Task Quote_WrongArguments_EndWithTwo(params string[] arguments)
    {
        await using var silo = SiloProcess.Start(arguments);
        (await silo.WaitForExitAsync()).ShouldBe(2);
        silo.Text.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Quote_BadPolicyFile_NamesEachMistake()
    {
        var policy = _folder.PathOf("policy.json");
        await File.WriteAllTextAsync(policy, """{"crls":"no","color":1}""");
        await using var silo = SiloProcess.Start("verify", "quote", "/nowhere", "--at", "0", "--policy", policy);

        (await silo.WaitForExitAsync()).ShouldBe(2);
        silo.Text.ShouldContain("crls: \"no\" found");
        silo.Text.ShouldContain("\"color\" is unknown");
    }

    private static string Case(string name) => Path.Combine(SharedVectors.Find(Vectors), name);

    private static string? Text(JsonNode node, string member) => (string?)node[member];

    private static string[] Texts(JsonNode array) => [.. array.AsArray().Select(text => (string)text!)];

    private static async Task<(int Exit, JsonObject Printed)> VerifyAsync(string folder, string at, params string[] more)
    {
        await using var silo = SiloProcess.Start(["verify", "quote", folder, "--at", at, "--json", .. more]);
        var exit = await silo.WaitForExitAsync();
        silo.Output.Count.ShouldBe(1, silo.Text);
        return (exit, JsonSerializer.Deserialize<JsonObject>(silo.Output[0])!);
    }
}
