using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>What an operator can count.</summary>
public sealed class EnclaveMetricsTests(AnvilChain chain) : IClassFixture<AnvilChain>
{
    [Fact]
    public async Task Counters_AnswerAndRefusal_AreCountedByEnclaveAndReason()
    {
        var counted = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (string.Equals(instrument.Meter.Name, EnclaveMetrics.MeterName, StringComparison.Ordinal))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var labels = tags.ToArray().ToDictionary(tag => tag.Key, tag => $"{tag.Value}", StringComparer.Ordinal);
            if (labels["enclave"] == "counted")
            {
                counted.AddOrUpdate($"{instrument.Name} {labels.GetValueOrDefault("reason")}".Trim(), value, (_, sum) => sum + value);
            }
        });
        listener.Start();

        var device = Keccak256.HashData("counted"u8);
        await chain.StoreDeviceAsync(device, Address.Zero, status: 1);
        await chain.StoreDeviceAsync(Keccak256.HashData("beside it"u8), Address.Zero, status: 1);
        var block = await chain.MineAsync();
        var options = chain.Options();
        options.Id = "counted";
        await using (var enclave = RunningEnclave.Start(options))
        {
            await enclave.HeadAtAsync(block);
            await enclave.AskAsync(device, Fact.OwnerOf);
            await enclave.AskAsync(device, Fact.OwnerOf);
            await enclave.RefusedAsync(device, Fact.OwnerOf, ulong.MaxValue);
            listener.RecordObservableInstruments();
            counted["pythia.enclave.cache.bytes"].ShouldBe((await enclave.Enclave.HealthAsync()).CachedBytes);
        }

        counted["pythia.enclave.answers"].ShouldBe(2);
        counted["pythia.enclave.refusals HeadTooOld"].ShouldBe(1);
        counted["pythia.enclave.slots.cached"].ShouldBeGreaterThan(0);
        counted["pythia.enclave.slots.fetched"].ShouldBe(1);
        counted["pythia.enclave.head"].ShouldBeGreaterThan(0);
    }
}
