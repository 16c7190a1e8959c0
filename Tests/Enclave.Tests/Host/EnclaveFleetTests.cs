using Pythia.Enclave.Hosting;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>Several enclaves of one build: what tells them apart, and what must not.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class EnclaveFleetTests(AnvilChain chain) : IClassFixture<AnvilChain>, IDisposable
{
    private const int MeasurementOffset = 112; // 48 bytes of header, 64 of the report body (QuoteFormat)

    private readonly DirectoryInfo _platform = Directory.CreateTempSubdirectory("pythia-platform-");

    public void Dispose() => _platform.Delete(recursive: true);

    [Fact]
    public async Task Attest_OtherNameOrOtherConfiguration_OnlyTheSecondIsMeasured()
    {
        var one = MeasureAsync("one", 24);
        var two = MeasureAsync("two", 24);
        var three = MeasureAsync("three", 25);
        (await two).ShouldBe(await one);
        (await three).ShouldNotBe(await one);
    }

    private async Task<string> MeasureAsync(string id, int keyLifetimeHours)
    {
        var options = chain.Options();
        (options.Id, options.KeyLifetimeHours) = (id, keyLifetimeHours);
        await using var enclave = await SupervisedEnclave.StartAsync(
            options, new EnclaveProcessOptions { Attester = "simulated", SimulatedPlatform = _platform.FullName, PatienceMilliseconds = 20_000 });
        (await enclave.Enclave.IdentifyAsync()).Id.ShouldBe(id);
        var attestation = await enclave.Enclave.AttestAsync(new byte[32]);
        return Convert.ToHexStringLower(attestation.Quote.Slice(MeasurementOffset, 32).Span);
    }
}
