using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;
using Shouldly;
using static Pythia.Device.Tests.PassportWorld;

namespace Pythia.Device.Tests;

/// <summary>A device that has the passport of the next key when the enclave's keys turn has no gap.</summary>
public sealed class NextKeyTests : IDisposable
{
    private readonly PassportWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Ask_KeysTurnAgainAndAgain_NeedsNoVerifierAtTheTurn()
    {
        var device = await _world.StartAsync();
        (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
        var serve = _world.Enclave.Passport;
        for (var turn = 0; turn < 12; turn++) // more than a device keeps keys
        {
            (await device.PrepareAsync(NextKeyId)).ShouldBe((DeviceFault.None, ""));
            var fetched = _world.Enclave.Fetched;

            // The verifier is away just when the keys turn.
            _world.Enclave.Passport = _ => TransportReply.None("the verifier is away");
            (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue("before the turn");
            _world.Enclave.TurnKeys();
            (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue($"turn {turn}");
            _world.Enclave.Fetched.ShouldBe(fetched);
            _world.Enclave.Passport = serve;
            _world.Enclave.UnixSeconds += 60;
        }
    }

    [Fact]
    public async Task Ask_NotPrepared_FailsWhileTheVerifierIsAwayAtTheTurn()
    {
        var device = await _world.StartAsync();
        (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
        _world.Enclave.Passport = _ => TransportReply.None("the verifier is away");
        _world.Enclave.TurnKeys();
        (await device.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.NoPassport);
    }

    [Fact]
    public async Task Prepare_KnownKey_FetchesNothing()
    {
        var device = await _world.StartAsync();
        await device.PrepareAsync(NextKeyId);
        await device.PrepareAsync(NextKeyId);
        _world.Enclave.Fetched.ShouldBe(1);
    }

    [Fact]
    public async Task Prepare_PassportOfAnotherKey_IsOtherKeyAndLeavesTheDeviceAsItWas()
    {
        var device = await _world.StartAsync();
        (await device.PrepareAsync(new byte[8])).Fault.ShouldBe(DeviceFault.OtherKey);
        _world.Serve(_world.Enclave, "operator-a.example", platform: 1, passport => passport with { IsDebug = true, Tier = PassportTier.None });
        (await device.PrepareAsync(NextKeyId)).Fault.ShouldBe(DeviceFault.WrongPassport);
        _world.Enclave.TurnKeys();
        (await device.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.WrongPassport);
    }

    private byte[] NextKeyId => Es256Key.ComputeKeyId(_world.Enclave.NextPublicKey);
}
