using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Pythia.Compliance;

/// <summary>A silo with the store and the reminder table that are judged.</summary>
public abstract class StoreHost : IAsyncLifetime
{
    /// <summary>Name of the store.</summary>
    public const string Store = "compliance";

    private IHost? _host;

    /// <summary>Whether a restart finds what was stored.</summary>
    public abstract bool KeepsOverRestart { get; }

    /// <summary>Whether a write with the etag of a record that was deleted is refused. Orleans' memory storage takes it as the first.</summary>
    public virtual bool RefusesEtagOfDeleted => true;

    public IGrainStorage Storage => _host!.Services.GetRequiredKeyedService<IGrainStorage>(Store);

    public IReminderTable Reminders => _host!.Services.GetRequiredService<IReminderTable>();

    public async Task InitializeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(Configure);
        _host = builder.Build();
        await _host.StartAsync();
    }

    public virtual async Task DisposeAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }

    /// <summary>Stops the silo and starts another on the same files or service.</summary>
    public async Task RestartAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
        await InitializeAsync();
    }

    protected abstract void Configure(ISiloBuilder silo);
}

/// <summary>What is stored here.</summary>
[GenerateSerializer, Alias("pythia.compliance.Record")]
public sealed class ComplianceRecord
{
    [Id(0)]
    public string Text { get; set; } = "";

    [Id(1)]
    public long Count { get; set; }

    [Id(2)]
    public byte[] Bytes { get; set; } = [];
}
