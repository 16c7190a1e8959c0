using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>Several enclaves by settings: each mistake is named with its setting, and each enclave has its name and its way.</summary>
public sealed class EnclaveProcessCheckTests
{
    private static readonly Dictionary<string, string?> Good = new(StringComparer.Ordinal)
    {
        ["Mode"] = "Connect",
        ["EndPoint"] = "tcp:127.0.0.1:5001",
        ["Instances:0:Id"] = "two",
        ["Instances:1:Id"] = "three",
        ["Instances:1:Mode"] = "Connect",
        ["Instances:1:EndPoint"] = "unix:/run/three",
        ["Instances:2:Id"] = "four",
        ["Instances:2:Mode"] = "InProcess",
        ["Instances:3:Id"] = "five",
        ["Instances:3:Attester"] = "simulated",
        ["Instances:3:SimulatedPlatform"] = "/platform",
    };

    [Fact]
    public void FindProblems_EveryMode_IsFine() => Check(Good).ShouldBeEmpty();

    [Theory]
    [InlineData("Instances:0:Id", null, "Instances:0:Id: '' found, 1 to 40 lower-case letters, digits and hyphens expected")]
    [InlineData("Instances:0:Id", "Two", "Instances:0:Id: 'Two' found, 1 to 40 lower-case letters, digits and hyphens expected")]
    [InlineData("Instances:1:Id", "two", "Instances:1:Id: 'two' found for a second time, a name of its own for each enclave expected")]
    [InlineData("Instances:1:Id", "one", "Instances:1:Id: 'one' found for a second time, a name of its own for each enclave expected")]
    [InlineData("Instances:1:EndPoint", null, "Instances:1:EndPoint: '' found with mode Connect, an endpoint with Connect alone expected")]
    [InlineData("Instances:0:EndPoint", "unix:/run/two", "Instances:0:EndPoint: 'unix:/run/two' found with mode Process, an endpoint with Connect alone expected")]
    [InlineData("Instances:1:EndPoint", "three", "Instances:1:EndPoint: 'three' found, unix:/path or tcp:address:port expected")]
    [InlineData("Instances:1:EndPoint", "tcp:127.0.0.1:5001", "Instances:1:EndPoint: 'tcp:127.0.0.1:5001' found for a second time, an endpoint of its own for each enclave expected")]
    [InlineData("Instances:1:Mode", "7", "Instances:1:Mode: '7' found, one of InProcess, Process, Connect expected")]
    [InlineData("Instances:3:Attester", "gramin", "Instances:3:Attester: 'gramin' found, none, gramine or simulated expected")]
    [InlineData("Instances:3:Attester", "gramine", "Instances:3:SimulatedPlatform: '/platform' found with attester 'gramine', a folder with simulated alone expected")]
    [InlineData("Instances:3:SimulatedPlatform", null, "Instances:3:SimulatedPlatform: '' found with attester 'simulated', a folder with simulated alone expected")]
    [InlineData("EndPoint", "nowhere", "EndPoint: 'nowhere' found, unix:/path or tcp:address:port expected")]
    [InlineData("SimulatedPlatform", "/platform", "SimulatedPlatform: '/platform' found with attester '', a folder with simulated alone expected")]
    public void FindProblems_OneMistake_IsNamed(string setting, string? value, string problem)
        => Check(new(Good, StringComparer.Ordinal) { [setting] = value }).ShouldContain($"EnclaveProcess:{problem}");

    [Fact]
    public async Task AddPythiaEnclave_Several_EachIsAnEnclaveInTheOrderOfTheSettings()
    {
        var settings = EnclaveSettings();
        foreach (var (name, value) in new[] { ("Instances:0:Id", "two"), ("Instances:0:Mode", "InProcess"), ("Instances:1:Id", "three"), ("Instances:1:Mode", "InProcess") }) settings[$"EnclaveProcess:{name}"] = value;
        await using var services = Build(settings);
        var fleet = services.GetRequiredService<EnclaveFleet>();
        fleet.Members.Select(member => member.Id).ShouldBe(["one", "two", "three"]);
        var enclaves = services.GetServices<IEnclave>().ToList();
        enclaves.ShouldBe(fleet.Members.Select(member => member.Enclave));
        var identities = new List<EnclaveIdentity>();
        foreach (var enclave in enclaves) identities.Add(await enclave.IdentifyAsync());
        identities.Select(identity => identity.Id).ShouldBe(["one", "two", "three"]);
        identities.Select(identity => Hex.Format(identity.SigningKey.Span)).ShouldBeUnique();
        identities.Select(identity => Hex.Format(identity.ConfigurationHash.Span)).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AddPythiaEnclave_MistakeInOneOfSeveral_StopsTheStart()
    {
        var settings = EnclaveSettings();
        settings["EnclaveProcess:Instances:0:Id"] = "one";
        await using var services = Build(settings);
        Should.Throw<OptionsValidationException>(services.GetRequiredService<EnclaveFleet>).Message.ShouldContain("EnclaveProcess:Instances:0:Id: 'one' found for a second time");
    }

    [Fact]
    public void FindProblems_NoRoomInTheFirst_NamesItAndWithoutAChildThereIsNone()
    {
        var wide = new EnclaveOptions { Id = "one", CacheBytes = 1 << 30, ReplyBytes = 64 << 20 };
        EnclaveProcessCheck.FindProblems(new() { Mode = EnclaveMode.Process }, wide).ShouldBe(
        [
            "Enclave:CacheBytes: 1073741824 found, at most 33554432 expected while an enclave has mode Process (EnclaveProcess)",
            "Enclave:ReplyBytes: 67108864 found, at most 4194304 expected while an enclave has mode Process (EnclaveProcess)",
        ]);
        EnclaveProcessCheck.FindProblems(new() { Mode = EnclaveMode.Connect, EndPoint = "unix:/run/one" }, wide).ShouldBeEmpty("its own file says how much it takes");
    }

    [Theory]
    [InlineData("CacheBytes", "33554433", "33554432")]
    [InlineData("ReplyBytes", "4194305", "4194304")]
    public async Task AddPythiaEnclave_MoreThanAChildTakes_StopsTheStartWhereOneRunsAsAProcess(string setting, string tooMany, string most)
    {
        var settings = EnclaveSettings();
        settings["EnclaveProcess:Mode"] = "InProcess";
        settings["EnclaveProcess:Folder"] = Directory.CreateTempSubdirectory("process-check").FullName;
        settings[$"Enclave:{setting}"] = tooMany;
        await using (var inside = Build(settings)) inside.GetRequiredService<EnclaveFleet>().Members.Length.ShouldBe(1, "the silo itself has room for it");

        settings["EnclaveProcess:Instances:0:Id"] = "two";
        settings["EnclaveProcess:Instances:0:Mode"] = "Process";
        await using (var beside = Build(settings))
        {
            Should.Throw<OptionsValidationException>(beside.GetRequiredService<EnclaveFleet>).Message
                .ShouldContain($"Enclave:{setting}: {tooMany} found, at most {most} expected while an enclave has mode Process (EnclaveProcess:Instances:0)");
        }

        settings[$"Enclave:{setting}"] = most;
        await using var fits = Build(settings);
        fits.GetRequiredService<EnclaveFleet>().Members.Length.ShouldBe(2);
    }

    [Fact]
    public void FindMismatch_EachThing_IsNamedWithWhatWasFound()
    {
        var expected = new EnclaveExpectation("one", 5, Hash(1));
        expected.FindMismatch(Identity("one", 5, 1)).ShouldBeNull();
        expected.FindMismatch(Identity("two", 5, 1)).ShouldBe("id two found, one expected");
        expected.FindMismatch(Identity("one", 6, 1)).ShouldBe("chain 6 found, 5 expected");
        expected.FindMismatch(Identity("one", 5, 2)).ShouldBe($"configuration hash {new string('0', 63)}2 found, {new string('0', 63)}1 expected (of chain, genesis hash, contracts with their code hashes, level)");
        expected.FindMismatch(Identity("two", 6, 2))!.Split("; ").Length.ShouldBe(3);

        static byte[] Hash(byte last) => [.. new byte[31], last];

        static EnclaveIdentity Identity(string id, ulong chain, byte hash)
            => new(id, chain, Hash(hash), new byte[32], AssuranceLevel.Development, new EnclaveKeys(1, new byte[64], new byte[64], new byte[8], TimeSpan.Zero, TimeSpan.Zero));
    }

    private static IReadOnlyList<string> Check(Dictionary<string, string?> settings)
        => EnclaveProcessCheck.FindProblems(new ConfigurationBuilder().AddInMemoryCollection(settings).Build().Get<EnclaveProcessOptions>()!, new() { Id = "one" });

    private static Dictionary<string, string?> EnclaveSettings()
    {
        var hash = $"0x{new string('0', 62)}aa";
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Enclave:Id"] = "one",
            ["Enclave:ChainId"] = "31337",
            ["Enclave:GenesisHash"] = hash,
            ["Enclave:HeadRpc"] = "http://127.0.0.1:1",
            ["Enclave:UntrustedRpc:0"] = "http://127.0.0.1:1",
        };
        foreach (var (name, i) in Enum.GetNames<Verifier.Facts.ContractRole>().Select((name, i) => (name, i)))
        {
            settings[$"Enclave:Contracts:{name}:Address"] = $"0x{new string((char)('1' + i), 40)}";
            settings[$"Enclave:Contracts:{name}:CodeHash"] = hash;
        }

        return settings;
    }

    private static ServiceProvider Build(Dictionary<string, string?> settings)
        => new ServiceCollection().AddLogging().AddPythiaEnclave(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
}
