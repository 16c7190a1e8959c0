using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Pythia.Embedded.Tests.Sqlite;

/// <summary>
/// Writers on keys of their own, one write after the other on each key, that note what was acknowledged when. Afterwards any disk can be
/// asked whether it has what was acknowledged by then.
/// </summary>
internal sealed class PowerLossWorkload(int seed, Func<long> position)
{
    private const int Writers = 16;
    private const int KeysOfWriter = 4;
    private readonly ConcurrentDictionary<string, List<Step>> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, List<Step>> _reminders = new(StringComparer.Ordinal);

    /// <summary>Text null: cleared, or removed.</summary>
    private sealed record Step(string? Text, string? Etag, long AcknowledgedAt);

    public int Acknowledged => _states.Values.Concat(_reminders.Values).Sum(steps => steps.Count);

    /// <summary>The highest etag that was acknowledged before the journal was that long.</summary>
    public long NewestEtag(long cut)
        => _states.Values.Concat(_reminders.Values).SelectMany(steps => steps)
            .Where(step => step.AcknowledgedAt <= cut && step.Etag is not null).Select(step => long.Parse(step.Etag!)).DefaultIfEmpty().Max();

    /// <summary>Runs to the end.</summary>
    public Task RunAsync(OpenStore store, int writesEach)
        => Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(store, writer, writesEach))));

    /// <summary>Each thing that was acknowledged before the journal was that long and is not there as it was, in words.</summary>
    public async Task<IReadOnlyList<string>> FindMissingAsync(OpenStore store, long cut)
    {
        var missing = new List<string>();
        foreach (var (key, steps) in _states)
        {
            var found = await store.ReadAsync(key);
            Judge(missing, $"state {key}", steps, cut, found.State?.Text, found.ETag);
        }

        foreach (var (key, steps) in _reminders)
        {
            var found = await store.Reminders.ReadRow(GrainId.Create("note", key), "r");
            Judge(missing, $"reminder {key}", steps, cut, found is null ? null : $"{found.Period.TotalSeconds}", found?.ETag);
        }

        return missing;
    }

    // What was acknowledged last by then, or what came after it and was under way: one a key.
    private static void Judge(List<string> missing, string what, List<Step> steps, long cut, string? text, string? etag)
    {
        var last = steps.FindLastIndex(step => step.AcknowledgedAt <= cut);
        var possible = steps.Skip(Math.Max(last, 0)).Take(last < 0 ? 1 : 2).ToList();
        if (last < 0) possible.Add(new Step(null, null, 0));
        if (!possible.Exists(step => step.Text == text && (text is null || step.Etag == etag)))
            missing.Add($"{what}: etag {etag ?? "none"} found ({text?.Length ?? 0} characters), {string.Join(" or ", possible.Select(step => step.Etag ?? "none"))} expected");
    }

    private async Task WriteAsync(OpenStore store, int writer, int writes)
    {
        var random = new Random((seed * 31) + writer);
        var states = Enumerable.Range(0, KeysOfWriter).Select(_ => new GrainState<Note>()).ToArray();
        for (var turn = 0; turn < writes; turn++)
        {
            var at = random.Next(KeysOfWriter);
            if (random.Next(8) == 0) await RemindAsync(store, $"{writer}-{at}", turn);
            else await StoreAsync(store, $"{writer}-{at}", states[at], random);
        }
    }

    private async Task StoreAsync(OpenStore store, string key, GrainState<Note> state, Random random)
    {
        var clear = state.RecordExists && random.Next(6) == 0;
        var text = clear ? null : $"{key} " + new string((char)('a' + random.Next(26)), random.Next(random.Next(10) == 0 ? 40_000 : 3_000));
        if (text is null) await store.Storage.ClearStateAsync("note", GrainId.Create("note", key), state);
        else
        {
            state.State = new Note(text);
            await store.WriteAsync(key, state);
        }

        _states.GetOrAdd(key, _ => []).Add(new Step(text, state.ETag, position()));
    }

    private async Task RemindAsync(OpenStore store, string key, int turn)
    {
        var (grain, steps) = (GrainId.Create("note", key), _reminders.GetOrAdd(key, _ => []));
        if (steps.Count > 0 && steps[^1] is { Etag: { } etag } && turn % 3 == 0)
        {
            Assert.True(await store.Reminders.RemoveRow(grain, "r", etag));
            steps.Add(new Step(null, null, position()));
            return;
        }

        var entry = new ReminderEntry { GrainId = grain, ReminderName = "r", StartAt = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc), Period = TimeSpan.FromSeconds(60 + turn) };
        steps.Add(new Step($"{60 + turn}", await store.Reminders.UpsertRow(entry), position()));
    }
}
