using Microsoft.Extensions.Configuration;

namespace Pythia.Compliance;

/// <summary>
/// What section <c>Orleans</c> of the environment names: <c>Orleans__GrainStorage__compliance__ProviderType=Redis</c>,
/// <c>Orleans__Reminders__ProviderType=Redis</c> with their service keys; memory where it names none.
/// </summary>
public sealed class ConfiguredStore : StoreHost
{
    private static readonly IConfiguration Given = new ConfigurationBuilder().AddEnvironmentVariables().Build();

    public override bool KeepsOverRestart => NamesStorage && NamesReminders;

    public override bool RefusesEtagOfDeleted => NamesStorage;

    private static bool NamesStorage => Given.GetSection($"Orleans:GrainStorage:{Store}").Exists();

    private static bool NamesReminders => Given.GetSection("Orleans:Reminders").Exists();

    protected override void Configure(ISiloBuilder silo)
    {
        silo.UseLocalhostClustering();
        if (!NamesStorage) silo.AddMemoryGrainStorage(Store);
        if (!NamesReminders) silo.UseInMemoryReminderService();
    }
}

/// <summary>Two silos can't listen on one port: these classes take turns.</summary>
[CollectionDefinition(Name)]
public sealed class OneSilo
{
    public const string Name = "one silo";
}

[Collection(OneSilo.Name)]
public sealed class ConfiguredGrainStorageTests(ConfiguredStore store) : GrainStorageCompliance(store), IClassFixture<ConfiguredStore>;

[Collection(OneSilo.Name)]
public sealed class ConfiguredReminderTableTests(ConfiguredStore store) : ReminderTableCompliance(store), IClassFixture<ConfiguredStore>;
