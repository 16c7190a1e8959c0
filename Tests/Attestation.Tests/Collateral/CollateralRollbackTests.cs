using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Collateral;

/// <summary>A source that goes back from early sets to standard ones, or to an older number: refused by name, whatever else has ended, until the operator names the number.</summary>
public sealed class CollateralRollbackTests : IDisposable
{
    private const int Standard = 17;
    private const int Early = 18;

    private static readonly CollateralKey Key = new("51ad00000000", PlatformCa: false);
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Start);
    private readonly string _folder = Directory.CreateTempSubdirectory("rollback").FullName;
    private readonly SimulatedPlatform _platform;
    private readonly List<CollateralStore> _stores = [];
    private Func<QuoteCollateral> _sends;

    public CollateralRollbackTests()
    {
        _platform = SimulatedPlatform.Create(_time);
        _sends = () => Set(Early);
    }

    public void Dispose()
    {
        foreach (var store in _stores) store.Dispose();
        _platform.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(13, false)] // hours: what is kept holds
    [InlineData(13, true)]
    [InlineData(31 * 24, false)] // it has ended
    [InlineData(31 * 24, true)]
    public async Task GetAsync_EarlyThenStandard_IsRolledBackAlsoAfterARestart(int hoursLater, bool restarts)
    {
        var store = Begin(0);
        await store.GetAsync(Key);
        _time.Advance(TimeSpan.FromHours(hoursLater));
        _sends = () => Set(Standard);
        if (restarts) store = Begin(0);
        await store.GetAsync(Key);
        await store.RefreshDueAsync();

        var found = await store.GetAsync(Key);
        found.Standing.EvaluationNumber.ShouldBe(Early);
        found.Standing.WentBackFrom.ShouldBeNull();
        found.Standing.Trouble!.Detail.ShouldContain($"TCB info: evaluation number {Standard} found, {Early} or higher expected");
        (found.Collateral is null).ShouldBe(hoursLater > 24, "what is kept serves to its end and no longer");
    }

    [Theory]
    [InlineData(13)]
    [InlineData(31 * 24)]
    public async Task GetAsync_OperatorNamesTheNumber_GoesBackAndSaysSo(int hoursLater)
    {
        await Begin(0).GetAsync(Key);
        _time.Advance(TimeSpan.FromHours(hoursLater));
        _sends = () => Set(Standard);
        var back = await GoBackAsync(Standard);
        (back.Standing.EvaluationNumber, back.Standing.WentBackFrom, back.Standing.Trouble).ShouldBe((Standard, Early, null));

        // The setting may go again, and the number does not come back lower.
        _time.Advance(TimeSpan.FromHours(13));
        _sends = () => Set(Standard - 1);
        var after = Begin(0);
        await after.GetAsync(Key);
        await after.RefreshDueAsync();
        (await after.GetAsync(Key)).Standing.Trouble!.Kind.ShouldBe(CollateralTroubleKind.RolledBack);
    }

    [Theory]
    [InlineData("another number than the one that was named")]
    [InlineData("the number in one of both documents")]
    [InlineData("an older revocation list")]
    public async Task GetAsync_OperatorNamesTheNumber_NothingElseThatIsOlderIsTaken(string lie)
    {
        await Begin(0).GetAsync(Key);
        _time.Advance(TimeSpan.FromHours(13));
        _sends = lie switch
        {
            "another number than the one that was named" => () => Set(Standard - 1),
            "the number in one of both documents" => () => Set(Early) with { TcbInfo = Set(Standard).TcbInfo },
            _ => () => Set(Standard) with { PckCrl = _platform.IssueCollateral(new SimulatedStanding { IssuedAt = Start.AddHours(-1) }).PckCrl },
        };
        var found = await GoBackAsync(Standard);
        (found.Standing.EvaluationNumber, found.Standing.Trouble!.Kind).ShouldBe((Early, CollateralTroubleKind.RolledBack));
    }

    [Fact]
    public async Task GetAsync_HigherNumberIssuedEarlier_IsNewer()
    {
        _sends = () => Set(Standard);
        var store = Begin(0);
        await store.GetAsync(Key);
        _time.Advance(TimeSpan.FromHours(13));

        // Early sets are issued in their own rhythm; revocation lists are of now.
        var early = _platform.IssueCollateral(new SimulatedStanding { EvaluationNumber = Early, IssuedAt = Start.AddHours(-2) });
        _sends = () => Set(Early) with { TcbInfo = early.TcbInfo, QeIdentity = early.QeIdentity };
        await store.RefreshDueAsync();
        (await store.GetAsync(Key)).Standing.EvaluationNumber.ShouldBe(Early);

        // Within the number the earlier issue is the older one still.
        _time.Advance(TimeSpan.FromHours(13));
        var older = _platform.IssueCollateral(new SimulatedStanding { EvaluationNumber = Early, IssuedAt = Start.AddHours(-3) });
        _sends = () => Set(Early) with { TcbInfo = older.TcbInfo };
        await store.RefreshDueAsync();
        (await store.GetAsync(Key)).Standing.Trouble!.Detail.ShouldContain("TCB info: issued");
    }

    private async Task<CollateralLookup> GoBackAsync(int number)
    {
        var store = Begin(number);
        await store.GetAsync(Key);
        await store.RefreshDueAsync();
        return await store.GetAsync(Key);
    }

    private QuoteCollateral Set(int number) => _platform.IssueCollateral(new SimulatedStanding { EvaluationNumber = number });

    // A start of the silo: over what the folder holds.
    private CollateralStore Begin(int number)
    {
        var store = new CollateralStore(new Source(this), QuoteTrust.Of(_platform.RootKey), new CollateralOptions { EvaluationNumber = number }, _time, _folder);
        _stores.Add(store);
        return store;
    }

    private sealed class Source(CollateralRollbackTests tests) : ICollateralSource
    {
        public ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default) => ValueTask.FromResult(tests._sends());
    }
}
