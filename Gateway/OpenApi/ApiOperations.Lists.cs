using Pythia.Gateway.Lists;
using Pythia.Gateway.Problems;
using Pythia.Grains.History;
using static Pythia.Gateway.OpenApi.ApiExamples;

namespace Pythia.Gateway.OpenApi;

internal static partial class ApiOperations
{
    public static readonly ApiOperation OwnerDevices = List("listOwnerDevices", "Devices that an address owns now", DeviceId, "active", ApiAccess.OwnerOrClient);
    public static readonly ApiOperation OwnerConsents = List("listOwnerConsents", "Every consent that an address granted, dead ones too", ConsentId, "active", ApiAccess.OwnerOrClient);
    public static readonly ApiOperation OwnerGranted = List("listGrantedConsents", "Every consent that was granted to an address, dead ones too", ConsentId, "revoked", ApiAccess.OwnerOrClient);
    public static readonly ApiOperation ManufacturerBatches = List("listBatches", "Batches of devices that a manufacturer registered", Digest, "registered", ApiAccess.Anyone);

    public static readonly ApiOperation DeviceHistory = History("getDeviceHistory", "What happened to a device; for its owner of now", ApiAccess.OwnerOrClient);
    public static readonly ApiOperation ConsentHistory = History("getConsentHistory", "What happened to a consent; for its owner and its grantee", ApiAccess.OwnerOrClient);
    public static readonly ApiOperation OwnerHistory = History("getOwnerHistory", "What an owner did that reaches over all devices", ApiAccess.OwnerOrClient);
    public static readonly ApiOperation PolicyHistory = History("getPolicyHistory", "What happened to a policy", ApiAccess.Anyone);

    public static readonly ApiOperation Lanes = new("listLanes", "operation", "The accounts that pay for intents, and what holds them up", ApiAccess.Client)
    {
        Description = "For clients with the role Operate.",
        Replies = [new(200, "All of them.", Schema: typeof(LanesJson), Example: new LanesJson([new(OwnerAddress, 17, 3, 2, "", Grains.Mirror.LaneTrouble.None, 0, 1_766_000_000_000)]), HasTag: true)],
    };

    private static ApiParameter[] PageParameters =>
    [
        new("limit", "query", "limit", "Entries of a page; default 50."),
        new("cursor", "query", "cursor", "The member next of the page before."),
    ];

    private static ProblemType[] PageProblems => [ProblemTypes.BadId, ProblemTypes.BadNumber, ProblemTypes.BadCursor];

    private static ApiOperation List(string id, string summary, string entry, string status, ApiAccess access) => new(id, "lists", summary, access)
    {
        Description = access is ApiAccess.Anyone ? "" : "For the address itself, and for clients with the role Read.",
        Parameters = PageParameters,
        Replies =
        [
            new(200, "A page, in the order of the ids. The next page also stands in the header Link.", Schema: typeof(PageJson<ListEntryJson>),
                Example: new PageJson<ListEntryJson>([new(entry, status, null, Position)], "AY2KbX5T0o9bMHg"), HasTag: true),
        ],
        Problems = PageProblems,
    };

    private static ApiOperation History(string id, string summary, ApiAccess access) => new(id, "history", summary, access)
    {
        Description = access is ApiAccess.Anyone ? "" : "For those whom it is about, and for clients with the role Read.",
        Parameters = PageParameters,
        Replies =
        [
            new(200, "A page, newest first. The next page also stands in the header Link.", Schema: typeof(PageJson<HistoryEntry>),
                Example: new PageJson<HistoryEntry>([new(4, Position, "DeviceFrozen", [new("deviceId", DeviceId)], true)], null), HasTag: true),
        ],
        Problems = PageProblems,
    };
}
