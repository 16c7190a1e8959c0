using Microsoft.Extensions.Logging;
using Orleans.Utilities;

namespace Pythia.Engine.Grains;

/// <summary>Tells a crowd of observers.</summary>
[Alias("engine.ICrowdGrain")]
public interface ICrowdGrain : IGrainWithStringKey
{
    [Alias("Subscribe")]
    Task<int> SubscribeAsync(string name, IHearer hearer);

    [Alias("Unsubscribe")]
    Task<int> UnsubscribeAsync(string name);

    /// <summary>Asks each one; those that fail are forgotten. Returns how many are left.</summary>
    [Alias("AskAll")]
    Task<int> AskAllAsync(string what);

    /// <summary>Tells those whose name begins so.</summary>
    [Alias("TellSome")]
    Task TellSomeAsync(string what);

    /// <summary>How many are left an hour later.</summary>
    [Alias("AnHourLater")]
    Task<int> AnHourLaterAsync();
}

[GrainType("engine.crowd")]
public sealed class CrowdGrain(ILogger<CrowdGrain> logger) : Grain, ICrowdGrain
{
    private readonly ObserverManager<string, IHearer> _crowd = new(TimeSpan.FromMinutes(5), logger);

    public Task<int> SubscribeAsync(string name, IHearer hearer)
    {
        _crowd.Subscribe(name, hearer);
        return Task.FromResult(_crowd.Count);
    }

    public Task<int> UnsubscribeAsync(string name)
    {
        _crowd.Unsubscribe(name);
        return Task.FromResult(_crowd.Count);
    }

    public async Task<int> AskAllAsync(string what)
    {
        await _crowd.Notify(hearer => hearer.AskedAsync(what));
        return _crowd.Count;
    }

    public Task TellSomeAsync(string what)
    {
        var some = _crowd.Observers.Where(entry => entry.Key.StartsWith('a')).Select(entry => entry.Value).ToHashSet();
        _crowd.Notify(hearer => hearer.Told(what), some.Contains);
        return Task.CompletedTask;
    }

    public Task<int> AnHourLaterAsync()
    {
        var now = _crowd.GetDateTime();
        _crowd.GetDateTime = () => now.AddHours(1);
        _crowd.ClearExpired();
        return Task.FromResult(_crowd.Count);
    }
}
