using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Grains.Pythia;
using Pythia.Grains.Telemetry;
using Pythia.Tests.Support;
using Pythia.Vectors;

namespace Pythia.Tests.Pythia;

/// <summary>A silo's own judgement of an enclave: by its evidence alone, at this moment, with a name for whatever is wrong.</summary>
public sealed class EnclaveAppraiserTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Start);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly SimulatedPlatform _platform;
    private readonly QuotingEnclave _enclave;
    private readonly Source _source;
    private SimulatedStanding _standing = new();
    private EnclaveAppraiser _appraiser;

    public EnclaveAppraiserTests()
    {
        _platform = SimulatedPlatform.Create(_time);
        _enclave = new QuotingEnclave("one", _platform);
        _source = new Source(this);
        _appraiser = Appraiser(policy => policy);
    }

    public void Dispose()
    {
        _platform.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task Appraise_GoodEvidence_IsAcceptedUntilItsEarliestEnd()
    {
        var standing = await AppraiseAsync();
        Assert.True(standing.IsAccepted);
        Assert.Equal(Start.AddDays(30), standing.HoldsUntil);
    }

    [Fact]
    public async Task Appraise_AttestationOff_AsksForNothingAndSaysSo()
    {
        _appraiser = new EnclaveAppraiser(
            new AttestationSetup(Options.Create(new AttestationOptions()), Options.Create(new CollateralOptions()), _time), Options.Create(new AttestationOptions()), _time,
            Figures(), NullLogger<EnclaveAppraiser>.Instance);
        Assert.True((await AppraiseAsync()).IsAccepted);
        Assert.Equal("unattested", _appraiser.Attestation);
        Assert.Equal(0, _enclave.Quotes);
    }

    [Theory]
    [InlineData("debug", "DebugEnabled")]
    [InlineData("other code", "MeasurementNotAllowed")]
    [InlineData("out of date", "StatusNotAllowed")]
    [InlineData("revoked", "PckCertificateRevoked")]
    [InlineData("other keys", "ReportDataMismatch")]
    [InlineData("other agreement key", "ReportDataMismatch")]
    [InlineData("other configuration in the quote", "ReportDataMismatch")]
    [InlineData("other anchor", "ReportDataMismatch")]
    [InlineData("nonce of another request", "ReportDataMismatch")]
    [InlineData("configuration that no policy names", "ConfigurationNotAllowed")]
    [InlineData("strict policy", "RootUntrusted")]
    [InlineData("no quotes", "NotAttested")]
    [InlineData("no quote now", "QuoteFailed")]
    [InlineData("unknown platform", "CollateralUnknown")]
    public async Task Appraise_OneThingWrong_IsDrainedForThat(string wrong, string reason)
    {
        BringAbout(wrong);
        var standing = await AppraiseAsync();
        Assert.False(standing.IsAccepted);
        Assert.Equal([reason], standing.Reasons.Select(r => r.Name).Distinct(StringComparer.Ordinal));
        Assert.All(standing.Reasons, r => Assert.NotEmpty(r.Detail));
    }

    [Fact]
    public async Task Appraise_CollateralEnds_IsDrainedByNameAndBackWhenRefreshed()
    {
        Assert.True((await AppraiseAsync()).IsAccepted);
        _source.Fails = true;
        _time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        Assert.True((await AppraiseAsync()).IsAccepted, "to its last second");

        _time.Advance(TimeSpan.FromSeconds(1));
        var drained = await AppraiseAsync();
        Assert.Equal(["CollateralExpired"], drained.Reasons.Select(r => r.Name));

        _source.Fails = false;
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.True((await AppraiseAsync()).IsAccepted);
    }

    [Fact]
    public async Task Appraise_StatusFallsOutOfPolicy_IsDrainedWithTheNextCollateral()
    {
        Assert.True((await AppraiseAsync()).IsAccepted);
        _standing = new SimulatedStanding { TcbStatus = "OutOfDate", EvaluationNumber = 18 };
        Assert.True((await AppraiseAsync()).IsAccepted, "what is kept says nothing of it yet");
        _time.Advance(TimeSpan.FromHours(13));
        await _store!.RefreshDueAsync();
        Assert.Equal(["StatusNotAllowed"], (await AppraiseAsync()).Reasons.Select(r => r.Name));
    }

    [Fact]
    public async Task Appraise_SameKeys_AsksForAQuoteOnceAnHour()
    {
        await AppraiseAsync();
        _time.Advance(TimeSpan.FromMinutes(59));
        await AppraiseAsync();
        Assert.Equal(1, _enclave.Quotes);
        _time.Advance(TimeSpan.FromMinutes(1));
        await AppraiseAsync();
        Assert.Equal(2, _enclave.Quotes);
    }

    [Fact]
    public async Task Appraise_NewKeys_AsksAtOnce()
    {
        await AppraiseAsync();
        _enclave.RenewKeys();
        Assert.True((await AppraiseAsync()).IsAccepted);
        Assert.Equal(2, _enclave.Quotes);

        _enclave.RenewKeys();
        _enclave.QuoteFault = EnclaveFault.QuoteFailed;
        Assert.Equal(["QuoteFailed"], (await AppraiseAsync()).Reasons.Select(r => r.Name));
    }

    [Fact]
    public async Task Appraise_NoNewerQuoteOfTheSameKeys_KeepsTheOneThatHolds()
    {
        await AppraiseAsync();
        _enclave.QuoteFault = EnclaveFault.QuoteFailed;
        _time.Advance(TimeSpan.FromHours(2));
        Assert.True((await AppraiseAsync()).IsAccepted);
    }

    [Fact]
    public async Task Appraise_NextKeysAnnounced_AreQuotedAheadAndTheTurnNeedsNothing()
    {
        for (var turn = 0; turn < 20; turn++) // an enclave that rotates every minute
        {
            Assert.True((await AppraiseAsync()).IsAccepted);
            _enclave.Announce();
            var announced = await AppraiseAsync();
            Assert.True(announced.IsAccepted);
            Assert.Empty(announced.NextReasons);

            // From here on nothing more can be quoted, and nothing has to be.
            var quotes = _enclave.Quotes;
            _enclave.QuoteFault = EnclaveFault.QuoteFailed;
            _enclave.TurnKeys();
            var turned = await AppraiseAsync();
            Assert.True(turned.IsAccepted, $"turn {turn}: {string.Join("; ", turned.Reasons)}");
            Assert.Equal(quotes, _enclave.Quotes);
            _enclave.QuoteFault = null;
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(21, _enclave.Quotes); // one for each generation: 20 turns in less than an hour
    }

    [Fact]
    public async Task Appraise_NextKeysBad_AreNamedAheadAndDrainNothingYet()
    {
        Assert.True((await AppraiseAsync()).IsAccepted);
        var next = _enclave.Announce();
        _enclave.Bind = binding => binding.SigningKey.Span.SequenceEqual(next.SigningKey.Span) ? binding with { ConfigurationHash = new byte[32] } : binding;
        var announced = await AppraiseAsync();
        Assert.True(announced.IsAccepted);
        Assert.Equal(["ReportDataMismatch"], announced.NextReasons.Select(r => r.Name));

        _enclave.TurnKeys();
        Assert.Equal(["ReportDataMismatch"], (await AppraiseAsync()).Reasons.Select(r => r.Name));
    }

    [Fact]
    public async Task Appraise_NoQuoteOfTheNextKeysYet_IsNamedAndTriedAgain()
    {
        Assert.True((await AppraiseAsync()).IsAccepted);
        _enclave.Announce();
        _enclave.QuoteFault = EnclaveFault.Busy;
        Assert.Equal(["Busy"], (await AppraiseAsync()).NextReasons.Select(r => r.Name));
        _enclave.QuoteFault = null;
        Assert.Empty((await AppraiseAsync()).NextReasons);
    }

    [Fact]
    public async Task Appraise_QuoteOfTheNextKeysHangs_IsNamedAndDrainsNothing()
    {
        Assert.True((await AppraiseAsync()).IsAccepted);
        var next = _enclave.Announce();
        _enclave.QuoteHangs = keyId => keyId.Span.SequenceEqual(next.KeyId.Span);
        var appraising = AppraiseAsync();
        Assert.False(appraising.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(10));
        var standing = await appraising.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(standing.IsAccepted);
        Assert.Equal(["Gone: no reply within 10 s"], standing.NextReasons.Select(r => $"{r.Name}: {r.Detail}"));
    }

    [Fact]
    public async Task Appraise_NewerQuoteHangs_KeepsTheOneThatHolds()
    {
        Assert.True((await AppraiseAsync()).IsAccepted);
        _time.Advance(TimeSpan.FromHours(2));
        _enclave.QuoteHangs = _ => true;
        var appraising = AppraiseAsync();
        Assert.False(appraising.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True((await appraising.WaitAsync(TimeSpan.FromSeconds(30))).IsAccepted);
    }

    [Fact]
    public async Task Appraise_KeysTurnBetweenNameAndQuote_IsAcceptedAllTheSame()
    {
        _enclave.Announce();
        _enclave.OnAttest = _ =>
        {
            _enclave.OnAttest = _ => { };
            _enclave.TurnKeys();
        };
        Assert.True((await AppraiseAsync()).IsAccepted);
    }

    [Fact]
    public async Task Appraise_Figures_SayWhichEnclaveIsAccepted()
    {
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == EnclaveFigures.MeterName && instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>()) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();
        await AppraiseAsync();
        listener.RecordObservableInstruments();
        Assert.Equal((1L, (long)TimeSpan.FromDays(30).TotalSeconds), (seen["pythia.enclave.accepted"], seen["pythia.enclave.evidence.remaining"]));

        _enclave.RenewKeys();
        _enclave.Says = QuotingEnclave.Code with { Flags = QuotingEnclave.Code.Flags | SimulatedEnclave.DebugFlag };
        await AppraiseAsync();
        listener.RecordObservableInstruments();
        Assert.Equal((0L, 0L), (seen["pythia.enclave.accepted"], seen["pythia.enclave.evidence.remaining"]));
    }

    private CollateralStore? _store;

    private void BringAbout(string wrong)
    {
        var nonce = Enumerable.Repeat((byte)9, 32).ToArray();
        switch (wrong)
        {
            case "debug": _enclave.Says = QuotingEnclave.Code with { Flags = QuotingEnclave.Code.Flags | SimulatedEnclave.DebugFlag }; break;
            case "other code": _enclave.Says = new SimulatedEnclave(new byte[32]); break;
            case "out of date": _standing = new SimulatedStanding { TcbStatus = "OutOfDate" }; break;
            case "revoked": _standing = new SimulatedStanding { LeafRevoked = true }; break;
            case "other keys": _enclave.Bind = binding => binding with { SigningKey = new byte[64] }; break;
            case "other agreement key": _enclave.Bind = binding => binding with { AgreementKey = new byte[64] }; break;
            case "other configuration in the quote": _enclave.Bind = binding => binding with { ConfigurationHash = new byte[32] }; break;
            case "other anchor": _enclave.Bind = binding => binding with { AnchorHash = new byte[32] }; break;
            case "nonce of another request": _enclave.Bind = binding => binding with { Nonce = nonce }; break;
            case "configuration that no policy names": _appraiser = Appraiser(policy => policy with { Configurations = [new string('0', 64)] }); break;
            case "strict policy": _appraiser = Appraiser(policy => policy with { Trust = QuoteTrust.Intel }, QuoteTrust.Of(_platform.RootKey)); break;
            case "no quotes": _enclave.QuoteFault = EnclaveFault.NotAttested; break;
            case "no quote now": _enclave.QuoteFault = EnclaveFault.QuoteFailed; break;
            case "unknown platform": _source.Fails = true; break;
            default: throw new ArgumentOutOfRangeException(nameof(wrong));
        }
    }

    private async Task<EnclaveStanding> AppraiseAsync() => await _appraiser.AppraiseAsync(_enclave, await _enclave.IdentifyAsync(), CancellationToken.None);

    private EnclaveAppraiser Appraiser(Func<QuotePolicy, QuotePolicy> change, QuoteTrust? storeTrust = null)
    {
        var policy = change(QuotePolicy.Strict with
        {
            Trust = QuoteTrust.Of(_platform.RootKey),
            Measurements = [new AllowedMeasurement { MrEnclave = Convert.ToHexStringLower(QuotingEnclave.Code.Measurement.Span) }],
        });
        _store = new CollateralStore(_source, storeTrust ?? policy.Trust, new CollateralOptions(), _time, folder: null);
        return new EnclaveAppraiser(
            new AttestationSetup(AttestationMode.Simulated, policy, _store, _platform), Options.Create(new AttestationOptions()), _time, Figures(), NullLogger<EnclaveAppraiser>.Instance);
    }

    private EnclaveFigures Figures() => new(_services.GetRequiredService<IMeterFactory>(), _time);

    private sealed class Source(EnclaveAppraiserTests tests) : ICollateralSource
    {
        public bool Fails { get; set; }

        public ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
            => Fails
                ? throw new CollateralException(CollateralTroubleKind.Unknown, "no such platform")
                : new SimulatedCollateralSource(tests._platform, () => tests._standing).GetAsync(key, cancellationToken);
    }
}
