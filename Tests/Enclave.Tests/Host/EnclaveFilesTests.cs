using Pythia.Enclave.Hosting;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>The child's files: nobody who clears them away, no silo that died and no second one keeps it from starting.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class EnclaveFilesTests(AnvilChain chain) : IClassFixture<AnvilChain>, IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("pythia-files-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Kill_FilesClearedAwayMeanwhile_ReturnsAllTheSame()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options(), new EnclaveProcessOptions { PatienceMilliseconds = 20_000, Folder = _root.FullName });
        enclave.FilesFolder.ShouldBe(Path.Combine(_root.FullName, "test"));
        File.GetUnixFileMode(enclave.FilesFolder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(enclave.FilesFolder, recursive: true);
        await enclave.KillAsync();
        await enclave.AnswerAsync(Hash32.Zero);
        Directory.EnumerateFileSystemEntries(enclave.FilesFolder).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["config.json", "host.json", "socket"]);
    }

    [Fact]
    public async Task Start_FolderTooLongForASocket_ListensInAShorterOne()
    {
        var folder = Path.Combine(_root.FullName, new string('l', 120));
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options(), new EnclaveProcessOptions { PatienceMilliseconds = 20_000, Folder = folder });
        await enclave.AnswerAsync(Hash32.Zero);
        Directory.EnumerateFiles(enclave.FilesFolder).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["config.json", "host.json"]);
    }

    [Fact]
    public void Create_SameEnclaveInOneFolder_IsRefusedAndAnotherIsNot()
    {
        using var first = Files("one");
        Should.Throw<IOException>(() => Files("one")).Message.ShouldContain("another silo found that runs enclave one in it");
        using var other = Files("two");
        first.Dispose();
        using var next = Files("one");
        next.EndPoint.ShouldBe(first.EndPoint);
    }

    [Fact]
    public void Create_LeftBehindByASiloThatDied_IsRemovedAndWhatIsInUseIsNot()
    {
        using var running = Files("running");
        var dead = Directory.CreateDirectory(Path.Combine(_root.FullName, "dead"));
        File.WriteAllText(Path.Combine(dead.FullName, "config.json"), "{}");
        File.WriteAllText(dead.FullName + ".lock", "");
        var foreign = Directory.CreateDirectory(Path.Combine(_root.FullName, "foreign"));

        // Its own leftovers too, also where a stranger could read them.
        var own = Directory.CreateDirectory(Path.Combine(_root.FullName, "one"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        File.WriteAllText(Path.Combine(own.FullName, "socket"), "");
        using var files = Files("one");
        Directory.Exists(dead.FullName).ShouldBeFalse();
        Directory.Exists(foreign.FullName).ShouldBeTrue("nobody said that it was an enclave's");
        File.Exists(running.Config).ShouldBeTrue();
        File.Exists(Path.Combine(own.FullName, "socket")).ShouldBeFalse();
        File.GetUnixFileMode(own.FullName).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("dead")]
    public void Create_FolderWithWhatIsNotOurs_LeavesIt(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root.FullName, name)).FullName;
        File.WriteAllText(folder + ".lock", "");
        File.WriteAllText(Path.Combine(folder, "host.json"), "{}");
        Directory.CreateDirectory(Path.Combine(folder, "kept"));
        using (var files = Files("one")) File.Exists(files.Config).ShouldBeTrue();

        Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).ShouldBe(["kept"]);
    }

    [Fact]
    public void Parse_PathLongerThanASockets_SaysHowLong()
    {
        SocketEnclave.Parse($"unix:/{new string('a', 106)}").ShouldNotBeNull();
        Should.Throw<FormatException>(() => SocketEnclave.Parse($"unix:/{new string('a', 107)}")).Message.ShouldContain("a path of 108 bytes found, at most 107 expected");
    }

    private EnclaveFiles Files(string id)
    {
        var options = chain.Options();
        options.Id = id;
        return new EnclaveFiles(options, new EnclaveProcessOptions { Folder = _root.FullName });
    }
}
