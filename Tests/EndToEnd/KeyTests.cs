using Pythia.Vectors;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>The relaying key goes into a file and out of it without ever being an argument, a line of output, or readable by others.</summary>
public sealed class KeyTests : IDisposable
{
    // A well-known key of development chains: anvil's first account.
    private const string KnownKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    private const string KnownAddress = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ImportAndShow_KnownKey_IsItsAddressAndOnlyTheOwnersFile()
    {
        var password = Secret("password", "correct horse\n");
        var imported = await RunAsync(KnownKey + "\n", "key", "import", _folder.PathOf("relay.json"), "--password-file", password);
        (imported.Code, imported.Text.Trim()).ShouldBe((0, KnownAddress));
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(_folder.PathOf("relay.json")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await File.ReadAllTextAsync(_folder.PathOf("relay.json"))).ShouldNotContain(KnownKey[2..]);

        // The password from a file, piped in, and a wrong one.
        (await RunAsync("", "key", "show", _folder.PathOf("relay.json"), "--password-file", password)).Text.Trim().ShouldBe(KnownAddress);
        (await RunAsync("correct horse\r\n", "key", "show", _folder.PathOf("relay.json"))).Text.Trim().ShouldBe(KnownAddress);
        var wrong = await RunAsync("incorrect horse\n", "key", "show", _folder.PathOf("relay.json"));
        (wrong.Code, wrong.Text.Contains("wrong password", StringComparison.Ordinal)).ShouldBe((1, true), wrong.Text);
        wrong.Text.ShouldNotContain("incorrect horse");

        // Not overwritten.
        var again = await RunAsync("", "key", "new", _folder.PathOf("relay.json"), "--password-file", password);
        again.Code.ShouldBe(2, again.Text);
        (await RunAsync("", "key", "show", _folder.PathOf("relay.json"), "--password-file", password)).Text.Trim().ShouldBe(KnownAddress);

        // Another program opens it.
        var cast = Path.Combine(SharedVectors.RepositoryRoot, "Contracts", "node_modules", ".bin", "cast");
        var decrypted = await ShortRun.RunAsync(cast, "", "wallet", "decrypt-keystore", "relay.json", "--keystore-dir", _folder.FullName, "--unsafe-password", "correct horse");
        (decrypted.Output + decrypted.Error).ShouldContain(KnownKey);
    }

    [Fact]
    public async Task New_Twice_MakesTwoKeysThatOpen()
    {
        var password = Secret("password", "p");
        var first = await RunAsync("", "key", "new", _folder.PathOf("a.json"), "--password-file", password);
        var second = await RunAsync("", "key", "new", _folder.PathOf("b.json"), "--password-file", password);
        (first.Code, second.Code).ShouldBe((0, 0), first.Text + second.Text);
        first.Text.ShouldNotBe(second.Text);
        (await RunAsync("", "key", "show", _folder.PathOf("b.json"), "--password-file", password)).Text.ShouldBe(second.Text);
    }

    [Theory]
    [InlineData("topsecret")]
    [InlineData("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff")]
    [InlineData("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("")]
    public async Task Import_NoKey_IsRefusedWithoutShowingIt(string key)
    {
        var refused = await RunAsync(key + "\n", "key", "import", _folder.PathOf("relay.json"), "--password-file", Secret("password", "p"));
        refused.Code.ShouldBe(2, refused.Text);
        refused.Text.ShouldContain("private key: ");
        if (key.Length > 0) refused.Text.ShouldNotContain(key);
        File.Exists(_folder.PathOf("relay.json")).ShouldBeFalse();
    }

    [Fact]
    public async Task Run_KeystoreThatOthersMayReadOrOfAnotherPassword_StopsAndNamesIt()
    {
        if (OperatingSystem.IsWindows()) return;

        var (keystore, password) = (_folder.PathOf("relay.json"), Secret("password", "p\n"));
        (await RunAsync("", "key", "new", keystore, "--password-file", password)).Code.ShouldBe(0);
        string[] run = ["run", "--data", _folder.PathOf("data"), "--set", "Chain:Rpc:0=http://127.0.0.1:1", "--set", $"Relay:KeystoreFile={keystore}", "--set"];

        var wrong = await RunAsync("", [.. run, $"Relay:PasswordFile={Secret("wrong", "q")}"]);
        (wrong.Code, wrong.Text.Contains($"Relay:KeystoreFile: {keystore}: wrong password", StringComparison.Ordinal)).ShouldBe((2, true), wrong.Text);
        var empty = await RunAsync("", [.. run, $"Relay:PasswordFile={Secret("empty", "\n")}"]);
        empty.Text.ShouldContain("Relay:PasswordFile: nothing found");
        var missing = await RunAsync("", [.. run, $"Relay:PasswordFile={_folder.PathOf("nowhere")}"]);
        missing.Text.ShouldContain("Relay:PasswordFile: ");

        File.SetUnixFileMode(keystore, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = await RunAsync("", [.. run, $"Relay:PasswordFile={password}"]);
        (open.Code, open.Text.Contains($"Relay:KeystoreFile: {keystore} is open to others (mode 404 found", StringComparison.Ordinal)).ShouldBe((2, true), open.Text);
        File.SetUnixFileMode(keystore, UnixFileMode.UserRead);
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        (await RunAsync("", [.. run, $"Relay:PasswordFile={password}"])).Text.ShouldContain($"Relay:PasswordFile: {password} is open to others");

        // All right, so the next thing is the node, which is none and is waited for.
        File.SetUnixFileMode(password, UnixFileMode.UserRead);
        await using var opened = SiloProcess.Start([.. run, $"Relay:PasswordFile={password}", "--set", "Gateway:Url=http://127.0.0.1:0", "--set", "Operations:Url=http://127.0.0.1:0"]);
        await opened.WaitForLineAsync("waiting for node 127.0.0.1:1: ");
        opened.Text.ShouldNotContain("Relay:");
    }

    [Theory]
    [InlineData("Relay:KeystoreFile=a", "Relay:PasswordFile: nothing found, the file with the password of the keystore file expected")]
    [InlineData("Relay:PasswordFile=a", "Relay:KeystoreFile: nothing found, a file, or a key in Relay:Key expected")]
    [InlineData("Relay:Accounts:0:KeystoreFile=a", "Relay:Accounts:0:PasswordFile: nothing found")]
    [InlineData("Relay:Accounts:0:Key=topsecret", "Relay:Accounts:0:Key: a secret found, 0x and 64 hex digits expected")]
    public async Task Run_HalfAnAccount_StopsAndNamesIt(string setting, string named)
    {
        var refused = await RunAsync("", "run", "--data", _folder.PathOf("data"), "--set", setting);
        (refused.Code, refused.Text.Contains(named, StringComparison.Ordinal)).ShouldBe((2, true), refused.Text);
    }

    [Fact]
    public async Task Run_OneAccountTwiceOrInBothPlaces_StopsAndNamesIt()
    {
        var twice = await RunAsync(
            "", "run", "--data", _folder.PathOf("data"), "--set", "Chain:Rpc:0=http://127.0.0.1:1", "--set", $"Relay:Accounts:0:Key={KnownKey}", "--set", $"Relay:Accounts:1:Key={KnownKey}");
        twice.Text.ShouldContain("Relay:Accounts:1: account 0xf39f");
        twice.Text.ShouldNotContain(KnownKey[2..]);
        var both = await RunAsync("", "run", "--data", _folder.PathOf("data"), "--set", $"Relay:Key={KnownKey}", "--set", $"Relay:Accounts:0:Key={KnownKey}");
        both.Text.ShouldContain("Relay:Accounts: 1 entries found, none beside an account of Relay itself");
    }

    private string Secret(string name, string content)
    {
        var path = _folder.PathOf(name);
        File.WriteAllText(path, content);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static async Task<(int Code, string Text)> RunAsync(string input, params string[] arguments)
    {
        var (code, output, error) = await ShortRun.SiloAsync(input, arguments);
        return (code, output + error);
    }
}
