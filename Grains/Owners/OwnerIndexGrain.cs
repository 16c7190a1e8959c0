using System.Collections.Immutable;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Owners;

/// <summary>
/// One page of a list. It asks the subjects what belongs to it, and stores ids only. A page that grows too long splits by the next hex digit:
///  1. it stores all its ids, and the number of this split: who is not the only activation finds out here;
///  2. each of its sixteen pages takes its share, instead of whatever it held, if it has not heard of a later split;
///  3. this page forgets its ids and is split, in one write.
/// Dead in between it still has all ids, and splits again, under the next number, when it next grows.
/// </summary>
[GrainType("owner-index")]
public sealed class OwnerIndexGrain([PersistentState("owner-index", GrainStorage.Name)] IPersistentState<OwnerIndexState> index)
    : Grain, IOwnerIndexGrain
{
    /// <summary>Ids of a page at most.</summary>
    public const int PageSize = 1_000;

    private const string Digits = "0123456789abcdef";
    private const int AskedAtOnce = 32;
    private const int HexPrefix = 2;

    private StateWriter<OwnerIndexState> _state = null!;
    private ulong _chainId;
    private string _address = "";
    private string _kind = "";
    private string _prefix = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_chainId, var rest) = GrainKeys.Split(this.GetPrimaryKeyString());
        if (rest.Split('/') is not [var address, var kind, var prefix])
        {
            throw new FormatException($"Key '{this.GetPrimaryKeyString()}' found, '{{chain id}}/{{address}}/{{kind}}/{{prefix}}' expected");
        }

        (_address, _kind, _prefix) = (address, kind, prefix);
        _state = new(index, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<OwnerIndexPage> ListAsync(string? after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, OwnerIndex.MostListed);

        return _state.Current.IsSplit ? await ListPagesAsync(after, limit) : await ListOwnAsync(after, limit);
    }

    /// <inheritdoc/>
    public async Task LookAgainAsync(ImmutableArray<string> ids)
    {
        var known = _state.Current;
        if (known.IsSplit)
        {
            await Task.WhenAll(ids.GroupBy(DigitOf).Select(g => Page(g.Key).LookAgainAsync([.. g])));
            return;
        }

        var here = new List<string>();
        var gone = new List<string>();
        await Bounded.ForEachAsync(ids, AskedAtOnce, async id => (await AskAsync(id) is null ? gone : here).Add(id));
        var next = known.Ids.Union(here).Except(gone);
        if (next.Count > PageSize)
        {
            await SplitAsync(known, next);
            return;
        }

        await _state.ReplaceAsync(known, known.Ids.Count == next.Count && known.Ids.SetEquals(next) ? known : known with { Ids = next });
    }

    /// <inheritdoc/>
    public async Task AdoptAsync(long split, ImmutableArray<string> ids)
    {
        var known = _state.Current;
        if (split <= known.BegunBySplit)
        {
            return;
        }

        await _state.ReplaceAsync(known, known with { BegunBySplit = split, IsSplit = false, Ids = [.. ids] });
        if (ids.Length > PageSize)
        {
            await SplitAsync(_state.Current, [.. ids]);
        }
    }

    // All sixteen, also those that get nothing: what they held in an earlier life is void.
    private async Task SplitAsync(OwnerIndexState known, ImmutableSortedSet<string> ids)
    {
        // 1. number
        var splitting = known with { Splits = known.Splits + 1, Ids = ids };
        await _state.ReplaceAsync(known, splitting);

        // 2. shares
        var shares = ids.ToLookup(DigitOf);
        await Task.WhenAll(Digits.Select(d => Page(d).AdoptAsync(splitting.Splits, [.. shares[d]])));

        // 3. split
        await _state.ReplaceAsync(splitting, splitting with { IsSplit = true, Ids = [] });
    }

    private async Task<OwnerIndexPage> ListPagesAsync(string? after, int limit)
    {
        var items = ImmutableArray.CreateBuilder<OwnerIndexItem>(limit);
        var start = after is { } id && id.AsSpan(HexPrefix).StartsWith(_prefix) ? Digits.IndexOf(DigitOf(id)) : 0;
        for (var d = start; d < Digits.Length; d++)
        {
            var page = await Page(Digits[d]).ListAsync(after, limit - items.Count);
            items.AddRange(page.Items);
            if (page.Next is not null)
            {
                return new OwnerIndexPage(items.ToImmutable(), page.Next);
            }

            if (items.Count == limit)
            {
                return new OwnerIndexPage(items.ToImmutable(), d + 1 < Digits.Length ? items[^1].Id : null);
            }
        }

        return new OwnerIndexPage(items.ToImmutable(), null);
    }

    private async Task<OwnerIndexPage> ListOwnAsync(string? after, int limit)
    {
        var ids = _state.Current.Ids;
        var from = after is null ? 0 : ids.IndexOf(after) is var at and >= 0 ? at + 1 : ~ids.IndexOf(after);
        var some = Enumerable.Range(from, Math.Min(limit, ids.Count - from)).Select(i => ids[i]).ToArray();
        var asked = new OwnerIndexItem?[some.Length];
        await Bounded.ForEachAsync(Enumerable.Range(0, some.Length), AskedAtOnce, async i => asked[i] = await AskAsync(some[i]));
        return new OwnerIndexPage([.. asked.OfType<OwnerIndexItem>()], from + some.Length < ids.Count ? some[^1] : null);
    }

    // Null where it does not belong here.
    private async Task<OwnerIndexItem?> AskAsync(string id)
    {
        var key = GrainKeys.Of(_chainId, id);
        if (_kind == OwnerIndex.NameOf(OwnerIndexKind.Devices))
        {
            var device = await GrainFactory.GetGrain<IDeviceGrain>(key).GetAsync();
            return device.Owner == _address ? new OwnerIndexItem(id, (int)device.Status, "", device.Position) : null;
        }

        if (_kind == OwnerIndex.NameOf(OwnerIndexKind.Batches))
        {
            var batch = await GrainFactory.GetGrain<IDeviceBatchGrain>(GrainKeys.Of(_chainId, _address, id)).GetAsync();
            return batch is null ? null : new OwnerIndexItem(id, 1, "", batch.Position);
        }

        var consent = await GrainFactory.GetGrain<IConsentGrain>(key).GetAsync();
        var belongs = (_kind == OwnerIndex.NameOf(OwnerIndexKind.Consents) ? consent.Owner : consent.Grantee) == _address;
        return belongs ? new OwnerIndexItem(id, (int)consent.Status, consent.EndedBy, consent.Position) : null;
    }

    private char DigitOf(string id) => id[HexPrefix + _prefix.Length];

    private IOwnerIndexGrain Page(char digit)
        => GrainFactory.GetGrain<IOwnerIndexGrain>(GrainKeys.Of(_chainId, _address, _kind, $"{_prefix}{digit}"));
}

/// <summary>A page as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.OwnerIndexState")]
public sealed record OwnerIndexState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Its ids are on sixteen pages, by the hex digit after its prefix.</summary>
    [Id(1)] public bool IsSplit { get; init; }

    /// <summary>How often it began to split.</summary>
    [Id(3)] public long Splits { get; init; }

    /// <summary>By which split of the page above it began; 0 in the root.</summary>
    [Id(4)] public long BegunBySplit { get; init; }

    /// <summary>0x and 64 hex digits each.</summary>
    [Id(2)] public ImmutableSortedSet<string> Ids { get; init; } = [];
}
