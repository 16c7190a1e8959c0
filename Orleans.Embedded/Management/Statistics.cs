using Orleans.Statistics;

namespace Orleans.Statistics
{
    /// <summary>Processor and memory of the process, measured once.</summary>
    public readonly struct EnvironmentStatistics : IEquatable<EnvironmentStatistics>
    {
        /// <summary>Bytes in use, as measured.</summary>
        public readonly long RawMemoryUsageBytes;

        /// <summary>Bytes in use. The same as measured: nothing is smoothed here.</summary>
        public readonly long FilteredMemoryUsageBytes;

        /// <summary>Bytes that are free, as measured.</summary>
        public readonly long RawAvailableMemoryBytes;

        /// <summary>Bytes that are free. The same as measured.</summary>
        public readonly long FilteredAvailableMemoryBytes;

        /// <summary>Bytes that the process may use at most: the machine's or the container's.</summary>
        public readonly long MaximumAvailableMemoryBytes;

        /// <summary>0 to 100, of all processors, since the measurement before.</summary>
        public readonly float RawCpuUsagePercentage;

        /// <summary>0 to 100. The same as measured.</summary>
        public readonly float FilteredCpuUsagePercentage;

        internal EnvironmentStatistics(long usedBytes, long maximumBytes, float cpuPercentage)
        {
            RawMemoryUsageBytes = FilteredMemoryUsageBytes = usedBytes;
            MaximumAvailableMemoryBytes = maximumBytes;
            RawAvailableMemoryBytes = FilteredAvailableMemoryBytes = Math.Max(0, maximumBytes - usedBytes);
            RawCpuUsagePercentage = FilteredCpuUsagePercentage = cpuPercentage;
        }

        /// <summary>0 to 100.</summary>
        public float MemoryUsagePercentage => NormalizedMemoryUsage * 100;

        /// <summary>0 to 100.</summary>
        public float AvailableMemoryPercentage => NormalizedAvailableMemory * 100;

        /// <summary>0 to 1.</summary>
        public float NormalizedMemoryUsage => Share(RawMemoryUsageBytes);

        /// <summary>0 to 1.</summary>
        public float NormalizedFilteredMemoryUsage => Share(FilteredMemoryUsageBytes);

        /// <summary>0 to 1.</summary>
        public float NormalizedAvailableMemory => Share(RawAvailableMemoryBytes);

        /// <summary>0 to 1.</summary>
        public float NormalizedFilteredAvailableMemory => Share(FilteredAvailableMemoryBytes);

        public static bool operator ==(EnvironmentStatistics left, EnvironmentStatistics right) => left.Equals(right);

        public static bool operator !=(EnvironmentStatistics left, EnvironmentStatistics right) => !left.Equals(right);

        /// <inheritdoc/>
        public bool Equals(EnvironmentStatistics other)
            => (RawMemoryUsageBytes, MaximumAvailableMemoryBytes) == (other.RawMemoryUsageBytes, other.MaximumAvailableMemoryBytes)
                && RawCpuUsagePercentage.Equals(other.RawCpuUsagePercentage);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is EnvironmentStatistics other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(RawMemoryUsageBytes, MaximumAvailableMemoryBytes, RawCpuUsagePercentage);

        /// <inheritdoc/>
        public override string ToString()
            => $"{RawMemoryUsageBytes:N0} of {MaximumAvailableMemoryBytes:N0} bytes in use, {RawCpuUsagePercentage:N1} % of the processors";

        private float Share(long bytes) => MaximumAvailableMemoryBytes <= 0 ? 0 : Math.Clamp((float)bytes / MaximumAvailableMemoryBytes, 0, 1);
    }

    /// <summary>Measures processor and memory. Register another to say what memory counts as used.</summary>
    public interface IEnvironmentStatisticsProvider
    {
        EnvironmentStatistics GetEnvironmentStatistics();
    }
}

namespace Orleans.Runtime
{
    /// <summary>How many activations of a class a silo has.</summary>
    public class SimpleGrainStatistic
    {
        /// <summary>The class, as its namespace, name and assembly.</summary>
        public string GrainType { get; set; } = "";

        public SiloAddress SiloAddress { get; set; } = SiloAddress.Zero;

        public int ActivationCount { get; set; }

        /// <inheritdoc/>
        public override string ToString() => $"{GrainType} on {SiloAddress}: {ActivationCount} activations";
    }

    /// <summary>One activation.</summary>
    public class DetailedGrainStatistic
    {
        /// <inheritdoc cref="SimpleGrainStatistic.GrainType"/>
        public string GrainType { get; set; } = "";

        public SiloAddress SiloAddress { get; set; } = SiloAddress.Zero;

        public GrainId GrainId { get; set; }
    }

    /// <summary>How often one grain called another. Not counted here.</summary>
    public struct GrainCallFrequency
    {
        public GrainId SourceGrain { get; set; }

        public GrainId TargetGrain { get; set; }

        public SiloAddress? SourceHost { get; set; }

        public SiloAddress? TargetHost { get; set; }

        public ulong CallCount { get; set; }
    }

    /// <summary>The numbers of a silo at one time.</summary>
    public class SiloRuntimeStatistics
    {
        internal SiloRuntimeStatistics(int activations, int recentlyUsed, EnvironmentStatistics environment, DateTime time)
        {
            ActivationCount = activations;
            RecentlyUsedActivationCount = recentlyUsed;
            EnvironmentStatistics = environment;
            DateTime = time;
        }

        public int ActivationCount { get; }

        /// <summary>Of them, those used within the last ten minutes.</summary>
        public int RecentlyUsedActivationCount { get; }

        public EnvironmentStatistics EnvironmentStatistics { get; }

        /// <summary>When the numbers were taken, UTC.</summary>
        public DateTime DateTime { get; }

        /// <summary>Percent of all processors.</summary>
        public float? CpuUsage => EnvironmentStatistics.FilteredCpuUsagePercentage;

        /// <summary>Bytes.</summary>
        public float? AvailableMemory => EnvironmentStatistics.FilteredAvailableMemoryBytes;

        /// <summary>Bytes.</summary>
        public long? MemoryUsage => EnvironmentStatistics.FilteredMemoryUsageBytes;

        /// <summary>Bytes.</summary>
        public long? TotalPhysicalMemory => EnvironmentStatistics.MaximumAvailableMemoryBytes;

        /// <summary>Never: the embedded engine sheds activations, not calls.</summary>
        public bool IsOverloaded => false;

        /// <summary>None: no client connects, no message leaves the process.</summary>
        public long ClientCount => 0;

        /// <inheritdoc cref="ClientCount"/>
        public long ReceivedMessages => 0;

        /// <inheritdoc cref="ClientCount"/>
        public long SentMessages => 0;

        /// <inheritdoc/>
        public override string ToString() => $"{ActivationCount} activations, {RecentlyUsedActivationCount} used recently, {EnvironmentStatistics}";
    }
}
