using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>The manifest really run, where Gramine is installed: docs/decisions/029-under-gramine.md says what was seen.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed partial class GramineTests(AnvilChain chain, ITestOutputHelper output) : IClassFixture<AnvilChain>
{
    private const int Answers = 20_000;
    private const int Devices = 200;
    private const int SampleEvery = 100;
    private const long LoadedBytes = 160L << 20; // outside SGX Gramine has a copy of its own of each file that is mapped

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Hash32 Device = Keccak256.HashData("under Gramine"u8);

    // What the runtime asks for and does without, in Gramine 1.9: each was looked at (docs/decisions/029-under-gramine.md).
    private static readonly string[] Missing = ["clone3", "get_mempolicy", "getrusage", "membarrier", "prctl", "rseq"];

    [GramineFact("gramine-direct")]
    public async Task Answer_UnderLoad_IsTrueAndStaysWithinTheLimits()
    {
        var watch = Stopwatch.StartNew();
        await using var enclave = await GramineEnclave.StartAsync(chain.Options());
        output.WriteLine($"first head after {watch.Elapsed.TotalSeconds:0.0} s");
        Read(enclave.ProcessId, "idle");

        var identity = await enclave.Enclave.IdentifyAsync();
        using var key = Es256Key.TryImport(identity.SigningKey.Span).ShouldNotBeNull();
        watch.Restart();
        var devices = Enumerable.Range(0, Devices).Select(i => Keccak256.HashData(BitConverter.GetBytes(i))).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var i = worker; i < Answers; i += 16)
            {
                var request = new Request(Question.Create(devices[i % Devices], 0, Fact.OwnerOf), [.. BitConverter.GetBytes((long)i)], 0);
                var reply = await enclave.Enclave.AnswerAsync(request.Encode());
                reply.Refusal.ShouldBeNull();
                if (i % SampleEvery == 0) AnswerCheck.Check(reply.Answer.Span, request, key, identity.ConfigurationHash.Span).Fault.ShouldBe(AnswerFault.None);
            }
        })));
        output.WriteLine($"{Answers / watch.Elapsed.TotalSeconds:0} answers/s");
        var loaded = Read(enclave.ProcessId, $"after {Answers} answers");
        loaded["VmRSS"].ShouldBeLessThan(LoadedBytes);
        loaded["Threads"].ShouldBeLessThan(ManifestTests.MaxThreads);
    }

    [GramineFact("gramine-direct")]
    public async Task Run_HeadsQuotesAndTheEnd_AreAsTheyShouldBe()
    {
        await using var enclave = await GramineEnclave.StartAsync(chain.Options(), "trace", "gramine");
        var block = await chain.MineAsync();
        using var limit = new CancellationTokenSource(Patience);
        (await enclave.Enclave.WaitForHeadAsync(block - 1, limit.Token)).Block.ShouldBe(block);

        // No SGX, no quote: said by name, and nothing else fails with it.
        var refused = await Should.ThrowAsync<EnclaveException>(() => enclave.Enclave.AttestAsync(Device.ToArray(), default).AsTask());
        refused.Message.ShouldContain("/dev/attestation/attestation_type");
        await AskAsync(enclave.Enclave);

        (await enclave.TerminateAsync()).ShouldBe(0);
        enclave.Lines.ShouldContain(line => line.StartsWith("Information 3005 ", StringComparison.Ordinal));

        var log = await File.ReadAllTextAsync(enclave.GramineLog);
        UnsupportedCall().Matches(log).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ShouldBeSubsetOf(Missing);
        RefusedFile().Matches(log).Select(match => match.Groups["path"].Value).ShouldBeEmpty("each file that is there and not trusted is refused with EACCES");
        SecondLibC().IsMatch(log).ShouldBeFalse("one C library, not two");
    }

    [GramineFact("gramine-direct")]
    public async Task Start_TrustedFileChanged_EndsBeforeItRuns()
    {
        var changed = Directory.CreateTempSubdirectory("pythia-changed-");
        try
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "enclave"))) File.Copy(file, Path.Combine(changed.FullName, Path.GetFileName(file)));
            await using (await GramineEnclave.StartAsync(chain.Options(), app: changed.FullName))
            {
            }

            var failed = await Should.ThrowAsync<InvalidOperationException>(() => GramineEnclave.StartAsync(
                chain.Options(), app: changed.FullName, afterManifest: $"printf x >> {changed.FullName}/Pythia.Enclave.Verifier.dll"));
            failed.Message.ShouldContain("Pythia.Enclave.Verifier");
        }
        finally
        {
            changed.Delete(recursive: true);
        }
    }

    private static async Task AskAsync(SocketEnclave enclave)
    {
        var identity = await enclave.IdentifyAsync();
        using var key = Es256Key.TryImport(identity.SigningKey.Span).ShouldNotBeNull();
        var request = new Request(Question.Create(Device, 0, Fact.OwnerOf), [1, 2, 3, 4, 5, 6, 7, 8], 0);
        var reply = await enclave.AnswerAsync(request.Encode());
        AnswerCheck.Check(reply.Answer.Span, request, key, identity.ConfigurationHash.Span).Fault.ShouldBe(AnswerFault.None);
    }

    private Dictionary<string, long> Read(int process, string when)
    {
        var found = File.ReadLines($"/proc/{process}/status")
            .Select(line => line.Split([':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts[0] is "VmRSS" or "VmHWM" or "VmPeak" or "RssAnon" or "RssFile" or "Threads")
            .ToDictionary(parts => parts[0], parts => long.Parse(parts[1], CultureInfo.InvariantCulture) * (parts.Length > 2 ? 1_024 : 1), StringComparer.Ordinal);
        output.WriteLine($"{when}: {string.Join(", ", found.Select(pair => $"{pair.Key} {(pair.Key == "Threads" ? pair.Value : pair.Value / 1e6):0.#}"))}");
        return found;
    }

    [GeneratedRegex("Unsupported system call (?<name>\\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex UnsupportedCall();

    // openat(AT_FDCWD, "/a/file", …) = -13
    [GeneratedRegex("open(?:at)?\\([^\"\\n]*\"(?<path>[^\"]+)\"[^\\n]* = -13$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex RefusedFile();

    [GeneratedRegex("\"/lib/libc\\.so\"[^\\n]* = 0x", RegexOptions.CultureInvariant)]
    private static partial Regex SecondLibC();
}

/// <summary>Needs a program of Gramine's.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GramineFactAttribute : FactAttribute
{
    public GramineFactAttribute(string program)
    {
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? [];
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, program)))) Skip = $"{program} is not on the PATH";
    }
}
