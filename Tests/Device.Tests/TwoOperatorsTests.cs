using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Facts;
using Shouldly;
using static Pythia.Device.Tests.PassportWorld;

namespace Pythia.Device.Tests;

/// <summary>For acts that matter two enclaves of different operators must permit; anything less is a no with its name.</summary>
public sealed class TwoOperatorsTests : IDisposable
{
    private readonly PassportWorld _world = new();
    private readonly FakeEnclave _second = new();

    public TwoOperatorsTests() => _world.Serve(_second, "operator-b.example", platform: 2);

    public void Dispose()
    {
        _world.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task MayCommand_TwoOperatorsPermit_IsGivenUntilTheSoonerEnd()
    {
        _second.Result = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(3_000_000_000));
        var permission = await AskAsync(_second);
        permission.IsGiven.ShouldBeTrue(permission.Answer.ToString());
        permission.NotAfterUnixSeconds.ShouldBe(3_000_000_000UL);
        permission.Second!.Passport!.Operator.ShouldBe("operator-b.example");
        _world.Time.Advance(TimeSpan.FromMinutes(2));
        permission.IsGiven.ShouldBeFalse();
    }

    [Fact]
    public async Task MayCommand_SecondDoesNotPermit_IsDisagreement()
    {
        foreach (var result in new[] { FactResult.Null, FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(_second.UnixSeconds - 1)) })
        {
            _second.Result = result;
            await RefusedAsync(DeviceFault.Disagreement, _second);
        }
    }

    [Fact]
    public async Task MayCommand_FirstDoesNotPermit_AsksNobodyElse()
    {
        _world.Enclave.Result = FactResult.Null;
        _second.OnRequest = _ => throw new InvalidOperationException("asked");
        var permission = await AskAsync(_second);
        permission.IsGiven.ShouldBeFalse();
        permission.Answer.Fault.ShouldBe(DeviceFault.None);
    }

    [Fact]
    public async Task MayCommand_OneOperatorWithTwoEnclaves_IsOneOperator()
    {
        _world.Serve(_second, "operator-a.example", platform: 2);
        await RefusedAsync(DeviceFault.OneOperator, _second);
    }

    [Fact]
    public async Task MayCommand_TwoNamesOnOnePlatform_IsOneOperator()
    {
        _world.Serve(_second, "operator-b.example", platform: 1);
        await RefusedAsync(DeviceFault.OneOperator, _second);
    }

    [Fact]
    public async Task MayCommand_OneKeyUnderTwoNames_IsOneOperator()
    {
        // The second way leads to the first enclave again, with a passport that names another operator and platform for its key. It is fetched, since the first one ends meanwhile.
        _world.Lifetime = 20;
        _world.Serve(_second, "operator-b.example", platform: 2, passport => passport with { SigningKey = [.. _world.Enclave.PublicKey] });
        _second.OnRequest = request =>
        {
            _world.Time.Advance(TimeSpan.FromSeconds(21));
            _second.UnixSeconds += 21; // and with it the time of issue
            _second.ChangeAnswer = _ => _world.Enclave.Answer(request);
        };
        var permission = await RefusedAsync(DeviceFault.OneOperator, _second);
        permission.Answer.Detail.ShouldBe("one key found for operator-a.example and operator-b.example");
        _second.Fetched.ShouldBe(1);
    }

    [Fact]
    public async Task MayCommand_NamesByTwoVerifiers_IsOneOperator()
    {
        // One operator's two platforms: one verifier calls it by its name, the other calls it "others".
        using var other = PassportSigner.Create();
        _world.Passports = _world.Passports with { VerifierKeys = [_world.Verifier.PublicKey.ToArray(), other.PublicKey.ToArray()] };
        _second.Passport = query => TransportReply.Answered(other.Sign(_world.Describe(_second, "others", 2, query)));
        var permission = await RefusedAsync(DeviceFault.OneOperator, _second);
        permission.Answer.Detail.ShouldContain("one verifier expected for both");

        // By the same one of the two they can be compared.
        using var third = new FakeEnclave();
        _world.Serve(third, "operator-c.example", platform: 3);
        (await AskAsync(_second, third)).IsGiven.ShouldBeTrue();
    }

    [Fact]
    public async Task MayCommand_NoSecondWay_IsOneOperator() => await RefusedAsync(DeviceFault.OneOperator);

    [Fact]
    public async Task MayCommand_SecondIsSilentAndAThirdPermits_IsGiven()
    {
        using var silent = new FakeEnclave { Instead = TransportReply.None("silent") };
        (await AskAsync(silent, _second)).IsGiven.ShouldBeTrue();
    }

    [Fact]
    public async Task MayCommand_SecondsHeadIsBelowTheFirsts_IsNotGiven()
    {
        _second.Block = _world.Enclave.Block - 1;
        var permission = await RefusedAsync(DeviceFault.OneOperator, _second);
        permission.Answer.Detail.ShouldContain(nameof(DeviceFault.HeadWentBack));
    }

    [Fact]
    public async Task MayCommand_PinnedKeys_NameNoOperator()
    {
        using var device = await DeviceClient.StartAsync(
            _world.Trust with { Passports = null, EnclaveKeys = [_world.Enclave.PublicKey, _second.PublicKey] }, [_world.Enclave, _second], _world.Store, _world.Time);
        (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
        (await device.MayCommandAsync(Commander, Scope, demandTwo: true)).Answer.Fault.ShouldBe(DeviceFault.OneOperator);
    }

    private async Task<DevicePermission> AskAsync(params IDeviceTransport[] others)
        => await (await _world.StartAsync(others)).MayCommandAsync(Commander, Scope, demandTwo: true);

    private async Task<DevicePermission> RefusedAsync(DeviceFault fault, params IDeviceTransport[] others)
    {
        var permission = await AskAsync(others);
        permission.IsGiven.ShouldBeFalse();
        permission.Answer.Fault.ShouldBe(fault, permission.Answer.Detail);
        return permission;
    }
}

/// <summary>What the chain says of an enclave's key, by another enclave.</summary>
public sealed class KeyStandingTests : IDisposable
{
    private readonly PassportWorld _world = new();
    private readonly FakeEnclave _second = new();

    public KeyStandingTests()
    {
        _world.Serve(_second, "operator-b.example", platform: 2);
        _world.Passports = _world.Passports with { KeyStanding = KeyStanding.NotEnded };
    }

    public void Dispose()
    {
        _world.Dispose();
        _second.Dispose();
    }

    [Theory]
    [InlineData(0UL, KeyStanding.NotEnded, DeviceFault.None)]
    [InlineData(0UL, KeyStanding.Registered, DeviceFault.KeyEnded)]
    [InlineData(1UL, KeyStanding.Registered, DeviceFault.None)]
    [InlineData(2UL, KeyStanding.NotEnded, DeviceFault.KeyEnded)]
    [InlineData(3UL, KeyStanding.NotEnded, DeviceFault.KeyEnded)]
    [InlineData(5UL, KeyStanding.NotEnded, DeviceFault.KeyEnded)]
    public async Task Ask_KeyThatAnotherEnclaveKnowsOf_IsHeldToIt(ulong status, KeyStanding demanded, DeviceFault expected)
    {
        _second.Result = status == 0
            ? FactResult.Null
            : FactResult.ArrayOf(FactValue.Of(status), FactValue.Of(4_000_000_000), FactValue.Of(Filled(32, 1)), FactValue.Of(Filled(16, 1)));
        _world.Passports = _world.Passports with { KeyStanding = demanded };
        var answer = (await (await _world.StartAsync(_second)).MayCommandAsync(Commander, Scope)).Answer;
        answer.Fault.ShouldBe(expected, answer.Detail);
    }

    [Fact]
    public async Task Ask_NobodyElseSays_IsKeyEnded()
        => (await (await _world.StartAsync()).MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.KeyEnded);

    [Fact]
    public async Task Ask_OnceAKeyIsInForce_IsNotAskedAboutEachTime()
    {
        _second.Result = FactResult.Null;
        var device = await _world.StartAsync(_second);
        for (var i = 0; i < 3; i++) (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
        _second.Fetched.ShouldBe(1);
    }
}
