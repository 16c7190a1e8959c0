using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Clients;

/// <summary>Keeps what callers have used. Reentrant, so that reservations that come together are stored together.</summary>
[GrainType("client"), Reentrant]
public sealed class ClientGrain(
    [PersistentState("client", GrainStorage.Name)] IPersistentState<ClientState> client,
    TimeProvider time) : Grain, IClientGrain
{
    /// <summary>Callers of one bucket and day: what everyone together can make us store is bounded.</summary>
    public const int MostMembers = 1_000;

    private StateWriter<ClientState> _state = null!;
    private double _calls = double.NaN;
    private long _callsAt;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(client, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<QuotaReceipt> ReserveAsync(QuotaRequest request)
    {
        QuotaReceipt? receipt = null;
        await _state.ApplyAsync(state =>
        {
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            var usage = QuotaRules.At(state.Members.GetValueOrDefault(request.Member), now);
            var members = DropYesterdays(state.Members, now);
            if (!members.ContainsKey(request.Member) && members.Count >= MostMembers)
            {
                var full = new QuotaStanding("callers-per-day", members.Count, MostMembers, QuotaRules.DaySeconds, (int)(QuotaRules.DaySeconds - (now % QuotaRules.DaySeconds)));
                receipt = new(false, now, [full]);
                return state;
            }

            if (!QuotaRules.Allows(usage, request.Gas, request.Limits))
            {
                receipt = new(false, now, QuotaRules.Describe(usage, request.Limits, now, request.Gas));
                return state;
            }

            var next = QuotaRules.Add(usage, request.Gas);
            receipt = new(true, now, QuotaRules.Describe(next, request.Limits, now));
            return state with { Members = members.SetItem(request.Member, next) };
        });
        return receipt!;
    }

    /// <inheritdoc/>
    public Task GiveBackAsync(string member, long gas, long atUnixSeconds) => _state.ApplyAsync(state =>
        state.Members.TryGetValue(member, out var usage) && QuotaRules.GiveBack(usage, gas, atUnixSeconds) is var next && next != usage
            ? state with { Members = state.Members.SetItem(member, next) }
            : state);

    /// <inheritdoc/>
    public Task<int> TakeCallAsync(int perSecond, int burst)
    {
        var elapsed = double.IsNaN(_calls) ? 0 : time.GetElapsedTime(_callsAt).TotalSeconds;
        _calls = double.IsNaN(_calls) ? burst : Math.Min(burst, _calls + (elapsed * perSecond));
        _callsAt = time.GetTimestamp();
        if (_calls < 1) return Task.FromResult((int)Math.Ceiling((1 - _calls) * 1_000 / perSecond));

        _calls--;
        return Task.FromResult(0);
    }

    private static ImmutableSortedDictionary<string, QuotaUsage> DropYesterdays(ImmutableSortedDictionary<string, QuotaUsage> members, long now)
    {
        var day = now / QuotaRules.DaySeconds;
        return members.RemoveRange(members.Where(member => member.Value.Day != day).Select(member => member.Key));
    }
}
