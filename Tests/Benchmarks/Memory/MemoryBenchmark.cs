using Pythia.Benchmarks.Answers;
using Pythia.Benchmarks.Calls;
using Pythia.Benchmarks.Measuring;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;

namespace Pythia.Benchmarks.Memory;

/// <summary>What a grain costs that is there and does nothing, and one of a device that was just heard of and asked.</summary>
internal sealed class MemoryBenchmark : IBenchmark
{
    private const int Grains = 100_000;

    /// <summary>Architecture section 10: a hot device in the silo.</summary>
    private const double LimitBytes = 8 * 1_024;

    public string Name => "memory";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        await using var site = await Site.StartAsync(1, cancellationToken);
        var count = scale.Of(Grains);
        var idle = await CostAsync(count, async i => await site.Grains.GetGrain<INoOpGrain>(i).NoOpAsync());
        var devices = ClaimedDevices.Create(site.Chain.Deployment.DeviceRegistry);
        var active = await CostAsync(count, async i =>
        {
            var (id, claimed) = devices.Claim(i);
            var device = site.Grains.GetGrain<IDeviceGrain>(GrainKeys.Of(site.Chain.ChainId, id.ToString()));
            await device.ApplyAsync(claimed);
            var view = await device.GetAsync();
            if (view.Status is not DeviceStatus.Active) throw new InvalidOperationException($"device {id}: {view.Status} found, {DeviceStatus.Active} expected");
        });

        report.Add(
            "Memory of a grain",
            $"Managed heap after a full collection, for each of {count} grains, references and dictionaries included. Idle: activated, called once, no state. "
                + "Active: a device whose claim was mirrored and stored, and that was asked. Limit: 8 kB a hot device.",
            [
                new Measured("idle", idle, "bytes", "limit", LimitBytes),
                new Measured("active device", active, "bytes", "limit", LimitBytes),
            ]);
    }

    private static async Task<double> CostAsync(int count, Func<int, Task> touch)
    {
        const int AtOnce = 64;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => await touch(i));
        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;
    }
}

/// <summary>Claims of devices as the follower brings them.</summary>
internal sealed class ClaimedDevices
{
    private readonly Address _registry;
    private readonly Contracts.Abi.AbiEvent _form;

    private ClaimedDevices(Address registry, Contracts.Abi.AbiEvent form) => (_registry, _form) = (registry, form);

    public static ClaimedDevices Create(Address registry)
        => new(registry, RegistryAbi.DeviceRegistry.Events.Single(e => e.Name == "DeviceClaimed"));

    /// <summary>A device of its own for each number.</summary>
    public (Hash32 Id, BlockNews Claimed) Claim(int number)
    {
        var id = Keccak256.HashData(BitConverter.GetBytes(number));
        object[] values = [id, _registry, _registry, Hash32.FromUInt64((ulong)number), id, id, id];
        var parameters = _form.Parameters.Select((p, i) => (p.Indexed, p.Type, Parameter: p, Value: values[i])).ToArray();
        byte[] topics = [.. _form.Topic.ToArray(), .. parameters.Where(p => p.Indexed).SelectMany(p => Contracts.Abi.AbiEvent.TopicOf(p.Type, p.Value).ToArray())];
        var rest = parameters.Where(p => !p.Indexed).ToArray();
        var data = Contracts.Abi.AbiCodec.Encode([.. rest.Select(p => p.Parameter)], rest.Select(p => (object?)p.Value).ToArray());
        var position = new LedgerPosition(1, id.ToString(), 1, 0, id.ToString());
        var claimed = new LedgerEvent(position, _registry.ToString(), [.. topics], [.. data]);

        // Later than whatever the site's own follower says.
        return (id, new BlockNews(new LedgerBranch(uint.MaxValue, 0), 1, id.ToString(), 1, [claimed]));
    }
}
