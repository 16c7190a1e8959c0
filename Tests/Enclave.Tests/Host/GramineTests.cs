using System.Diagnostics;
using System.Globalization;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>The manifest really run, where Gramine is installed: docs/decisions/029 says what was seen.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class GramineTests(AnvilChain chain, ITestOutputHelper output) : IClassFixture<AnvilChain>
{
    private const int Answers = 20_000;
    private const int Devices = 200;
    private const long LoadedBytes = 128L << 20;

    [GramineFact]
    public async Task Answer_UnderGramine_IsTrueAndStaysWithinTheLimits()
    {
        var watch = Stopwatch.StartNew();
        await using var enclave = await GramineEnclave.StartAsync(chain.Options());
        output.WriteLine($"first head after {watch.Elapsed.TotalSeconds:0.0} s");
        Read(enclave.ProcessId, "idle");

        var identity = await enclave.Enclave.IdentifyAsync();
        using var key = Es256Key.TryImport(identity.SigningKey.Span).ShouldNotBeNull();
        watch.Restart();
        await LoadAsync(enclave.Enclave, (request, answer) => AnswerCheck.Check(answer.Span, request, key, identity.ConfigurationHash.Span).Fault.ShouldBe(AnswerFault.None));
        output.WriteLine($"{Answers / watch.Elapsed.TotalSeconds:0} answers/s");
        var loaded = Read(enclave.ProcessId, $"after {Answers} answers");
        loaded["VmRSS"].ShouldBeLessThan(LoadedBytes);
        loaded["Threads"].ShouldBeLessThan(ManifestTests.MaxThreads);

        foreach (var line in enclave.Lines) output.WriteLine(line);
    }

    private static async Task LoadAsync(SocketEnclave enclave, Action<Request, ReadOnlyMemory<byte>> check)
    {
        var devices = Enumerable.Range(0, Devices).Select(i => Keccak256.HashData(BitConverter.GetBytes(i))).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var i = worker; i < Answers; i += 16)
            {
                var request = new Request(Question.Create(devices[i % Devices], 0, Fact.OwnerOf), [.. BitConverter.GetBytes((long)i)], 0);
                var reply = await enclave.AnswerAsync(request.Encode());
                reply.Refusal.ShouldBeNull();
                if (i % 100 == worker) check(request, reply.Answer);
            }
        })));
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
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class GramineFactAttribute : FactAttribute
{
    public GramineFactAttribute()
    {
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? [];
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "gramine-direct")))) Skip = "gramine-direct is not on the PATH";
    }
}
