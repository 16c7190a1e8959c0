using System.Collections.Immutable;
using Pythia.Grains.Mirror;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.History;

/// <summary>Reads a subject's history from its pages. It stores nothing: the subject says how many entries count, the follower what is final.</summary>
[GrainType("history")]
public sealed class HistoryGrain : Grain, IHistoryGrain
{
    /// <inheritdoc/>
    public async Task<HistoryPage> ReadAsync(long? before, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, HistoryKeys.MostListed);

        var (chainId, rest) = GrainKeys.Split(this.GetPrimaryKeyString());
        var slash = rest.IndexOf('/');
        var subject = new IntentSubject(Enum.Parse<SubjectKind>(rest[..Math.Max(slash, 0)], ignoreCase: true), GrainKeys.Of(chainId, rest[(slash + 1)..]));
        var count = await GrainFactory.GetMirrored(subject).GetHistoryCountAsync();
        var final = (await GrainFactory.GetLedger(chainId).GetAsync()).FinalBlock;

        var end = Math.Clamp(before ?? count, 0, count);
        var first = Math.Max(0, end - limit);
        var entries = ImmutableArray.CreateBuilder<HistoryEntry>((int)(end - first));
        for (var page = (end - 1) / IHistoryPageGrain.Entries; end > 0 && page >= first / IHistoryPageGrain.Entries; page--)
        {
            var stored = await GrainFactory.GetGrain<IHistoryPageGrain>($"{this.GetPrimaryKeyString()}/{page}").GetAsync();
            var from = page * IHistoryPageGrain.Entries;

            // What was taken back meanwhile is missing at the end of a page.
            for (var n = Math.Min(end, from + stored.Length) - 1; n >= Math.Max(first, from); n--)
            {
                var entry = stored[(int)(n - from)];
                entries.Add(new HistoryEntry(n, entry.Position, entry.Event, entry.Fields, entry.Position.Block <= final));
            }
        }

        return new HistoryPage(entries.ToImmutable(), first > 0 ? first : null, count);
    }
}
