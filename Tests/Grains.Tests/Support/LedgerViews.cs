using System.Text.Json;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.History;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;

namespace Pythia.Tests.Support;

/// <summary>All that can be read of some subjects, as text: views, lists, histories. Two worlds that followed the same chain give the same text.</summary>
public sealed class LedgerViews(ulong chainId)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public HashSet<string> Devices { get; } = [];

    public HashSet<string> Addresses { get; } = [];

    public HashSet<string> Consents { get; } = [];

    public HashSet<string> Policies { get; } = [];

    /// <summary>Adds whatever these blocks of logs name.</summary>
    public LedgerViews Naming(IEnumerable<RegistryEvent> events)
    {
        foreach (var happened in events)
        {
            Add(happened);
        }

        return this;
    }

    /// <param name="grains">Who is asked.</param>
    /// <param name="withFinality">Also whether entries of histories are final, which an earlier follower may not know yet.</param>
    public async Task<string> ReadAsync(IGrainFactory grains, bool withFinality = false)
    {
        var read = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var id in Devices)
        {
            read[$"device {id}"] = await grains.GetGrain<IDeviceGrain>(Key(id)).GetAsync();
            await AddHistoryAsync(read, grains, SubjectKind.Device, id, withFinality);
        }

        foreach (var id in Consents)
        {
            read[$"consent {id}"] = await grains.GetGrain<IConsentGrain>(Key(id)).GetAsync();
            await AddHistoryAsync(read, grains, SubjectKind.Consent, id, withFinality);
        }

        foreach (var id in Policies)
        {
            var policy = await grains.GetGrain<IPolicyGrain>(Key(id)).GetAsync();
            read[$"policy {id}"] = new { policy.Status, policy.Publisher, Document = Hex.Format(policy.Document.AsSpan()), policy.Position, policy.Pending };
            await AddHistoryAsync(read, grains, SubjectKind.Policy, id, withFinality);
        }

        foreach (var address in Addresses)
        {
            read[$"owner {address}"] = await grains.GetGrain<IOwnerGrain>(Key(address)).GetAsync();
            read[$"manufacturer {address}"] = await grains.GetGrain<IManufacturerGrain>(Key(address)).GetAsync();
            await AddHistoryAsync(read, grains, SubjectKind.Owner, address, withFinality);
            await AddHistoryAsync(read, grains, SubjectKind.Manufacturer, address, withFinality);
            foreach (var kind in Enum.GetValues<OwnerIndexKind>())
            {
                read[$"list {address} {kind}"] = await ListAsync(grains, address, kind);
            }

            foreach (var grantee in Addresses)
            {
                read[$"floor {address} {grantee}"] = await grains.GetGrain<IOwnerGrain>(Key(address)).GetGranteeFloorAsync(grantee);
            }
        }

        return JsonSerializer.Serialize(read, Json);
    }

    /// <summary>A whole list, read so many entries at a time.</summary>
    public async Task<List<OwnerIndexItem>> ListAsync(IGrainFactory grains, string address, OwnerIndexKind kind, int limit = 3)
    {
        var index = grains.GetGrain<IOwnerIndexGrain>(OwnerIndex.KeyOf(chainId, address, kind));
        var items = new List<OwnerIndexItem>();
        string? after = null;
        do
        {
            var page = await index.ListAsync(after, limit);
            items.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return items;
    }

    /// <summary>A whole history, oldest first, read seven entries at a time.</summary>
    public async Task<List<HistoryEntry>> HistoryAsync(IGrainFactory grains, SubjectKind kind, string id)
    {
        var history = grains.GetGrain<IHistoryGrain>(HistoryKeys.Of(chainId, kind, id));
        var entries = new List<HistoryEntry>();
        long? before = null;
        do
        {
            var page = await history.ReadAsync(before, 7);
            entries.AddRange(page.Entries);
            before = page.Next;
        }
        while (before is not null);
        entries.Reverse();
        return entries;
    }

    private async Task AddHistoryAsync(SortedDictionary<string, object?> read, IGrainFactory grains, SubjectKind kind, string id, bool withFinality)
        => read[$"history {kind} {id}"] = (await HistoryAsync(grains, kind, id)).ConvertAll(e => withFinality ? e : e with { IsFinal = false });

    private void Add(RegistryEvent happened)
    {
        switch (happened)
        {
            case BatchRegistered e:
                Addresses.Add($"{e.Manufacturer}");
                break;
            case DeviceClaimed e:
                Devices.Add($"{e.DeviceId}");
                Addresses.UnionWith([$"{e.Owner}", $"{e.Manufacturer}"]);
                break;
            case DeviceTransferred e:
                Addresses.UnionWith([$"{e.From}", $"{e.To}"]);
                break;
            case ConsentGranted e:
                Consents.Add($"{e.ConsentId}");
                Addresses.UnionWith([$"{e.Owner}", $"{e.Terms.Grantee}"]);
                break;
            case PolicyPublished e:
                Policies.Add($"{e.PolicyId}");
                break;
            default:
                break;
        }
    }

    private string Key(string id) => GrainKeys.Of(chainId, id);
}
