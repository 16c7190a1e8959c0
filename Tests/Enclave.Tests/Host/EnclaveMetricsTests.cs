using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>What an operator can count.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class EnclaveMetricsTests(AnvilChain chain) : IClassFixture<AnvilChain>
{
    [Fact]
    public async Task Counters_AnswerAndRefusal_AreCountedByEnclaveAndReason()
    {
        var counted = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        using var listener = Listen("counted", counted);

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
    [Fact]
    public async Task Counters_ProcessOfItsOwnKilledOnce_GoOnUnderTheSameNames()
    {
        var counted = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        using var listener = Listen("relayed", counted);
        var device = Keccak256.HashData("relayed"u8);
        await chain.StoreDeviceAsync(device, Address.Zero, status: 1);
        await chain.StoreDeviceAsync(Keccak256.HashData("beside that"u8), Address.Zero, status: 1);
        await chain.MineAsync();
        var options = chain.Options();
        options.Id = "relayed";
        await using var enclave = await SupervisedEnclave.StartAsync(options, new() { PatienceMilliseconds = 20_000, PingSeconds = 1 });
        await enclave.AnswerAsync(device);
        await enclave.AnswerAsync(device);
        (await enclave.Enclave.AnswerAsync(new byte[] { 0 })).Refusal!.Reason.ShouldBe(RefusalReason.BadRequest);
        await enclave.UntilAsync(_ => counted.GetValueOrDefault("pythia.enclave.refusals BadRequest") == 1);
        counted["pythia.enclave.answers"].ShouldBe(2);
        counted["pythia.enclave.slots.fetched"].ShouldBe(1);
        counted["pythia.enclave.fetches Held"].ShouldBeGreaterThan(0);
        listener.RecordObservableInstruments();
        counted["pythia.enclave.cache.bytes"].ShouldBeGreaterThan(0);
        counted["pythia.enclave.head"].ShouldBe((long)(await enclave.Enclave.HeadAsync())!.Block);

        // Another process counts from zero; the silo goes on.
        await enclave.KillAsync();
        await enclave.AnswerAsync(device);
        await enclave.UntilAsync(_ => counted["pythia.enclave.answers"] == 3);
        counted["pythia.enclave.refusals BadRequest"].ShouldBe(1);
    }

    private static MeterListener Listen(string enclave, ConcurrentDictionary<string, long> counted)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (string.Equals(instrument.Meter.Name, EnclaveMetrics.MeterName, StringComparison.Ordinal)) self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var labels = tags.ToArray().ToDictionary(tag => tag.Key, tag => $"{tag.Value}", StringComparer.Ordinal);
            if (labels["enclave"] != enclave) return;

            var label = labels.GetValueOrDefault("reason") ?? labels.GetValueOrDefault("outcome");
            counted.AddOrUpdate($"{instrument.Name} {label}".Trim(), value, (_, sum) => instrument is ObservableGauge<long> ? value : sum + value);
        });
        listener.Start();
        return listener;
    }
}
