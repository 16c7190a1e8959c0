using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Runtime;
using Orleans.Versions.Compatibility;
using Orleans.Versions.Selector;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>Answers what an operator asks where it is asked: one silo knows its own numbers, so no call is sent and no filter sees one.</summary>
internal sealed class ManagementReference(GrainReferenceShared shared, IdSpan key) : GrainReference(shared, key), IManagementGrain
{
    public static readonly GrainType Type = GrainType.Create("management");

    private SiloRuntime Silo => Shared.Silo;

    private SiloAddress Here => Silo.Details.SiloAddress;

    public static void Register() => GrainModules.AddInterface(typeof(IManagementGrain), "Orleans.Runtime.IManagementGrain", static (shared, key) => new ManagementReference(shared, key));

    public Task<Dictionary<SiloAddress, SiloStatus>> GetHosts(bool onlyActive = false)
        => Answer(() => new Dictionary<SiloAddress, SiloStatus> { [Here] = Silo.PublicStatus });

    public Task<MembershipEntry[]> GetDetailedHosts(bool onlyActive = false)
        => Answer<MembershipEntry[]>(() =>
        [
            new MembershipEntry
            {
                SiloAddress = Here,
                SiloName = Silo.Details.Name,
                HostName = Silo.Details.DnsHostName,
                Status = Silo.PublicStatus,
                StartTime = Silo.StartedAt,
                IAmAliveTime = Silo.ActivationTime.GetUtcNow().UtcDateTime,
                SuspectTimes = [],
            },
        ]);

    public Task ForceGarbageCollection(SiloAddress[] hostsIds)
        => Answer(() =>
        {
            CheckHosts(hostsIds);
            GC.Collect();
            return true;
        });

    public Task ForceActivationCollection(SiloAddress[] hostsIds, TimeSpan ageLimit)
    {
        CheckHosts(hostsIds);
        return ForceActivationCollection(ageLimit);
    }

    public Task ForceActivationCollection(TimeSpan ageLimit) => Silo.CollectAsync(ageLimit);

    public Task ForceRuntimeStatisticsCollection(SiloAddress[] siloAddresses)
        => Answer(() =>
        {
            CheckHosts(siloAddresses);
            return Silo.Environment.GetEnvironmentStatistics();
        });

    public Task<SiloRuntimeStatistics[]> GetRuntimeStatistics(SiloAddress[] hostsIds)
        => Answer<SiloRuntimeStatistics[]>(() =>
        {
            CheckHosts(hostsIds);
            var activations = Silo.Activations();
            var recent = Silo.Clock.Now - Silo.Clock.Ticks(TimeSpan.FromMinutes(10));
            return
            [
                new SiloRuntimeStatistics(
                    activations.Count,
                    activations.Count(activation => activation.UsedSince(recent)),
                    Silo.Environment.GetEnvironmentStatistics(),
                    Silo.ActivationTime.GetUtcNow().UtcDateTime),
            ];
        });

    public Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics(SiloAddress[] hostsIds)
    {
        CheckHosts(hostsIds);
        return GetSimpleGrainStatistics();
    }

    public Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics()
        => Answer<SimpleGrainStatistic[]>(() =>
        [
            .. Silo.Activations().CountBy(activation => activation.GrainClass).Select(of => new SimpleGrainStatistic
            {
                GrainType = of.Key.FullName,
                SiloAddress = Here,
                ActivationCount = of.Value,
            }),
        ]);

    public Task<DetailedGrainStatistic[]> GetDetailedGrainStatistics(string[]? types = null, SiloAddress[]? hostsIds = null)
        => Answer<DetailedGrainStatistic[]>(() =>
        {
            CheckHosts(hostsIds);
            return
            [
                .. Silo.Activations().Where(activation => types is null || types.Contains(activation.GrainClass.FullName)).Select(activation => new DetailedGrainStatistic
                {
                    GrainType = activation.GrainClass.FullName,
                    SiloAddress = Here,
                    GrainId = activation.GrainId,
                }),
            ];
        });

    public Task<int> GetGrainActivationCount(GrainReference grainReference)
        => Answer(() => Silo.Activations(grainReference.GrainId).Count());

    public Task<int> GetTotalActivationCount() => Answer(() => Silo.Activations().Count);

    public async Task<object?[]> SendControlCommandToProvider<T>(string providerName, int command, object? arg = null)
        where T : IControllable
        => Silo.Services.GetKeyedServices<T>(providerName).FirstOrDefault() is { } provider
            ? [await provider.ExecuteCommand(command, arg)]
            : throw new ArgumentException($"no {typeof(T)} is registered under '{providerName}'", nameof(providerName));

    public ValueTask<SiloAddress?> GetActivationAddress(IAddressable reference)
    {
        var grainId = reference.GetGrainId();
        if (Silo.Classes.Get(grainId.Type).MaxLocalWorkers > 0)
        {
            throw new InvalidOperationException($"grain '{grainId}' is a stateless worker, expected a grain with one activation");
        }

        return new(Silo.Activations(grainId).Any() ? Here : null);
    }

    public ValueTask<List<GrainId>> GetActiveGrains(GrainType type)
        => new([.. Silo.Activations().Where(activation => activation.GrainId.Type == type).Select(activation => activation.GrainId).Distinct()]);

    public Task<List<GrainCallFrequency>> GetGrainCallFrequencies(SiloAddress[]? hostsIds = null)
        => Task.FromException<List<GrainCallFrequency>>(Refused("calls are counted to move grains between silos"));

    public ValueTask ResetGrainCallFrequencies(SiloAddress[]? hostsIds = null)
        => ValueTask.FromException(Refused("calls are counted to move grains between silos"));

    public Task SetCompatibilityStrategy(CompatibilityStrategy strategy) => NoVersions();

    public Task SetCompatibilityStrategy(GrainInterfaceType interfaceType, CompatibilityStrategy strategy) => NoVersions();

    public Task SetSelectorStrategy(VersionSelectorStrategy strategy) => NoVersions();

    public Task SetSelectorStrategy(GrainInterfaceType interfaceType, VersionSelectorStrategy strategy) => NoVersions();

    private static Task NoVersions() => Task.FromException(Refused("versions of interfaces are chosen between silos"));

    private static NotSupportedException Refused(string why) => new($"{why}, and the embedded engine is one silo");

    private static Task<TResult> Answer<TResult>(Func<TResult> ask)
    {
        try
        {
            return Task.FromResult(ask());
        }
        catch (Exception exception)
        {
            return Task.FromException<TResult>(exception);
        }
    }

    private void CheckHosts(SiloAddress[]? hosts)
    {
        if (hosts?.FirstOrDefault(host => !host.Equals(Here)) is { } other)
        {
            throw new SiloUnavailableException($"silo {other} found, expected {Here}: there is no other");
        }
    }
}
