using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Passports;
using Shouldly;
using static Pythia.Device.Tests.PassportWorld;

namespace Pythia.Device.Tests;

/// <summary>A device that trusts no verifier: it fetches the evidence and judges it by a policy of its own.</summary>
public sealed class OwnPolicyTests : IDisposable
{
    private readonly PassportWorld _world = new();
    private readonly SimulatedPlatform _platform;
    private SimulatedEnclave _code = new(Filled(32, 1));

    public OwnPolicyTests()
    {
        _world.Time.UtcNow = DateTimeOffset.FromUnixTimeSeconds((long)_world.Enclave.UnixSeconds);
        _platform = SimulatedPlatform.Create(_world.Time);
        _world.Enclave.Evidence = query => TransportReply.Answered(Encode(query.Nonce));
        _world.Passports = new PassportTrust
        {
            OwnPolicy = Policy(QuotePolicy.Strict with { Trust = QuoteTrust.Of(_platform.RootKey) }),
            Measurements = [Filled(32, 1)],
            LeastTier = PassportTier.None,
            HasClock = true,
        };
    }

    public void Dispose()
    {
        _world.Dispose();
        _platform.Dispose();
    }

    [Fact]
    public async Task Ask_EvidenceThatHolds_IsBelievedWithoutAnyVerifier()
    {
        _world.Enclave.Passport = _ => throw new InvalidOperationException("no verifier is asked");
        var device = await _world.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            var permission = await device.MayCommandAsync(Commander, Scope);
            permission.IsGiven.ShouldBeTrue(permission.Answer.Detail);
            permission.Answer.Passport!.SigningKey.ShouldBe([.. _world.Enclave.PublicKey]);
        }

        _world.Enclave.Fetched.ShouldBe(1);
    }

    [Fact]
    public async Task Ask_OtherMeasurement_IsRefused()
    {
        _code = new SimulatedEnclave(Filled(32, 9));
        await RefusedAsync(PassportFault.Measurement);
        _world.Passports = _world.Passports with
        {
            OwnPolicy = Policy(_world.Passports.OwnPolicy!.Quote with { Measurements = [new AllowedMeasurement { MrEnclave = Convert.ToHexStringLower(Filled(32, 1)) }] }),
        };
        await RefusedAsync(PassportFault.Evidence, nameof(PolicyRefusal.MeasurementNotAllowed));
    }

    [Fact]
    public async Task Ask_DebugEnclave_IsRefusedByPolicyAndByPin()
    {
        _code = _code with { Flags = SimulatedEnclave.UsualFlags | SimulatedEnclave.DebugFlag };
        await RefusedAsync(PassportFault.Evidence, nameof(PolicyRefusal.DebugEnabled));
        _world.Passports = _world.Passports with { OwnPolicy = Policy(_world.Passports.OwnPolicy!.Quote with { DebugAllowed = true }) };
        await RefusedAsync(PassportFault.Debug);
    }

    [Fact]
    public async Task Ask_SimulatedPlatformWhereIntelIsTrusted_IsRefused()
    {
        _world.Passports = _world.Passports with { OwnPolicy = Policy(QuotePolicy.Strict with { Trust = QuoteTrust.Intel }) };
        await RefusedAsync(PassportFault.Evidence, nameof(QuoteFaultKind.RootUntrusted));
    }

    [Fact]
    public async Task Ask_SimulatedPlatformBelowTheLeastTier_IsRefused()
    {
        _world.Passports = _world.Passports with { LeastTier = PassportTier.Affirming };
        await RefusedAsync(PassportFault.Tier);
    }

    [Fact]
    public async Task Ask_EvidenceForAnotherNonce_IsRefused()
    {
        _world.Enclave.Evidence = _ => TransportReply.Answered(Encode(Filled(8, 5)));
        await RefusedAsync(PassportFault.Nonce);
    }

    [Fact]
    public async Task Ask_EvidenceOfOtherKeysThanItsQuote_IsRefused()
    {
        using var other = new FakeEnclave();
        _world.Enclave.Evidence = query =>
        {
            EnclaveEvidence.Decode(Encode(query.Nonce), out var read);
            return TransportReply.Answered((read! with { Binding = Bind(other.PublicKey, query.Nonce) }).Encode());
        };
        await RefusedAsync(PassportFault.Evidence, nameof(PassportRefusal.ReportDataMismatch));
    }

    [Fact]
    public async Task Ask_BytesThatAreNoEvidence_AreRefused()
    {
        _world.Enclave.Evidence = query => TransportReply.Answered(Encode(query.Nonce)[..^1]);
        await RefusedAsync(PassportFault.Evidence, "no evidence");
    }

    private static PassportPolicy Policy(QuotePolicy quote) => new() { Quote = quote, OperatorOfOthers = "operator-a.example", DevelopmentAnchorAllowed = true };

    private KeyBinding Bind(byte[] key, ReadOnlyMemory<byte>? nonce)
        => new(key, key, _world.Enclave.ConfigurationHash, EnclaveAnchor.Development.ComputeHash(), (byte[])[.. nonce!.Value.Span, .. new byte[KeyBinding.NonceBytes - nonce.Value.Length]]);

    private byte[] Encode(ReadOnlyMemory<byte>? nonce)
    {
        var binding = Bind(_world.Enclave.PublicKey, nonce);
        return new EnclaveEvidence(_platform.Quote(_code, binding.ComputeReportData()), binding, null, _platform.IssueCollateral()).Encode();
    }

    private async Task RefusedAsync(PassportFault fault, string detail = "")
    {
        var permission = await (await _world.StartAsync()).MayCommandAsync(Commander, Scope);
        permission.IsGiven.ShouldBeFalse();
        permission.Answer.PassportFault.ShouldBe(fault, permission.Answer.Detail);
        permission.Answer.Detail.ShouldContain(detail);
    }
}
