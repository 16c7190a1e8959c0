using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Grains;
using Pythia.Grains.Pythia;
using Pythia.Tests.Support;

namespace Pythia.Tests.Pythia;

/// <summary>What a silo's reply holds is all that a verifier needs: whoever passes it on, on whatever machine, has no collateral of its own.</summary>
public sealed class PythiaEvidenceTests : IAsyncLifetime
{
    private readonly ShiftedTime _time = new();
    private SimulatedPlatform _platform = null!;
    private QuotingEnclave _enclave = null!;
    private Source _source = null!;
    private EngineHost? _host;

    public Task InitializeAsync()
    {
        _platform = SimulatedPlatform.Create(_time);
        (_enclave, _source) = (new QuotingEnclave("one", _platform), new Source(_platform));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        _platform.Dispose();
    }

    [Fact]
    public async Task Attest_GoodEnclave_IsEvidenceThatNeedsNothingBeside()
    {
        byte[] nonce = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        var reply = await (await StartAsync()).AttestAsync([.. nonce], []);
        Assert.Equal("", reply.Trouble);
        Assert.Equal(CborError.None, EnclaveEvidence.Decode(reply.Evidence.AsSpan(), out var evidence));
        Assert.Equal(nonce, evidence!.Binding.Nonce.ToArray());

        var policy = QuotePolicy.Strict with { Trust = QuoteTrust.Of(_platform.RootKey) };
        var appraisal = QuoteVerifier.Verify(evidence.Quote, evidence.Collateral, policy.Trust, _time.GetUtcNow());
        Assert.True(policy.Judge(appraisal).IsAccepted, string.Join("; ", policy.Judge(appraisal).Reasons));
        Assert.Equal(evidence.Binding.ComputeReportData(), appraisal.Facts!.ReportData.ToArray());
        Assert.InRange(evidence.KeyEndsUnixSeconds!.Value, (ulong)_time.GetUtcNow().AddHours(23).ToUnixTimeSeconds(), (ulong)_time.GetUtcNow().AddHours(24).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Attest_NextKeysByTheirId_CanBeHadBeforeTheySign()
    {
        var grain = await StartAsync();
        Assert.Empty((await grain.IdentifyAsync()).NextSigningKey);
        var next = _enclave.Announce();
        var identity = await grain.IdentifyAsync();
        Assert.Equal(next.SigningKey.ToArray(), identity.NextSigningKey.ToArray());

        var reply = await grain.AttestAsync([], [.. next.KeyId.Span]);
        Assert.Equal(CborError.None, EnclaveEvidence.Decode(reply.Evidence.AsSpan(), out var evidence));
        Assert.Equal(next.SigningKey.ToArray(), evidence!.Binding.SigningKey.ToArray());

        _enclave.TurnKeys();
        Assert.Equal("", (await grain.AttestAsync([], [.. next.KeyId.Span])).Trouble);
        Assert.StartsWith("UnknownKey: ", (await grain.AttestAsync([], [.. SHA256.HashData(identity.SigningKey.AsSpan()).AsSpan(0, 8)])).Trouble);
    }

    [Fact]
    public async Task Attest_CollateralThatCantBeHad_IsNamedAndNothingElseIsSaid()
    {
        _source.Fails = true;
        var reply = await (await StartAsync()).AttestAsync([], []);
        Assert.Equal("CollateralUnknown", reply.Trouble); // where its operator keeps or fetches it is nobody's affair
        Assert.Empty(reply.Evidence);
    }

    [Fact]
    public async Task Attest_SiloWithoutAttestation_IsNotAttested()
    {
        Assert.StartsWith("NotAttested: ", (await (await StartAsync(attested: false)).AttestAsync([], [])).Trouble);
        Assert.Equal(0, _enclave.Quotes);
    }

    [Fact]
    public async Task Attest_QuoteTooLongForEvidence_IsNoQuote()
    {
        _enclave.Lengthen = EnclaveEvidence.MostQuoteBytes;
        Assert.StartsWith("QuoteFailed: a quote of ", (await (await StartAsync()).AttestAsync([], [])).Trouble);
    }

    [Theory]
    [InlineData(31, 0)]
    [InlineData(32, 7)]
    public async Task Attest_NonceOrKeyIdOfAnotherSize_IsRefusedWithoutAQuote(int nonce, int keyId)
    {
        Assert.StartsWith("BadRequest: ", (await (await StartAsync()).AttestAsync([.. new byte[nonce]], [.. new byte[keyId]])).Trouble);
        Assert.Equal(0, _enclave.Quotes);
    }

    private async Task<IPythiaGrain> StartAsync(bool attested = true)
    {
        var policy = QuotePolicy.Strict with { Trust = QuoteTrust.Of(_platform.RootKey) };
        _host = await EngineHost.StartAsync(silo =>
        {
            silo.Services.AddSingleton<TimeProvider>(_time);
            silo.Services.AddSingleton<IEnclave>(_enclave);
            if (attested)
            {
                silo.Services.AddSingleton(_ => new AttestationSetup(
                    AttestationMode.Simulated, policy, new CollateralStore(_source, policy.Trust, new CollateralOptions(), _time, folder: null)));
            }

            silo.Services.AddPythiaTier();

            // Nobody looks at the enclave but the test.
            foreach (var service in silo.Services.Where(service => service.ImplementationType?.Name == "EnclaveReporter").ToArray()) silo.Services.Remove(service);
        });
        return _host.Grains.GetGrain<IPythiaGrain>(MirrorWorld.Key("one"));
    }

    private sealed class Source(SimulatedPlatform platform) : ICollateralSource
    {
        public bool Fails { get; set; }

        public ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
            => Fails ? throw new CollateralException(CollateralTroubleKind.Unknown, "/srv/x has no such platform") : new SimulatedCollateralSource(platform).GetAsync(key, cancellationToken);
    }
}
