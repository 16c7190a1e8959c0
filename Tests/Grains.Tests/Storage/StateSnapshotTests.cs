using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Pythia.Grains.Clients;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.History;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Registry;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Tests.Storage;

/// <summary>The bytes of every stored state, as reviewed in <c>Snapshots/state.json</c>: a change there changes what old data reads as.</summary>
public sealed class StateSnapshotTests
{
    private static readonly PythiaStateSerializer Serializer = new();

    private static readonly LedgerPosition Position = new(7, "0xb1", 1_800_000_000, 3, "0x71");

    private static readonly QueuedIntent Queued = new(
        new IntentSubject(SubjectKind.Device, "31337/0xd1"), "0xc1", [1, 2, 255], 400_000, 1_800_000_600, "0xa1", "Freeze", "18446744073709551616", 90_000, 1_800_000_000_123, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

    private static readonly ImmutableArray<OutboxEntry> Outbox = [new OutboxEntry("0xe1", Queued, 1_800_000_000_123)];

    public static TheoryData<string> Names => [.. States().Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Serialize_FilledState_GivesTheReviewedBytes(string name)
    {
        WriteActual();
        using var reviewed = JsonDocument.Parse(File.ReadAllText(SnapshotPath("state.json")));
        var expected = reviewed.RootElement.GetProperty(name).GetRawText();

        Assert.Equal(expected, States().Single(s => s.Name == name).Json());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Deserialize_ReviewedBytes_GivesTheSameBytesAgain(string name)
    {
        var (_, json, again) = States().Single(s => s.Name == name);
        Assert.Equal(json(), again(json()));
    }

    [Fact]
    public void Snapshot_Names_AreThoseOfAllStates()
    {
        using var reviewed = JsonDocument.Parse(File.ReadAllText(SnapshotPath("state.json")));
        Assert.Equal(States().Select(s => s.Name), reviewed.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void Deserialize_NewerSchema_IsRefused()
    {
        var error = Assert.Throws<JsonException>(() => Read<DeviceState>("{\"status\":1,\"schemaVersion\":2}"));
        Assert.Contains("schema 2 found, at most 1 expected", error.Message);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"status\":1}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"schemaVersion\":1,\"status\":")]
    public void Deserialize_DamagedBytes_Throws(string json)
        => Assert.ThrowsAny<JsonException>(() => Read<DeviceState>(json));

    private static T Read<T>(string json) => Serializer.Deserialize<T>(new BinaryData(Encoding.UTF8.GetBytes(json)));

    // What the reviewed file would have to be: to look at, and to copy over it when the change is meant.
    private static void WriteActual()
        => File.WriteAllText(SnapshotPath("state.actual.json"), $"{{\n{string.Join(",\n", States().Select(s => $"  \"{s.Name}\": {s.Json()}"))}\n}}\n");

    private static string SnapshotPath(string name) => Path.Combine(AppContext.BaseDirectory, "Snapshots", name);

    private static (string Name, Func<string> Json, Func<string, string> Again) State<T>(string name, T state) => (
        name,
        () => Serializer.Serialize(state).ToString(),
        json => Serializer.Serialize(Read<T>(json)).ToString());

    private static IEnumerable<(string Name, Func<string> Json, Func<string, string> Again)> States() =>
    [
        State("device", new DeviceState
        {
            Branch = 4, Outbox = Outbox,
            Record = new DeviceRecord
            {
                Position = Position, HistoryCount = 9, Status = DeviceStatus.Active, Owner = "0xa1", Manufacturer = "0xa2", ModelId = "0x4d", Epoch = 2,
                PublicKey = "0x99", SecurityCounter = 5,
            },
            Before = [new RecordBefore<DeviceRecord>(7, "0xb1", new DeviceRecord { Status = DeviceStatus.Frozen })],
        }),
        State("device empty", new DeviceState()),
        State("manufacturer", new ManufacturerState { Record = new ManufacturerRecord { Batches = 2, Devices = 1_001 } }),
        State("device batch", new DeviceBatchState
        {
            Record = new DeviceBatchRecord { Batch = new DeviceBatchView("0x10", 1_000, Position, "https://maker.example/batch.json") },
        }),
        State("owner", new OwnerState
        {
            Record = new OwnerRecord { GrantEpoch = 3, OwnerEpoch = 1, Devices = 2, Recovery = "0xa3", RecoveryDelaySeconds = 86_400 },
        }),
        State("grantee", new GranteeState { Record = new GranteeRecord { Floor = 3 } }),
        State("consent", new ConsentState
        {
            Record = new ConsentRecord
            {
                Status = ConsentStatus.Active, Kind = ConsentKind.Command, DeviceId = "0xd1", DeviceEpoch = 1, Owner = "0xa1", Grantee = "0xb2", Scope = "0x5c",
                NotBeforeUnixSeconds = 1, NotAfterUnixSeconds = 2, GrantEpoch = 3, BondWei = "1000000000000000000", Policy = "0x90", IsOver = true,
            },
        }),
        State("policy", new PolicyState { Record = new PolicyRecord { Status = PolicyStatus.Published, Publisher = "0xa1", Document = [.. "{}"u8] } }),
        State("pythia registry", new PythiaRegistryState
        {
            Record = new PythiaRegistryRecord
            {
                Measurements = [new EndorsedValue(1, "0x3e", Position, Position)], Configurations = [new EndorsedValue(1, "0xcf", Position, null)],
                Endorsers = ["0xa1", "0xa2"], Threshold = 2, EndorsersVersion = 1,
            },
        }),
        State("registration desk", new RegistrationDeskState
        {
            Proposals = [new RegistrationView("0xd1", "0x1d", new RegistrationTerms("0x11", "0x22", "0x3e", "0xcf", "0x33", 4, "0x44", 5), "0xa1", [new EndorserSignature("0xa1", "0x51")])],
        }),
        State("registration evidence", new RegistrationEvidenceState { Evidence = [1, 2, 3] }),
        State("enclave key", new EnclaveKeyState
        {
            OwnRevocation = "0x55",
            Record = new EnclaveKeyRecord
            {
                Status = EnclaveKeyStatus.Revoked, SigningKey = "0x11", AgreementKeyHash = "0x22", NotAfterUnixSeconds = 4, Measurement = 1, Configuration = 1,
                Operator = "0x33", Evidence = "0x44", EndedBy = "itself",
            },
        }),
        State("intent", new IntentState
        {
            Stage = IntentStage.Failed, Version = 6, Queued = Queued, Lane = "0x1a", TransactionHash = "0x71", AcceptedByNodeUnixMs = 9,
            Position = Position, Reason = "PolicyExists()", Branch = 4,
        }),
        State("lane", new LaneState
        {
            UnderWay = [new OpenNonce(4, 8)],
            Closed = [new ClosedNonces(1, 4, 6, 7)],
            UsedBelow = 4,
        }),
        State("batch", new BatchState { Attempts = [new StoredBatch("0x71", [2, 248], ["0xe2"], "2000000000", "1000000000")] }),
        State("sweep", new SweepState { Notes = [new SweepNote(new IntentSubject(SubjectKind.Policy, "31337/0x90"), 41)], LastNumber = 42 }),
        State("ledger", new LedgerState
        {
            Next = 8, Branch = 4, BeganAnewAt = 3, Delivered = [new DeliveredBlock(7, "0xb1", 1_800_000_000, true)],
            Telling = new DeliveredBlock(8, "0xb2", 1_800_000_012, true), TakingBack = [new DeliveredBlock(8, "0xb3", 1_800_000_013, false)],
        }),
        State("ledger block", new LedgerBlockState
        {
            Block = new ToldBlock(
                8, "0xb2", [new ToldSubjects(SubjectKind.Grantee, ["0xa1/0xb2"])], ["0xe1"], [new ToldList("0xa1", OwnerIndexKind.Granted, ["0xc1"])], 4),
        }),
        State("history page", new HistoryPageState
        {
            Branch = 4, Entries = [new HistoryRecord(Position, "DeviceFrozen", [new HistoryField("deviceId", "0xd1")])],
        }),
        State("owner index", new OwnerIndexState { Ids = ["0xd1", "0xd2"] }),
        State("owner index split", new OwnerIndexState { IsSplit = true, Splits = 2, BegunBySplit = 1 }),
        State("expiry", new ExpiryState { Pages = 1, ConsentIds = ["0xc1"] }),
        State("client", new ClientState { Members = ImmutableSortedDictionary<string, QuotaUsage>.Empty.Add("", new(1, 2, 3, 4, 5, 6)) }),
        State("nonces", new NonceState { Used = ImmutableSortedDictionary<string, long>.Empty.Add("ab", 1_800_000_000) }),
        State("kept requests", new KeptRequestState
        {
            Requests = ImmutableSortedDictionary<string, KeptRequest>.Empty.Add("cd", new("ef", 1_800_000_000, new(202, "application/json", "/x", "{}"))),
        }),
    ];
}
