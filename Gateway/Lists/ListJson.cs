using System.Text.Json;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;

namespace Pythia.Gateway.Lists;

/// <summary>A page of a list or a history.</summary>
/// <param name="Next">Cursor of the next page; missing at the end.</param>
public sealed record PageJson<TEntry>(IReadOnlyList<TEntry> Items, string? Next);

/// <summary>An entry of a list.</summary>
/// <param name="Status">As in the view of the thing; <c>registered</c> for a batch.</param>
/// <param name="EndedBy">What ended a consent.</param>
public sealed record ListEntryJson(string Id, string Status, string? EndedBy, LedgerPosition? Position)
{
    internal static ListEntryJson Of(OwnerIndexKind kind, OwnerIndexItem item) => new(
        item.Id,
        kind switch
        {
            OwnerIndexKind.Devices => NameOf((DeviceStatus)item.Status),
            OwnerIndexKind.Consents or OwnerIndexKind.Granted => NameOf((ConsentStatus)item.Status),
            _ => "registered",
        },
        item.EndedBy.Length == 0 ? null : item.EndedBy,
        item.Position);

    private static string NameOf<TStatus>(TStatus status)
        where TStatus : struct, Enum
        => JsonNamingPolicy.CamelCase.ConvertName($"{status}");
}

/// <summary>The lanes of a chain.</summary>
public sealed record LanesJson(IReadOnlyList<LaneJson> Items);

/// <summary>A lane: an account that pays for intents.</summary>
public sealed record LaneJson(
    string Account, ulong NextNonce, int Waiting, int UnderWay, string Trouble, LaneTrouble TroubleCode, long TroubleSinceUnixMs, long OldestSentUnixMs)
{
    internal static LaneJson Of(string account, LaneView view) => new(
        account, view.NextNonce, view.Waiting, view.UnderWay, view.Trouble, view.TroubleCode, view.TroubleSinceUnixMs, view.OldestSentUnixMs);
}
