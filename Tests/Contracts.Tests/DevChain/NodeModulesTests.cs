using Pythia.Contracts.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.DevChain;

/// <summary>Installing by lock file, in a folder without dependencies, so that nothing is fetched.</summary>
public sealed class NodeModulesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pythia-npm-").FullName;
    private readonly ContractsFolder _contracts;

    public NodeModulesTests()
    {
        Write("package.json", """{ "name": "empty", "version": "1.0.0", "private": true }""");
        Write("package-lock.json", """{ "name": "empty", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": { "": { "name": "empty", "version": "1.0.0" } } }""");
        _contracts = new ContractsFolder(_folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task EnsureAsync_NothingInstalled_InstallsOnceAndAgainWhenTheLockFileChanges()
    {
        var lines = new Lines();
        (await NodeModules.EnsureAsync(_contracts, TimeProvider.System, lines)).ShouldBeTrue();
        lines.Text.ShouldContain("npm ci");
        (await NodeModules.EnsureAsync(_contracts, TimeProvider.System)).ShouldBeFalse();
        File.AppendAllText(Path.Combine(_folder, "package-lock.json"), "\n");
        (await NodeModules.EnsureAsync(_contracts, TimeProvider.System)).ShouldBeTrue();
    }

    [Fact]
    public async Task EnsureAsync_ManyAtOnce_InstallOnce()
    {
        var installed = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => NodeModules.EnsureAsync(_contracts, TimeProvider.System)));
        installed.Count(i => i).ShouldBe(1);
    }

    [Fact]
    public async Task EnsureAsync_LockFileIsDamaged_ThrowsWithNpmsWords()
    {
        Write("package-lock.json", "{");
        var error = await Should.ThrowAsync<InvalidOperationException>(() => NodeModules.EnsureAsync(_contracts, TimeProvider.System));
        error.Message.ShouldContain("npm ci");
        error.Message.ShouldContain("0 expected");
        error.Message.ShouldContain("npm error");
    }

    [Fact]
    public void FoundryProgram_NotInstalled_SaysHow()
        => Should.Throw<FileNotFoundException>(() => _contracts.FoundryProgram("anvil")).Message.ShouldContain("npm ci");

    [Fact]
    public void Constructor_NoPackageJson_NamesTheFolder()
        => Should.Throw<DirectoryNotFoundException>(() => new ContractsFolder(Path.GetTempPath())).Message.ShouldContain(Path.GetTempPath().TrimEnd('/'));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private sealed class Lines : IProgress<string>
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public string Text => string.Join('\n', _lines);

        public void Report(string value) => _lines.Enqueue(value);
    }
}
