using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Passports;
using Shouldly;
using static Pythia.Device.Tests.PassportWorld;

namespace Pythia.Device.Tests;

/// <summary>A device that pins a verifier and code instead of a key: what it believes, until when, and what it refuses by its own check.</summary>
public sealed class DevicePassportTests : IDisposable
{
    private readonly PassportWorld _world = new();

    private FakeEnclave Enclave => _world.Enclave;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Ask_UnknownKey_FetchesOnePassportAndKeepsTheKey()
    {
        var device = await _world.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            var answer = await AskAsync(device);
            answer.Fault.ShouldBe(DeviceFault.None, answer.Detail);
            answer.Passport!.Operator.ShouldBe("operator-a.example");
        }

        Enclave.Fetched.ShouldBe(1);
    }

    [Fact]
    public async Task Ask_NobodyBringsAPassport_IsNoPassport()
    {
        Enclave.Passport = _ => TransportReply.None("no verifier");
        await FaultAsync(await _world.StartAsync(), DeviceFault.NoPassport);
    }

    [Fact]
    public async Task Ask_PassportOfAnotherEnclave_IsOtherKey()
    {
        using var other = new FakeEnclave();
        Enclave.Passport = query => TransportReply.Answered(_world.Verifier.Sign(_world.Describe(other, "operator-a.example", 1, query)));
        await FaultAsync(await _world.StartAsync(), DeviceFault.OtherKey);
    }

    [Fact]
    public async Task Ask_AnswersOfAnotherEnclaveUnderAConfirmedKeysId_IsWrongAnswer()
    {
        var device = await _world.StartAsync();
        (await AskAsync(device)).Fault.ShouldBe(DeviceFault.None);
        using var other = new FakeEnclave();
        Enclave.ChangeAnswer = answer =>
        {
            SignedAnswer.Decode(answer, out var signed).ShouldBe(SignedAnswerError.None);
            SignedAnswer.Decode(other.Answer(new Request(Question.Create(DeviceId, 0, Fact.OwnerOf), null, 0)), out var foreign).ShouldBe(SignedAnswerError.None);
            return (foreign! with { KeyId = signed!.KeyId }).Encode();
        };
        (await AskAsync(device)).AnswerFault.ShouldBe(AnswerFault.Signature);
    }

    public static TheoryData<string, PassportFault> Wrong => new()
    {
        { "debug", PassportFault.Debug },
        { "measurement", PassportFault.Measurement },
        { "configuration", PassportFault.Configuration },
        { "simulated", PassportFault.Tier },
        { "warning", PassportFault.Tier },
        { "no nonce", PassportFault.Nonce },
        { "old nonce", PassportFault.Nonce },
        { "long", PassportFault.Lifetime },
        { "off the curve", PassportFault.Key },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Ask_PassportThatTheVerifierShouldNotHaveSigned_IsRefusedByTheDevice(string what, PassportFault expected)
    {
        _world.Serve(Enclave, "operator-a.example", 1, passport => what switch
        {
            "debug" => passport with { IsDebug = true },
            "measurement" => passport with { Measurement = [.. Filled(32, 2)] },
            "configuration" => passport with { ConfigurationHash = [.. Filled(32, 2)] },
            "simulated" => passport with { Tier = PassportTier.None },
            "warning" => passport with { Tier = PassportTier.Warning },
            "no nonce" => passport with { Nonce = null },
            "old nonce" => passport with { Nonce = [0, 0, 0, 0, 0, 0, 0, 0] },
            "long" => passport with { ExpiresUnixSeconds = passport.IssuedUnixSeconds + (8 * 24 * 3_600) },
            _ => passport with { SigningKey = [.. passport.SigningKey[..63], (byte)(passport.SigningKey[63] ^ 1)] },
        });
        await FaultAsync(await _world.StartAsync(), DeviceFault.WrongPassport, expected);
    }

    [Fact]
    public async Task Ask_PassportByAVerifierThatIsNotPinned_IsSignature()
    {
        using var other = PassportSigner.Create();
        Enclave.Passport = query => TransportReply.Answered(other.Sign(_world.Describe(Enclave, "operator-a.example", 1, query)));
        await FaultAsync(await _world.StartAsync(), DeviceFault.WrongPassport, PassportFault.Signature);

        _world.Passports = _world.Passports with { VerifierKeys = [_world.Verifier.PublicKey.ToArray(), other.PublicKey.ToArray()] };
        (await AskAsync(await _world.StartAsync())).Fault.ShouldBe(DeviceFault.None);
    }

    [Fact]
    public async Task Ask_PlatformThatIsNotPinned_IsPlatform()
    {
        _world.Passports = _world.Passports with { Platforms = [Filled(16, 2)] };
        await FaultAsync(await _world.StartAsync(), DeviceFault.WrongPassport, PassportFault.Platform);
    }

    [Fact]
    public async Task Ask_ReplayedPassportOfYesterday_IsRefusedWithoutAClock()
    {
        TransportReply? yesterday = null;
        var serve = Enclave.Passport;
        Enclave.Passport = query => yesterday ??= serve(query);
        var device = await _world.StartAsync();
        (await AskAsync(device)).Fault.ShouldBe(DeviceFault.None);

        var restarted = await _world.StartAsync();
        await FaultAsync(restarted, DeviceFault.WrongPassport, PassportFault.Nonce);
    }

    [Fact]
    public async Task Ask_PassportEndsByTheDevicesTimer_FetchesAgain()
    {
        var device = await _world.StartAsync();
        await AskAsync(device);
        _world.Time.Advance(TimeSpan.FromSeconds(3_599));
        await AskAsync(device);
        Enclave.Fetched.ShouldBe(1);

        _world.Time.Advance(TimeSpan.FromSeconds(1));
        await AskAsync(device);
        Enclave.Fetched.ShouldBe(2);

        Enclave.Passport = _ => TransportReply.None("gone");
        _world.Time.Advance(TimeSpan.FromSeconds(3_600));
        await FaultAsync(device, DeviceFault.NoPassport);
    }

    [Fact]
    public async Task Ask_PassportEndsByTheHeadsTime_FetchesAgainOrFaults()
    {
        var device = await _world.StartAsync();
        await AskAsync(device);
        var issued = Enclave.UnixSeconds;
        Enclave.UnixSeconds += 3_600; // the chain went on; the device slept and its timer with it
        Enclave.Block++;
        (await AskAsync(device)).Fault.ShouldBe(DeviceFault.None);
        Enclave.Fetched.ShouldBe(2);

        Enclave.UnixSeconds += 3_600;
        Enclave.Block++;
        _world.Serve(Enclave, "operator-a.example", 1, passport => passport with { IssuedUnixSeconds = issued, ExpiresUnixSeconds = issued + 3_600 });
        await FaultAsync(device, DeviceFault.WrongPassport, PassportFault.Expired);
        device.Memory.Block.ShouldBe(101UL);
    }

    [Fact]
    public async Task Ask_FreshPassportThatIsOverByTheAnswersOwnHead_IsExpired()
    {
        _world.VerifierAhead = -3_600; // issued an hour ago for this very nonce: a verifier whose clock is wrong
        await FaultAsync(await _world.StartAsync(), DeviceFault.WrongPassport, PassportFault.Expired);
        _world.Store.Stored.ShouldBe(DeviceMemory.Nothing);
    }

    [Fact]
    public async Task Ask_RestartedDevice_HoldsPassportsToTheHighestHeadItHasSeen()
    {
        await AskAsync(await _world.StartAsync());
        _world.VerifierAhead = -3_600;
        await FaultAsync(await _world.StartAsync(), DeviceFault.WrongPassport, PassportFault.Expired);
    }

    [Fact]
    public async Task Ask_FirstHeadFarBehindTheVerifiersTime_IsHeadTooOld()
    {
        _world.VerifierAhead = 3_600;
        (await AskAsync(await _world.StartAsync())).Fault.ShouldBe(DeviceFault.None);
        _world.VerifierAhead = 3_601; // someone holds newer heads back from a device without a clock
        await FaultAsync(await _world.StartAsync(), DeviceFault.HeadTooOld);
    }

    [Fact]
    public async Task Ask_WithAClock_TakesAStoredPassportWhileItHolds()
    {
        _world.Passports = _world.Passports with { HasClock = true, ClockError = TimeSpan.FromSeconds(60) };
        var stored = _world.Describe(Enclave, "operator-a.example", 1, new PassportQuery(default, null));
        Enclave.Passport = query =>
        {
            query.Nonce.ShouldBeNull();
            return TransportReply.Answered(_world.Verifier.Sign(stored));
        };

        _world.Time.UtcNow = At(stored.IssuedUnixSeconds - 60);
        (await AskAsync(await _world.StartAsync())).Fault.ShouldBe(DeviceFault.None);
        _world.Time.UtcNow = At(stored.IssuedUnixSeconds - 61);
        await FaultAsync(await _world.StartAsync(), DeviceFault.WrongPassport, PassportFault.NotYetValid);
        _world.Time.UtcNow = At(stored.ExpiresUnixSeconds + 59);
        (await AskAsync(await _world.StartAsync())).Fault.ShouldBe(DeviceFault.None);
        _world.Time.UtcNow = At(stored.ExpiresUnixSeconds + 60);
        await FaultAsync(await _world.StartAsync(), DeviceFault.WrongPassport, PassportFault.Expired);
    }

    [Fact]
    public async Task Ask_MoreKeysThanAreKept_ForgetsTheOldest()
    {
        var device = await _world.StartAsync();
        var enclaves = Enumerable.Range(0, 9).Select(_ => new FakeEnclave()).ToList();
        foreach (var enclave in enclaves)
        {
            _world.Serve(enclave, "operator-a.example", 1);
            Enclave.ChangeAnswer = _ => enclave.Answer(Last!);
            Enclave.OnRequest = request => Last = request;
            Enclave.Passport = enclave.Passport;
            (await AskAsync(device)).Fault.ShouldBe(DeviceFault.None);
        }

        Enclave.Fetched.ShouldBe(9);
        Enclave.ChangeAnswer = _ => enclaves[8].Answer(Last!);
        await AskAsync(device);
        Enclave.Fetched.ShouldBe(9);
        Enclave.ChangeAnswer = _ => enclaves[0].Answer(Last!);
        Enclave.Passport = enclaves[0].Passport;
        await AskAsync(device);
        Enclave.Fetched.ShouldBe(10);
        foreach (var enclave in enclaves) enclave.Dispose();
    }

    [Fact]
    public async Task Ask_BytesThatAreNoAnswer_FetchNothing()
    {
        Enclave.ChangeAnswer = _ => [0x80];
        var answer = await AskAsync(await _world.StartAsync());
        answer.AnswerFault.ShouldBe(AnswerFault.NotSign1);
        Enclave.Fetched.ShouldBe(0);
    }

    [Fact]
    public async Task Start_IncompletePins_NamesThem()
    {
        foreach (var (pins, expected) in new (PassportTrust, string)[]
        {
            (_world.Passports with { VerifierKeys = [] }, "VerifierKeys or OwnPolicy"),
            (_world.Passports with { VerifierKeys = [Filled(64, 1)] }, "VerifierKeys"),
            (_world.Passports with { Measurements = [] }, "Measurements"),
            (_world.Passports with { Measurements = [Filled(31, 1)] }, "Measurements"),
            (_world.Passports with { Platforms = [] }, "Platforms"),
            (_world.Passports with { LeastTier = PassportTier.Contraindicated }, "LeastTier"),
            (_world.Passports with { MostLifetime = TimeSpan.FromDays(31) }, "MostLifetime"),
            (_world.Passports with { MostHeadLag = TimeSpan.Zero }, "MostHeadLag"),
            (_world.Passports with { ClockError = TimeSpan.FromDays(2) }, "ClockError"),
        })
        {
            _world.Passports = pins;
            (await Should.ThrowAsync<ArgumentException>(() => _world.StartAsync())).Message.ShouldContain(expected);
        }
    }

    private Request? Last { get; set; }

    private static DateTimeOffset At(ulong unixSeconds) => DateTimeOffset.FromUnixTimeSeconds((long)unixSeconds);

    private static Task<DeviceAnswer> AskAsync(DeviceClient device) => device.AskAsync([Fact.CommandAllowed(Commander, Scope)]);

    private static async Task FaultAsync(DeviceClient device, DeviceFault fault, PassportFault passportFault = PassportFault.None)
    {
        var answer = await AskAsync(device);
        answer.Fault.ShouldBe(fault, answer.Detail);
        answer.PassportFault.ShouldBe(passportFault, answer.Detail);
        answer.Body.ShouldBeNull();
        answer.IsUsable.ShouldBeFalse();
    }
}
