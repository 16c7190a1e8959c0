using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>A backup is made while the silo runs, holds no key, and is put back whole or not at all.</summary>
public sealed class BackupTests(RunningBackup made) : IClassFixture<RunningBackup>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Backup_OfARunningSilo_HoldsItsFilesAndNothingElse()
    {
        made.Text.ShouldContain("Backup of chain 31337");
        Directory.GetFiles(made.Folder).Select(Path.GetFileName).ShouldBe(
            ["chain.json", "contracts.json", "grains.1.db", "grains.db", "manifest.json", "manifest.sha256"], ignoreOrder: true);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(made.Folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(made.Folder, "manifest.json")))!;
        ((int)manifest["shards"]!).ShouldBe(2);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Restore_ToANewFolder_IsWhatASiloGoesOnWith()
    {
        var data = _folder.PathOf("data");
        (await RunAsync("restore", made.Folder, "--data", data, "--set", "Data:Shards=2")).Code.ShouldBe(0);
        Directory.GetFiles(data).Select(Path.GetFileName).ShouldBe(["chain.json", "contracts.json", "grains.1.db", "grains.db"], ignoreOrder: true);

        await using var silo = SiloProcess.Start("run", "--data", data, "--set", "Data:Shards=2");
        await silo.WaitForLineAsync("Up. Ctrl-C stops it.");
        silo.Text.ShouldNotContain("  deployed ");
        silo.Signal(SiloProcess.SigTerm);
        (await silo.WaitForExitAsync()).ShouldBe(0, silo.Text);
    }

    [Theory(Skip = InOneProcess.Skip)]
    [InlineData("grains.1.db", "grains.1.db is damaged: ")]
    [InlineData("chain.json", "chain.json is damaged: ")]
    [InlineData("manifest.json", "manifest.json is damaged: SHA-256 ")]
    public async Task Restore_OneBitOfAFileFlipped_IsRefusedAndNamesIt(string file, string named)
    {
        var copy = Copy();
        var bytes = await File.ReadAllBytesAsync(Path.Combine(copy, file));
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(copy, file), bytes);
        await RefusedAsync(copy, named);
    }

    [Theory(Skip = InOneProcess.Skip)]
    [InlineData("grains.db", "grains.db")]
    [InlineData("manifest.json", "no backup found")]
    [InlineData("manifest.sha256", "manifest.sha256")]
    public async Task Restore_FileMissing_IsRefusedAndNamesIt(string file, string named)
    {
        var copy = Copy();
        File.Delete(Path.Combine(copy, file));
        await RefusedAsync(copy, named);
    }

    [Theory(Skip = InOneProcess.Skip)]
    [InlineData("format", "99", "format 99 found, at most 1 expected: a later version")]
    [InlineData("storageSchema", "99", "storage schema 99 found")]
    [InlineData("chainId", "5", "a backup of chain 5 found, of chain 31337 (Chain:Id) expected")]
    [InlineData("files/0/name", "\"../elsewhere.db\"", "file '../elsewhere.db' found")]
    [InlineData("files/0/name", "\".hidden.db\"", "file '.hidden.db' found")]
    [InlineData("files", "[]", "no files found")]
    [InlineData("more", "1", "more")]
    public async Task Restore_ManifestOfAnother_IsRefusedAndSaysWhy(string path, string value, string named)
    {
        var copy = Copy();
        var file = Path.Combine(copy, "manifest.json");
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        var names = path.Split('/');
        var parent = names[..^1].Aggregate(manifest, (node, name) => int.TryParse(name, out var at) ? node[at]! : node[name]!);
        parent[names[^1]] = JsonNode.Parse(value);
        var json = System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString());
        await File.WriteAllBytesAsync(file, json);
        await File.WriteAllTextAsync(Path.Combine(copy, "manifest.sha256"), $"{Convert.ToHexStringLower(SHA256.HashData(json))}  manifest.json\n");
        await RefusedAsync(copy, named);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task BackupAndRestore_FolderInUse_IsRefusedAndLeftAsItIs()
    {
        Directory.CreateDirectory(_folder.PathOf("used"));
        await File.WriteAllTextAsync(_folder.PathOf("used/mine"), "mine");

        var restored = await RunAsync("restore", made.Folder, "--data", _folder.PathOf("used"));
        (restored.Code, restored.Text.Contains("mine found in it", StringComparison.Ordinal)).ShouldBe((2, true), restored.Text);
        var backed = await RunAsync("backup", _folder.PathOf("used"), "--data", made.Data);
        (backed.Code, backed.Text.Contains("mine found in it", StringComparison.Ordinal)).ShouldBe((2, true), backed.Text);
        var inside = await RunAsync("backup", Path.Combine(made.Data, "copy"), "--data", made.Data);
        (inside.Code, inside.Text.Contains("a folder in the data folder found", StringComparison.Ordinal)).ShouldBe((2, true), inside.Text);
        Directory.GetFileSystemEntries(_folder.PathOf("used")).ShouldBe([_folder.PathOf("used/mine")]);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Backup_NoDataFolder_IsRefusedAndNamesIt()
    {
        var (code, text) = await RunAsync("backup", _folder.PathOf("target"), "--data", _folder.PathOf("nowhere"));
        code.ShouldBe(1, text);
        text.ShouldContain($"no folder {_folder.PathOf("nowhere")} found");
        Directory.GetFileSystemEntries(_folder.FullName).ShouldBeEmpty();
    }

    private async Task RefusedAsync(string backup, string named)
    {
        var goal = _folder.PathOf("data");
        var (code, text) = await RunAsync("restore", backup, "--data", goal);
        code.ShouldBe(1, text);
        text.ShouldContain(named);
        Directory.Exists(goal).ShouldBeFalse();
        Directory.GetDirectories(_folder.FullName).ShouldBe([backup], "nothing half done is left");
    }

    private string Copy()
    {
        var copy = _folder.PathOf("backup");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(made.Folder)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    private static async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        await using var silo = SiloProcess.Start(arguments);
        return (await silo.WaitForExitAsync(), silo.Text);
    }
}

/// <summary>A backup that was made while a silo of two storage files ran, with a file in its folder that looks like a key.</summary>
public sealed class RunningBackup : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Data => _folder.PathOf("data");

    public string Folder => _folder.PathOf("backup");

    /// <summary>What the backup said.</summary>
    public string Text { get; private set; } = "";

    public async Task InitializeAsync()
    {
        string? skipped = InOneProcess.Skip;
        if (skipped is not null) return;

        await using var silo = SiloProcess.Start("run", "--data", Data, "--set", "Data:Shards=2");
        await silo.WaitForLineAsync("Up. Ctrl-C stops it.");
        await File.WriteAllTextAsync(Path.Combine(Data, "relay-key.json"), "{}");
        await using var backup = SiloProcess.Start("backup", Folder, "--data", Data);
        var code = await backup.WaitForExitAsync();
        Text = backup.Text;
        code.ShouldBe(0, Text);
        silo.Signal(SiloProcess.SigTerm);
        (await silo.WaitForExitAsync()).ShouldBe(0, silo.Text);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();
}
