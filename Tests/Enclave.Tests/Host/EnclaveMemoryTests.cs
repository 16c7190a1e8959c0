using System.Globalization;
using Pythia.Enclave.Hosting;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>What pythia-enclave takes of memory and addresses, as the kernel counts it, with the environment of the manifest.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class EnclaveMemoryTests(AnvilChain chain, ITestOutputHelper output) : IClassFixture<AnvilChain>
{
    private const long IdleBytes = 64_000_000;
    private const long LoadedBytes = 128_000_000;
    private const int Answers = 20_000;
    private const int Devices = 200;

    // Under Gramine the enclave's size is a limit to addresses; here the kernel's is.
    private const long AddressBytes = 1L << 30;

    [Fact]
    public async Task Resident_IdleAndUnderLoad_StaysBelowTheLimits()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options());
        await enclave.AnswerAsync(Hash32.Zero);
        var idle = Read(enclave.ProcessId, "idle");
        idle["VmRSS"].ShouldBeLessThan(IdleBytes);

        await LoadAsync(enclave.Enclave);
        var loaded = Read(enclave.ProcessId, $"after {Answers} answers about {Devices} devices");
        loaded["VmRSS"].ShouldBeLessThan(LoadedBytes);

        // What it peaked at, too.
        loaded["VmHWM"].ShouldBeLessThan(LoadedBytes);
        (await File.ReadAllTextAsync($"/proc/{enclave.ProcessId}/environ")).TrimEnd('\0').Split('\0').Order(StringComparer.Ordinal)
            .ShouldBe(EnclaveEnvironment.Variables.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Addresses_LimitedToTheEnclavesSize_AreEnough()
    {
        var folder = Directory.CreateTempSubdirectory("pythia-addresses-");
        try
        {
            await using var enclave = await SupervisedEnclave.StartAsync(chain.Options(), shell: (folder.FullName, $"ulimit -v {AddressBytes >> 10}"));
            await LoadAsync(enclave.Enclave);
            var loaded = Read(enclave.ProcessId, "with addresses limited to 1 GiB");
            loaded["VmPeak"].ShouldBeLessThan(AddressBytes);
            loaded["Threads"].ShouldBeLessThan(ManifestTests.MaxThreads);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task LoadAsync(IEnclave enclave)
    {
        var devices = Enumerable.Range(0, Devices).Select(i => Keccak256.HashData(BitConverter.GetBytes(i))).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var i = worker; i < Answers; i += 16)
            {
                var nonce = i % 4 == 0 ? null : (byte[]?)BitConverter.GetBytes((long)i);
                var request = new Request(Question.Create(devices[i % Devices], 0, Fact.OwnerOf), nonce is null ? null : [.. nonce], 0);
                (await enclave.AnswerAsync(request.Encode())).Refusal.ShouldBeNull();
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
