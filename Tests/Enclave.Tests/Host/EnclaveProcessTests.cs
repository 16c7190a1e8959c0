using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Pythia.Enclave.Hosting;
using Pythia.Enclave.Tests.Sockets;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>pythia-enclave, killed as hard as can be: what was asked fails over or fails by name, it returns with new keys, and nothing of the old ones is left.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class EnclaveProcessTests(AnvilChain chain, ITestOutputHelper output) : IClassFixture<AnvilChain>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Hash32 Device = Keccak256.HashData("killed"u8);

    [Fact]
    public async Task Kill_UnderLoad_EveryAnswerIsTrueOrRefusedAndItReturnsWithNewKeys()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options());
        var identities = new List<EnclaveIdentity> { await enclave.Enclave.IdentifyAsync() };
        using var stop = new CancellationTokenSource();
        var answered = new ConcurrentBag<(byte[] Answer, Request Request)>();
        var failed = new ConcurrentBag<Exception>();
        var count = 0;
        var asking = Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var request = new Request(Question.Create(Device, 0, Fact.OwnerOf), [.. BitConverter.GetBytes(worker + (16L * i))], 0);
                try
                {
                    var reply = await enclave.Enclave.AnswerAsync(request.Encode());
                    if (reply.Refusal is null && Interlocked.Increment(ref count) % 16 == 0) answered.Add((reply.Answer.ToArray(), request));
                }
                catch (Exception e)
                {
                    failed.Add(e);
                }
            }
        })).ToArray();

        for (var kill = 0; kill < 3; kill++)
        {
            await enclave.AnsweredAsync(count, () => Volatile.Read(ref count), 200);
            await enclave.KillAsync();
            await enclave.AnsweredAsync(count, () => Volatile.Read(ref count), 200);
            identities.Add(await enclave.Enclave.IdentifyAsync());
        }

        await stop.CancelAsync();
        await Task.WhenAll(asking).WaitAsync(Patience);

        // No hang, and no failure but the named ones.
        failed.ShouldAllBe(e => e is EnclaveException && ((EnclaveException)e).Fault == EnclaveFault.Gone);
        identities.Select(identity => Hex.Format(identity.SigningKey.Span)).ShouldBeUnique();
        identities.Select(identity => Hex.Format(identity.AgreementKey.Span)).ShouldBeUnique();
        identities.ShouldAllBe(identity => identity.Current.Generation == 1);

        // Every answer is what was asked, by the key that its kid names.
        answered.Count.ShouldBeGreaterThan(50);
        foreach (var (answer, request) in answered)
        {
            SignedAnswer.Decode(answer, out var signed).ShouldBe(SignedAnswerError.None);
            var signer = identities.Single(identity => identity.KeyId.Span.SequenceEqual(signed!.KeyId));
            using var key = Es256Key.TryImport(signer.SigningKey.Span)!;
            AnswerCheck.Check(answer, request, key, signer.ConfigurationHash.Span).Fault.ShouldBe(AnswerFault.None);
        }

        enclave.Lines.ShouldContain(line => line.Contains("is started again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kill_Simulated_ComesBackAttestedAnew()
    {
        var platform = Directory.CreateTempSubdirectory("pythia-platform-");
        try
        {
            await using var enclave = await SupervisedEnclave.StartAsync(
                chain.Options(), new EnclaveProcessOptions { Attester = "simulated", SimulatedPlatform = platform.FullName, PatienceMilliseconds = 20_000 });
            var nonce = Keccak256.HashData("nonce"u8).ToArray();
            var before = await enclave.Enclave.AttestAsync(nonce);
            await enclave.KillAsync();
            var after = await enclave.Enclave.AttestAsync(nonce);
            var identity = await enclave.Enclave.IdentifyAsync();
            after.SigningKey.ToArray().ShouldBe(identity.SigningKey.ToArray());
            after.SigningKey.ToArray().ShouldNotBe(before.SigningKey.ToArray());
            foreach (var attestation in (EnclaveAttestation[])[before, after])
            {
                var bound = new Verifier.Attestation.KeyBinding(attestation.SigningKey, attestation.AgreementKey, attestation.ConfigurationHash, attestation.AnchorHash, nonce);
                attestation.Quote.Slice(368, 64).ToArray().ShouldBe(bound.ComputeReportData());
            }

            // Same code on the same platform: the measurement stays.
            after.Quote.Slice(112, 32).ToArray().ShouldBe(before.Quote.Slice(112, 32).ToArray());
        }
        finally
        {
            platform.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Hang_StoppedInItsTracks_IsKilledAndReturnsWithNewKeys()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(
            chain.Options(), new EnclaveProcessOptions { PatienceMilliseconds = 20_000, PingSeconds = 1, PingMisses = 2 });
        var before = await enclave.Enclave.IdentifyAsync();
        await enclave.KillAsync("-STOP");
        var after = await enclave.Enclave.IdentifyAsync();
        after.SigningKey.ToArray().ShouldNotBe(before.SigningKey.ToArray());
        enclave.Lines.ShouldContain(line => line.Contains("did not reply 2 times in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hang_AfterHelloBeforeAnyReply_IsKilledLongBeforeItsStartIsOver()
    {
        var folder = Directory.CreateTempSubdirectory("pythia-hang-");
        try
        {
            var options = new EnclaveProcessOptions { Program = await SupervisedEnclave.WriteScriptAsync(folder.FullName, "exec cat"), StartSeconds = 600, PingSeconds = 1, PingMisses = 2 };
            using var supervisor = new EnclaveSupervisor(chain.Options(), options, TimeProvider.System, NullLogger<EnclaveSupervisor>.Instance);
            using var peer = new ScriptedPeer(Path.Combine(supervisor.FilesFolder, "socket"));
            await supervisor.StartAsync(CancellationToken.None);
            using var limit = new CancellationTokenSource(Patience);
            while (supervisor.Status.ProcessId == 0) await Task.Delay(5, limit.Token);

            // Hello on one of the two ways, and not a word more on either.
            using var greeted = await peer.AcceptAsync().WaitAsync(limit.Token);
            while (supervisor.Status.Restarts == 0) await Task.Delay(5, limit.Token);
            supervisor.Status.Trouble!.ShouldContain("did not reply 2 times in a row");
            await supervisor.StopAsync(CancellationToken.None).WaitAsync(Patience);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Kill_GoodServiceAfterwards_CountsAsUpAgain()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(
            chain.Options(), new EnclaveProcessOptions { PatienceMilliseconds = 20_000, SteadySeconds = 1, PingSeconds = 1, RestartLimit = 1 });
        await enclave.KillAsync();
        var second = enclave.ProcessId;
        await enclave.UntilAsync(e => e.Status is { IsConnected: true, Restarts: 0 });
        enclave.ProcessId.ShouldBe(second, "it is the same process that counts as up");
    }

    /// <remarks>The runtime ends itself when it wants a thread and has no descriptor for it (exit code 134), so that it may be a new process that answers.</remarks>
    [Fact]
    public async Task Accept_NoFileDescriptorLeft_IsSaid_AndAnsweredWhenThereIs()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options());
        var process = enclave.ProcessId;
        (await LimitFilesAsync(process, "1:")).ShouldBe(0);
        await using var other = new SocketEnclave(SocketEnclave.Parse($"unix:{enclave.FilesFolder}/socket"), Patience);
        var asking = other.IdentifyAsync().AsTask();
        await enclave.UntilAsync(e => e.Lines.Any(line => line.Contains(" 3417 ", StringComparison.Ordinal)));
        await LimitFilesAsync(process, "4096:");
        (await asking.WaitAsync(Patience)).Current.Generation.ShouldBe(1UL);
    }

    [RootFact]
    public async Task Kill_AnySignal_LeavesNoKeyBehind()
    {
        var folder = Directory.CreateTempSubdirectory("pythia-leak-");
        try
        {
            await using var enclave = await SupervisedEnclave.StartAsync(chain.Options(), shell: (folder.FullName, "ulimit -c unlimited"));
            await enclave.AnswerAsync(Device);
            var identity = await enclave.Enclave.IdentifyAsync();

            // The scalars, as only root can find them: by trying what lies in the process's memory.
            var scalars = ProcessMemory.FindScalars(enclave.ProcessId, identity.SigningKey.Span, identity.AgreementKey.Span);
            scalars.ShouldNotBeNull().Count.ShouldBe(2, "both keys are in its memory, so the search finds what is there");
            var state = await File.ReadAllLinesAsync($"/proc/{enclave.ProcessId}/limits");
            state.Single(line => line.StartsWith("Max core file size", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4..6].ShouldBe(["0", "0"]);

            // Where a shell that is aborted leaves a core file, this process must not.
            var isCoreWritten = await WritesCoreAsync(folder.FullName);
            output.WriteLine($"core files are {(isCoreWritten ? "" : "not ")}written here");
            foreach (var signal in (string[])["-SYS", "-XCPU", "-KILL"])
            {
                await enclave.KillAsync(signal);
                await enclave.AnswerAsync(Device);
            }

            Directory.EnumerateFiles(folder.FullName, "*core*").ShouldBeEmpty();
            var places = (string[])[folder.FullName, enclave.FilesFolder, Path.Combine(AppContext.BaseDirectory, "enclave")];
            KeySearch.FindIn(places.SelectMany(place => Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories)), scalars).ShouldBeEmpty();
            KeySearch.FindIn(string.Join('\n', enclave.Lines), scalars).ShouldBeEmpty();

            // The search itself can fail: in each form in which a key may be written.
            KeySearch.FindIn($"key {Convert.ToHexString(scalars[0])}", scalars).ShouldNotBeEmpty();
            KeySearch.FindIn($"key {Convert.ToHexStringLower(scalars[1])}", scalars).ShouldNotBeEmpty();
            KeySearch.FindIn($"key {Convert.ToBase64String(scalars[1])}", scalars).ShouldNotBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Start_ProgramThatIsNotThere_SaysSoAndGoesOnTrying()
    {
        using var supervisor = new EnclaveSupervisor(
            chain.Options(),
            new EnclaveProcessOptions { Program = "/no/such/program", RestartMilliseconds = 10, RestartLimit = 3, PatienceMilliseconds = 1 },
            TimeProvider.System,
            NullLogger<EnclaveSupervisor>.Instance);
        await supervisor.StartAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(Patience);
        while (supervisor.Status.Restarts < 4) await Task.Delay(5, limit.Token);
        supervisor.Status.Trouble!.ShouldStartWith("/no/such/program can't be started");
        (await Should.ThrowAsync<EnclaveException>(() => supervisor.Enclave.IdentifyAsync().AsTask())).Fault.ShouldBe(EnclaveFault.Gone);
        await supervisor.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Run_StandardInputEnds_StopsByItself()
    {
        // A parent that dies closes it, whatever it died of.
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options());
        using var second = Start($"--config {enclave.FilesFolder}/config.json --host {WriteHost(enclave.FilesFolder)} --end-with-stdin");
        await SaidAsync(second, "3413");
        second.StandardInput.Close();
        await second.WaitForExitAsync().WaitAsync(Patience);
        second.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Run_Sigterm_StopsByItself()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options());
        using var second = Start($"--config {enclave.FilesFolder}/config.json --host {WriteHost(enclave.FilesFolder)}");
        await SaidAsync(second, "3413");
        using (var kill = Process.Start("kill", ["-TERM", $"{second.Id}"])) await kill.WaitForExitAsync();
        await second.WaitForExitAsync().WaitAsync(Patience);
        second.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("", 2, "pythia-enclave --config FILE")]
    [InlineData("--help", 0, "pythia-enclave --config FILE")]
    [InlineData("--config a --host b --verbose", 2, "pythia-enclave --config FILE")]
    [InlineData("--config /no/such/file --host /no/such/file", 2, "/no/such/file")]
    public async Task Run_WrongInput_SaysSo(string arguments, int exitCode, string text)
    {
        using var program = Start(arguments);
        var said = await program.StandardOutput.ReadToEndAsync() + await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync().WaitAsync(Patience);
        said.ShouldContain(text);
        program.ExitCode.ShouldBe(exitCode);
    }

    private static async Task<bool> WritesCoreAsync(string folder)
    {
        using (var shell = Process.Start("sh", ["-c", $"cd {folder} && ulimit -c unlimited && kill -ABRT $$"])) await shell.WaitForExitAsync();
        var cores = Directory.GetFiles(folder, "*core*");
        foreach (var core in cores) File.Delete(core);
        return cores.Length > 0;
    }

    private static async Task<int> LimitFilesAsync(int process, string limits)
    {
        using var prlimit = Process.Start("prlimit", ["--pid", $"{process}", $"--nofile={limits}"]);
        await prlimit.WaitForExitAsync();
        return prlimit.ExitCode;
    }

    private static Process Start(string arguments)
        => Process.Start(new ProcessStartInfo("dotnet", $"{Path.Combine(AppContext.BaseDirectory, "enclave", "pythia-enclave.dll")} {arguments}")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static string WriteHost(string folder)
    {
        var path = Path.Combine(folder, "second.json");
        File.WriteAllText(path, File.ReadAllText(Path.Combine(folder, "host.json")).Replace("/socket", "/second", StringComparison.Ordinal));
        return path;
    }

    private static async Task SaidAsync(Process process, string eventId)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Split(' ') is [_, var id, ..] && id == eventId) return;
        }

        throw new InvalidOperationException($"event {eventId} was awaited");
    }
}

/// <summary>A test that reads another process's memory; skipped with the reason where that is refused, as it is to everybody but root.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root, who alone can read the memory of pythia-enclave";
    }
}
