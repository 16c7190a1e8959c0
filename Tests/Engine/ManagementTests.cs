using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>What an operator may ask of a cluster.</summary>
[Collection(nameof(EngineCollection))]
public sealed class ManagementTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private IManagementGrain Management => engine.Client.GetGrain<IManagementGrain>(0);

    [Fact]
    public async Task Counts_AfterGrainsWereCalled_HaveThem()
    {
        var before = await OfClassAsync();
        for (var number = 0; number < 5; number++)
        {
            await engine.Client.GetGrain<ICensusGrain>($"{_key}-{number}").TouchAsync();
        }

        // Silos of one process, as in a test cluster, each show what the process has.
        Assert.True(await OfClassAsync() >= before + 5);
        Assert.Equal(5, (await Management.GetDetailedGrainStatistics([ClassName])).Count(statistic => statistic.GrainId.Key.ToString()!.StartsWith(_key + "-", StringComparison.Ordinal)));
        Assert.True(await Management.GetTotalActivationCount() >= before + 5);
    }

    [Fact]
    public async Task Details_OfAClass_NameItsGrains()
    {
        await Touched(_key).TouchAsync();
        var statistics = await Management.GetDetailedGrainStatistics([ClassName]);
        Assert.All(statistics, statistic => Assert.Equal(ClassName, statistic.GrainType));
        Assert.Contains(statistics, statistic => statistic.GrainId == Touched(_key).GetGrainId());
        Assert.Empty(await Management.GetDetailedGrainStatistics(["nothing"]));
    }

    [Fact]
    public async Task ActiveGrains_OfAType_HaveThoseThatWereCalled()
    {
        await Touched(_key).TouchAsync();
        Assert.Contains(Touched(_key).GetGrainId(), await Management.GetActiveGrains(GrainType.Create("engine.census")));
    }

    [Fact]
    public async Task Address_OfAGrain_IsItsSiloOnceItRuns()
    {
        Assert.Null(await Management.GetActivationAddress(Touched(_key)));
        await Touched(_key).TouchAsync();
        var address = await Management.GetActivationAddress(Touched(_key));
        Assert.NotNull(address);
        Assert.Contains(address, (await Management.GetHosts(onlyActive: true)).Keys);
        Assert.Equal(1, await Management.GetGrainActivationCount((GrainReference)Touched(_key)));
        Assert.Equal(0, await Management.GetGrainActivationCount((GrainReference)Touched(_key + "-other")));
    }

    [Fact]
    public async Task Address_OfAStatelessWorker_IsRefused()
        => await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await Management.GetActivationAddress(engine.Client.GetGrain<IPoolGrain>(_key)));

    [Fact]
    public async Task Hosts_AllOfThem_AreActive()
    {
        Assert.All(await Management.GetHosts(), host => Assert.Equal(SiloStatus.Active, host.Value));
        Assert.All(await Management.GetDetailedHosts(), host => Assert.NotNull(host.SiloName));
    }

    [Fact]
    public async Task RuntimeStatistics_OfASilo_CountItsActivations()
    {
        await Touched(_key).TouchAsync();
        var hosts = (await Management.GetHosts(onlyActive: true)).Keys.ToArray();
        await Management.ForceRuntimeStatisticsCollection(hosts);
        var statistics = await Management.GetRuntimeStatistics(hosts);
        Assert.Equal(hosts.Length, statistics.Length);
        Assert.True(statistics.Sum(silo => silo.ActivationCount) > 0);
        Assert.All(statistics, silo => Assert.True(silo.EnvironmentStatistics.MaximumAvailableMemoryBytes > 0));
    }

    private static string ClassName => $"{typeof(CensusGrain).FullName},{typeof(CensusGrain).Assembly.GetName().Name}";

    private ICensusGrain Touched(string key) => engine.Client.GetGrain<ICensusGrain>(key);

    private async Task<int> OfClassAsync()
        => (await Management.GetSimpleGrainStatistics()).Where(statistic => statistic.GrainType == ClassName).Sum(statistic => statistic.ActivationCount);
}
