using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Collateral;

/// <summary>The last good collateral: kept over restarts, served to its last second, never given up for something older, broken or foreign.</summary>
public sealed class CollateralStoreTests : IAsyncLifetime
{
    private static readonly CollateralKey Key = new("51ad00000000", PlatformCa: false);
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Start);
    private readonly string _folder = Directory.CreateTempSubdirectory("collateral").FullName;
    private readonly HttpClient _http = PccsClient.CreateHttp();
    private SimulatedPlatform _platform = null!;
    private PccsDouble _pccs = null!;
    private CollateralStore _store = null!;
    private SimulatedStanding _standing = new();

    public async Task InitializeAsync()
    {
        _platform = SimulatedPlatform.Create(_time);
        _pccs = await PccsDouble.StartAsync(_platform);
        _pccs.Collateral = () => _platform.IssueCollateral(_standing);
        _store = Store();
    }

    public async Task DisposeAsync()
    {
        _store.Dispose();
        await _pccs.DisposeAsync();
        _http.Dispose();
        _platform.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task GetAsync_First_AsksAndKeeps()
    {
        var found = await _store.GetAsync(Key);
        found.Collateral.ShouldNotBeNull();
        found.Standing.ShouldBe(new CollateralStanding(Key, 17, Start, Start.AddDays(30), Trouble: null));
        (await _store.GetAsync(Key)).Collateral.ShouldBeSameAs(found.Collateral);
        _pccs.Asked.Count.ShouldBe(4, "kept collateral is not asked for again");
    }

    [Fact]
    public async Task GetAsync_ManyAtOnce_AskOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => _store.GetAsync(Key))));
        _pccs.Asked.Count.ShouldBe(4);
    }

    [Fact]
    public async Task RefreshDueAsync_BeforeAndAfterItsTime_AsksOnlyAfter()
    {
        await _store.GetAsync(Key);
        _time.Advance(TimeSpan.FromHours(11));
        await _store.RefreshDueAsync();
        _pccs.Asked.Count.ShouldBe(4);

        _time.Advance(TimeSpan.FromHours(2));
        await _store.RefreshDueAsync();
        _pccs.Asked.Count.ShouldBe(8);
        (await _store.GetAsync(Key)).Standing.NotBefore.ShouldBe(Start.AddHours(13));
    }

    [Fact]
    public async Task RefreshDueAsync_EndNearerThanTheInterval_AsksInTime()
    {
        _standing = new SimulatedStanding { Lifetime = TimeSpan.FromHours(30) };
        await _store.GetAsync(Key);
        _time.Advance(TimeSpan.FromHours(7)); // 23 hours are left, 12 hours not over
        await _store.RefreshDueAsync();
        _pccs.Asked.Count.ShouldBe(8);
    }

    [Fact]
    public async Task GetAsync_ServiceGone_ServesTheLastGoodToItsLastSecondAndNeverAfter()
    {
        var first = await _store.GetAsync(Key);
        _pccs.Misbehave = NotFoundAsync;

        _time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        await _store.RefreshDueAsync();
        var last = await _store.GetAsync(Key);
        last.Collateral.ShouldBeSameAs(first.Collateral);
        last.Standing.Trouble!.Kind.ShouldBe(CollateralTroubleKind.Unknown);

        _time.Advance(TimeSpan.FromSeconds(1));
        var ended = await _store.GetAsync(Key);
        ended.Collateral.ShouldBeNull();
        ended.Standing.Trouble!.Kind.ShouldBe(CollateralTroubleKind.Expired);
        ended.Standing.Trouble!.Detail.ShouldContain("Unknown 127.0.0.1/sgx/certification/v4/tcb: status 404 found");
        ended.Standing.Trouble!.Since.ShouldBe(Start.AddDays(30));
    }

    [Fact]
    public async Task GetAsync_ServiceBack_IsGoodAgain()
    {
        _pccs.Misbehave = NotFoundAsync;
        (await _store.GetAsync(Key)).Collateral.ShouldBeNull();
        _pccs.Misbehave = _ => Task.FromResult(false);
        (await _store.GetAsync(Key)).Collateral.ShouldBeNull("the pause after a failure is kept");
        _pccs.Asked.Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromMinutes(5));
        var again = await _store.GetAsync(Key);
        again.Collateral.ShouldNotBeNull();
        again.Standing.Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task Trouble_FailureAfterFailure_StandsSinceTheFirst()
    {
        _pccs.Misbehave = NotFoundAsync;
        await _store.GetAsync(Key);
        _time.Advance(TimeSpan.FromMinutes(10));
        (await _store.GetAsync(Key)).Standing.Trouble!.Since.ShouldBe(Start);
    }

    [Fact]
    public async Task GetAsync_AfterARestart_HasWhatWasKeptAlthoughTheServiceIsGone()
    {
        await _store.GetAsync(Key);
        _store.Dispose();
        _pccs.Misbehave = NotFoundAsync;
        _time.Advance(TimeSpan.FromDays(29));

        using var again = Store();
        var found = await again.GetAsync(Key);
        found.Collateral.ShouldNotBeNull();
        found.Standing.NotAfter.ShouldBe(Start.AddDays(30));

        await again.RefreshDueAsync();
        again.Standings.ShouldHaveSingleItem().Trouble!.Kind.ShouldBe(CollateralTroubleKind.Unknown, "after a restart it is asked for at once");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"Schema":2}""")]
    [InlineData("""{"Schema":1}""")]
    [InlineData("""{"Schema":1,"TcbInfo":"!"}""")]
    [InlineData("""{"Schema":1,"TcbInfo":"\ud800"}""")]
    public async Task GetAsync_DamagedFile_IsAskedForAgainAndWrittenOver(string content)
    {
        var path = Path.Combine(_folder, "sgx-51ad00000000-processor.json");
        await File.WriteAllTextAsync(path, content);
        using var store = Store();
        var found = await store.GetAsync(Key);
        found.Collateral.ShouldNotBeNull();
        found.Standing.Trouble.ShouldBeNull();
        new FileInfo(path).Length.ShouldBeGreaterThan(5_000);
        Directory.GetFiles(_folder).ShouldHaveSingleItem("no draft is left");
    }

    [Fact]
    public async Task GetAsync_FileWithTextThatIsNone_IsAskedForAgainAndWrittenOver()
    {
        await _store.GetAsync(Key);
        var path = Path.Combine(_folder, "sgx-51ad00000000-processor.json");
        var stored = JsonNode.Parse(await File.ReadAllBytesAsync(path))!;
        stored["TcbInfo"] = Convert.ToBase64String(NoText);
        await File.WriteAllTextAsync(path, stored.ToJsonString());
        using var store = Store();
        (await store.GetAsync(Key)).Standing.Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task GetAsync_MostWhiteSpaceThatIsTaken_FitsIntoEvidence()
    {
        var now = _platform.IssueCollateral();
        var rest = CheckedCollateral.MaxBytes - EvidenceLength(now);
        _pccs.Collateral = () => now with { TcbInfo = (byte[])[.. now.TcbInfo!.Value.Span, .. Enumerable.Repeat((byte)' ', rest)] };
        var found = (await _store.GetAsync(Key)).Collateral.ShouldNotBeNull();

        var binding = new KeyBinding(new byte[64], new byte[64], new byte[32], new byte[32], new byte[32]);
        new EnclaveEvidence(_platform.Quote(new SimulatedEnclave(new byte[32]), binding.ComputeReportData()), binding, null, found).Encode().Length.ShouldBeGreaterThan(CheckedCollateral.MaxBytes);

        static int EvidenceLength(QuoteCollateral collateral)
            => new[] { collateral.TcbInfo, collateral.TcbInfoIssuerChain, collateral.QeIdentity, collateral.QeIdentityIssuerChain, collateral.RootCaCrl, collateral.PckCrl, collateral.PckCrlIssuerChain }
                .Sum(piece => piece!.Value.Length);
    }

    [Fact]
    public async Task GetAsync_FileOfAnotherRoot_IsNotBelieved()
    {
        using var stranger = SimulatedPlatform.Create(_time);
        _pccs.Collateral = () => stranger.IssueCollateral();
        using (var theirs = Store(QuoteTrust.Of(stranger.RootKey)))
        {
            (await theirs.GetAsync(Key)).Collateral.ShouldNotBeNull();
        }

        _pccs.Misbehave = NotFoundAsync;
        using var store = Store();
        (await store.GetAsync(Key)).Collateral.ShouldBeNull();
    }

    [Fact]
    public async Task GetAsync_FolderThatTakesNoWrite_ServesAndSaysSo()
    {
        var blocked = Path.Combine(_folder, "blocked");
        await File.WriteAllTextAsync(blocked, "a file where the folder should be");
        using var store = Store(folder: blocked);
        var found = await store.GetAsync(Key);
        found.Collateral.ShouldNotBeNull();
        found.Standing.Trouble!.Kind.ShouldBe(CollateralTroubleKind.StoreDamaged);
    }

    [Fact]
    public async Task GetAsync_AsASource_GivesWhatIsKeptOrSaysWhyNot()
    {
        ICollateralSource source = _store;
        (await source.GetAsync(Key)).ShouldBeSameAs((await _store.GetAsync(Key)).Collateral);
        _pccs.Misbehave = NotFoundAsync;
        _time.Advance(TimeSpan.FromDays(31));
        (await Should.ThrowAsync<CollateralException>(async () => await source.GetAsync(Key))).Kind.ShouldBe(CollateralTroubleKind.Expired);
    }

    [Fact]
    public async Task GetAsync_NoSource_SaysSo()
    {
        using var store = new CollateralStore(source: null, QuoteTrust.Of(_platform.RootKey), new CollateralOptions(), _time, folder: null);
        var found = await store.GetAsync(Key);
        found.Collateral.ShouldBeNull();
        found.Standing.Trouble!.Kind.ShouldBe(CollateralTroubleKind.NoSource);
    }

    [Fact]
    public async Task RefreshDueAsync_HangingService_KeepsNobodyFromWhatIsKept()
    {
        await _store.GetAsync(Key);
        var (asked, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _pccs.Misbehave = async _ =>
        {
            asked.TrySetResult();
            await go.Task;
            return false;
        };
        _time.Advance(TimeSpan.FromHours(13));
        var refreshing = _store.RefreshDueAsync();
        await asked.Task;

        (await _store.GetAsync(Key)).Collateral.ShouldNotBeNull();
        refreshing.IsCompleted.ShouldBeFalse();
        go.SetResult();
        await refreshing;
        (await _store.GetAsync(Key)).Standing.NotBefore.ShouldBe(Start.AddHours(13));
    }

    /// <summary>Every way in which a service can send something that must not take the place of what is kept.</summary>
    public static TheoryData<string, CollateralTroubleKind, string> Lies => new()
    {
        { "lower evaluation number", CollateralTroubleKind.RolledBack, "TCB info: evaluation number 16 found, 17 or higher expected" },
        { "older TCB info", CollateralTroubleKind.RolledBack, "TCB info: issued 2026-03-01 11:00:00Z found, 2026-03-01 12:00:00Z or later expected" },
        { "older QE identity", CollateralTroubleKind.RolledBack, "QE identity: issued" },
        { "older root CRL", CollateralTroubleKind.RolledBack, "root CRL: issued" },
        { "older PCK CRL", CollateralTroubleKind.RolledBack, "PCK CRL: issued" },
        { "other FMSPC", CollateralTroubleKind.NotGenuine, "TCB info: FMSPC 00906ed50000 found, 51ad00000000 expected" },
        { "other root", CollateralTroubleKind.NotGenuine, "RootUntrusted" },
        { "TCB info of another signer", CollateralTroubleKind.NotGenuine, "tcbInfo: its signature does not hold" },
        { "QE identity of another signer", CollateralTroubleKind.NotGenuine, "enclaveIdentity: its signature does not hold" },
        { "PCK CRL of another CA", CollateralTroubleKind.NotGenuine, "PCK CRL: not issued by Intel SGX PCK Processor CA" },
        { "root CRL of another root", CollateralTroubleKind.NotGenuine, "root CRL: not issued by Intel SGX Root CA" },
        { "PCK CRL's chain of another root", CollateralTroubleKind.NotGenuine, "PCK CRL's chain: no root that is trusted" },
        { "root CRL where the PCK CRL should be", CollateralTroubleKind.NotGenuine, "PCK CRL: not issued by Intel SGX PCK Processor CA" },
        { "tampered TCB info", CollateralTroubleKind.NotGenuine, "tcbInfo: its signature does not hold" },
        { "cut TCB info", CollateralTroubleKind.Malformed, "tcbInfo: " },
        { "text that is no text", CollateralTroubleKind.Malformed, "tcbInfo: " },
        { "TCB info behind white space", CollateralTroubleKind.Malformed, "bytes found, at most 49152 expected" },
        { "cut PCK CRL", CollateralTroubleKind.Malformed, "PCK CRL: " },
        { "cut chain", CollateralTroubleKind.NotGenuine, "TcbInfoChainMalformed" },
        { "nothing in the chain of the PCK CRL", CollateralTroubleKind.Malformed, "PCK CRL's chain: 1 certificates found, 2 expected" },
        { "ended", CollateralTroubleKind.NotGenuine, "found, dates around" },
        { "not yet begun", CollateralTroubleKind.NotGenuine, "found, dates around" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task RefreshDueAsync_Lie_LeavesTheLastGoodInItsPlace(string lie, CollateralTroubleKind kind, string detail)
    {
        var good = await _store.GetAsync(Key);
        using var stranger = SimulatedPlatform.Create(_time);
        _time.Advance(TimeSpan.FromHours(13));
        _pccs.Collateral = () => Lie(lie, stranger);

        await _store.RefreshDueAsync();

        var found = await _store.GetAsync(Key);
        found.Standing.Trouble.ShouldNotBeNull();
        found.Standing.Trouble.Kind.ShouldBe(kind);
        found.Standing.Trouble.Detail.ShouldContain(detail);
        found.Collateral.ShouldBeSameAs(good.Collateral);
        _store.Dispose();
        _pccs.Misbehave = NotFoundAsync;
        using var again = Store();
        (await again.GetAsync(Key)).Collateral!.TcbInfo!.Value.ToArray().ShouldBe(good.Collateral!.TcbInfo!.Value.ToArray(), "on disk too");
    }

    [Fact]
    public async Task GetAsync_RollbackAfterTheEnd_IsStillRefused()
    {
        _standing = new SimulatedStanding { EvaluationNumber = 19 };
        await _store.GetAsync(Key);
        _time.Advance(TimeSpan.FromDays(31));
        _standing = new SimulatedStanding { EvaluationNumber = 18 };
        var found = await _store.GetAsync(Key);
        found.Collateral.ShouldBeNull();
        found.Standing.Trouble!.Detail.ShouldContain("RolledBack TCB info: evaluation number 18 found, 19 or higher expected");
    }

    private QuoteCollateral Lie(string lie, SimulatedPlatform stranger)
    {
        var (now, theirs) = (_platform.IssueCollateral(), stranger.IssueCollateral());
        var older = _platform.IssueCollateral(new SimulatedStanding { IssuedAt = Start.AddHours(-1) });
        return lie switch
        {
            "lower evaluation number" => _platform.IssueCollateral(new SimulatedStanding { EvaluationNumber = 16 }),
            "older TCB info" => now with { TcbInfo = older.TcbInfo },
            "older QE identity" => now with { QeIdentity = older.QeIdentity },
            "older root CRL" => now with { RootCaCrl = older.RootCaCrl },
            "older PCK CRL" => now with { PckCrl = older.PckCrl },
            "other FMSPC" => _platform.IssueCollateral(new SimulatedStanding { Fmspc = Convert.FromHexString("00906ed50000") }),
            "other root" => theirs,
            "TCB info of another signer" => now with { TcbInfo = theirs.TcbInfo },
            "QE identity of another signer" => now with { QeIdentity = theirs.QeIdentity },
            "PCK CRL of another CA" => now with { PckCrl = theirs.PckCrl },
            "root CRL of another root" => now with { RootCaCrl = theirs.RootCaCrl },
            "PCK CRL's chain of another root" => now with { PckCrl = theirs.PckCrl, PckCrlIssuerChain = theirs.PckCrlIssuerChain },
            "root CRL where the PCK CRL should be" => now with { PckCrl = now.RootCaCrl },
            "tampered TCB info" => now with { TcbInfo = Tampered(now.TcbInfo!.Value) },
            "cut TCB info" => now with { TcbInfo = now.TcbInfo!.Value[..^1] },
            "text that is no text" => now with { TcbInfo = NoText },
            "TCB info behind white space" => now with { TcbInfo = (byte[])[.. Enumerable.Repeat((byte)' ', 48 * 1024), .. now.TcbInfo!.Value.Span] },
            "cut PCK CRL" => now with { PckCrl = now.PckCrl!.Value[..^1] },
            "cut chain" => now with { TcbInfoIssuerChain = now.TcbInfoIssuerChain!.Value[..(now.TcbInfoIssuerChain.Value.Length / 2)] },
            "nothing in the chain of the PCK CRL" => now with { PckCrlIssuerChain = First(now.PckCrlIssuerChain!.Value) },
            "ended" => _platform.IssueCollateral(new SimulatedStanding { IssuedAt = Start.AddHours(1), Lifetime = TimeSpan.FromHours(2) }),
            "not yet begun" => _platform.IssueCollateral(new SimulatedStanding { IssuedAt = Start.AddDays(2) }),
            _ => throw new ArgumentOutOfRangeException(nameof(lie)),
        };
    }

    private static ReadOnlyMemory<byte> Tampered(ReadOnlyMemory<byte> json)
    {
        var changed = json.ToArray();
        var digit = changed.AsSpan().IndexOf("\"svn\":11"u8) + 7;
        changed[digit] = (byte)'0';
        return changed;
    }

    private static byte[] NoText => [.. """{"tcbInfo":{},"signature":"\ud800"}"""u8];

    private static ReadOnlyMemory<byte> First(ReadOnlyMemory<byte> pem) => pem[..(pem.Span.IndexOf("-----END CERTIFICATE-----"u8) + 25)];

    private static Task<bool> NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.FromResult(true);
    }

    private CollateralStore Store(QuoteTrust? trust = null, string? folder = null)
    {
        // The client's own patience runs by the real clock: nothing here waits for it.
        var client = new PccsClient(_http, new CollateralOptions { Url = _pccs.Url, Retries = 0, AttemptTimeoutMs = 60_000 }, TimeProvider.System);
        return new CollateralStore(client, trust ?? QuoteTrust.Of(_platform.RootKey), new CollateralOptions(), _time, folder ?? _folder);
    }
}
