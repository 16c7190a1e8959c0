using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>A wrong or missing setting stops the start before anything is made, and is named with what was found and expected.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Chain:BlockMilliseconds=0", "Chain:BlockMilliseconds: '0' found, 500 to 60000 expected")]
    [InlineData("Chain:BlockMilliseconds=soon", "Chain:BlockMilliseconds: 'soon' found, a whole number expected")]
    [InlineData("Chain:Rcp:0=http://127.0.0.1:1", "Chain:Rcp: an unknown setting found, one of Id, Rpc,")]
    [InlineData("Chain:Rpc:0=ftp://node", "Chain:Rpc:0: 'ftp://node' found, an absolute http or https URL expected")]
    [InlineData("Chain:Rpc:0=http://127.0.0.1:1", "Relay:KeystoreFile: nothing found, a file (or 0x and 64 hex digits in Relay:Key)")]
    [InlineData("Relay:Key=topsecret", "Relay:Key: a secret found, 0x and 64 hex digits expected")]
    [InlineData("Gateway:RequestsPerSecond=-1", "Gateway:RequestsPerSecond: '-1' found, 1 to 1000000 expected")]
    [InlineData("Gateway:Url=here", "Gateway:Url: 'here' found, an absolute http or https URL expected")]
    [InlineData("Mirror:BatchSize=201", "Mirror:BatchSize: '201' found, 1 to 200 expected")]
    [InlineData("Attestation:Mode=Gramine", "Collateral:Url: nothing found, an address (Attestation:Mode is Gramine) expected")]
    [InlineData("Attestation:Mode=Hardware", "Attestation:Mode: 'Hardware' found")]
    [InlineData("Attestation:PolicyFile=/no/such.json", "Attestation:PolicyFile: '/no/such.json' found, a file that is there expected")]
    [InlineData("Collateral:Url=http://pccs.example", "Collateral:Url: 'http://pccs.example' found, an https address without query (http only to this machine) expected")]
    [InlineData("Chian:Id=5", "Chian: an unknown section found, one of Data, Chain,")]
    [InlineData("no-equals-sign", "--set: 'no-equals-sign' found, KEY=VALUE expected")]
    public async Task Run_WrongSetting_StopsAndNamesIt(string setting, string named)
    {
        await using var silo = SiloProcess.Start("run", "--data", _folder.PathOf("data"), "--set", setting);

        (await silo.WaitForExitAsync()).ShouldBe(2, silo.Text);
        silo.Text.ShouldContain(named);
        silo.Text.ShouldNotContain("topsecret");
        Directory.Exists(_folder.PathOf("data")).ShouldBeFalse();
    }

    [Fact]
    public async Task Run_SeveralWrongSettings_NamesEach()
    {
        await using var silo = SiloProcess.Start(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Chain__BlockMilliseconds"] = "0", ["Mirror__BatchSize"] = "0" }, "run", "--data", _folder.PathOf("data"));

        (await silo.WaitForExitAsync()).ShouldBe(2, silo.Text);
        silo.Text.ShouldContain("Chain:BlockMilliseconds");
        silo.Text.ShouldContain("Mirror:BatchSize");
    }

    [Fact]
    public async Task Run_SettingsFileThatIsNoJson_NamesTheFile()
    {
        var file = _folder.PathOf("settings.json");
        await File.WriteAllTextAsync(file, "{ \"Chain\": ");
        await using var silo = SiloProcess.Start("run", "--data", _folder.PathOf("data"), "--settings", file);

        (await silo.WaitForExitAsync()).ShouldBe(2, silo.Text);
        silo.Text.ShouldContain(file);
    }

    [Fact]
    public async Task Run_SettingsFileWithAWrongSetting_NamesIt()
    {
        var file = _folder.PathOf("settings.json");
        await File.WriteAllTextAsync(file, """{ "Chain": { "BlockMilliseconds": 100 } }""");
        await using var silo = SiloProcess.Start("run", "--data", _folder.PathOf("data"), "--settings", file);

        (await silo.WaitForExitAsync()).ShouldBe(2, silo.Text);
        silo.Text.ShouldContain("Chain:BlockMilliseconds: '100' found, 500 to 60000 expected");
    }

    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("dance", "dance")]
    public async Task CommandLine_UnknownArgument_IsNamed(string argument, string named)
    {
        await using var silo = SiloProcess.Start(argument);

        (await silo.WaitForExitAsync()).ShouldBe(2, silo.Text);
        silo.Text.ShouldContain(named);
    }

    [Theory]
    [InlineData("--help", "demo")]
    [InlineData("run --help", "--data")]
    [InlineData("demo --help", "--json")]
    [InlineData("deploy --help", "--settings")]
    [InlineData("config --help", "--set")]
    [InlineData("verify --help", "proof")]
    [InlineData("verify proof --help", "--state-root")]
    [InlineData("verify answer --help", "--config")]
    public async Task CommandLine_Help_IsEverywhere(string arguments, string shown)
    {
        await using var silo = SiloProcess.Start(arguments.Split(' '));

        (await silo.WaitForExitAsync()).ShouldBe(0, silo.Text);
        silo.Text.ShouldContain(shown);
    }
}
