using Orleans.Providers;

namespace Orleans.Providers
{
    /// <summary>A provider that takes commands from outside.</summary>
    public interface IControllable
    {
        Task<object?> ExecuteCommand(int command, object? arg);
    }
}

namespace Orleans.Runtime
{
    /// <summary>Counts of a cluster, and what an operator may ask of it. Key 0.</summary>
    /// <remarks>One silo answers for itself. A list of silos may name it, or be null or empty for all; another silo is refused by name.</remarks>
    public interface IManagementGrain : IGrainWithIntegerKey, IVersionManager
    {
        /// <summary>The silos and their states.</summary>
        Task<Dictionary<SiloAddress, SiloStatus>> GetHosts(bool onlyActive = false);

        /// <summary>The silos as the membership table has them.</summary>
        Task<MembershipEntry[]> GetDetailedHosts(bool onlyActive = false);

        Task ForceGarbageCollection(SiloAddress[] hostsIds);

        /// <inheritdoc cref="ForceActivationCollection(TimeSpan)"/>
        Task ForceActivationCollection(SiloAddress[] hostsIds, TimeSpan ageLimit);

        /// <summary>Ends what has been idle for so long, and waits for it.</summary>
        Task ForceActivationCollection(TimeSpan ageLimit);

        Task ForceRuntimeStatisticsCollection(SiloAddress[] siloAddresses);

        Task<SiloRuntimeStatistics[]> GetRuntimeStatistics(SiloAddress[] hostsIds);

        /// <summary>How many activations each class has on each silo.</summary>
        Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics(SiloAddress[] hostsIds);

        /// <inheritdoc cref="GetSimpleGrainStatistics(SiloAddress[])"/>
        Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics();

        /// <summary>Each activation; of these classes only, where <paramref name="types"/> names some.</summary>
        Task<DetailedGrainStatistic[]> GetDetailedGrainStatistics(string[]? types = null, SiloAddress[]? hostsIds = null);

        /// <summary>How many activations a grain has.</summary>
        Task<int> GetGrainActivationCount(GrainReference grainReference);

        Task<int> GetTotalActivationCount();

        Task<object?[]> SendControlCommandToProvider<T>(string providerName, int command, object? arg = null)
            where T : IControllable;

        /// <summary>The silo that has an activation of this grain; null if none has.</summary>
        ValueTask<SiloAddress?> GetActivationAddress(IAddressable reference);

        /// <summary>The grains of a type that have activations.</summary>
        ValueTask<List<GrainId>> GetActiveGrains(GrainType type);

        Task<List<GrainCallFrequency>> GetGrainCallFrequencies(SiloAddress[]? hostsIds = null);

        ValueTask ResetGrainCallFrequencies(SiloAddress[]? hostsIds = null);
    }
}
