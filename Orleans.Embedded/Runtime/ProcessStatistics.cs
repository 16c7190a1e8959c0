using Orleans.Statistics;

namespace Pythia.Embedded.Runtime;

/// <summary>What the runtime says of its own process. Used memory is that of the last collection and what was allocated since.</summary>
internal sealed class ProcessStatistics(TimeProvider time) : IEnvironmentStatisticsProvider
{
    private readonly Lock _gate = new();
    private TimeSpan _lastCpu = Environment.CpuUsage.TotalTime;
    private long _lastAt = time.GetTimestamp();
    private float _lastPercentage;

    public EnvironmentStatistics GetEnvironmentStatistics()
        => new(Environment.WorkingSet, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, CpuPercentage());

    private float CpuPercentage()
    {
        lock (_gate)
        {
            var passed = time.GetElapsedTime(_lastAt);
            if (passed < TimeSpan.FromMilliseconds(100))
            {
                return _lastPercentage;
            }

            var cpu = Environment.CpuUsage.TotalTime;
            _lastPercentage = Math.Clamp((float)((cpu - _lastCpu) / passed / Environment.ProcessorCount * 100), 0, 100);
            (_lastCpu, _lastAt) = (cpu, time.GetTimestamp());
            return _lastPercentage;
        }
    }
}
