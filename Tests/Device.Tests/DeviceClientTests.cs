using System.Numerics;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Device.Tests;

/// <summary>What a device believes and what it does not; every doubt permits nothing (G4, G6).</summary>
public sealed class DeviceClientTests : IDisposable
{
    private static readonly Hash32 DeviceId = Keccak256.HashData("device"u8);
    private static readonly Address Commander = Address.Parse("0x00000000000000000000000000000000000000bb");
    private static readonly Hash32 Scope = Keccak256.HashData("lock:open"u8);

    private readonly FakeEnclave _enclave = new();
    private readonly MemoryStore _store = new();
    private readonly FakeTimeProvider _time = new();

    private DeviceTrust Trust => new()
    {
        DeviceId = DeviceId,
        EnclaveKeys = [_enclave.PublicKey],
        ConfigurationHash = _enclave.ConfigurationHash,
        MinLevel = 0,
        MaxAge = TimeSpan.FromSeconds(60),
        HeadTolerance = TimeSpan.FromSeconds(30),
    };

    public void Dispose() => _enclave.Dispose();

    [Fact]
    public async Task MayCommand_TrueAnswer_IsGivenUntilItIsTooOldByTheDevicesTimer()
    {
        using var device = await StartAsync();
        var permission = await device.MayCommandAsync(Commander, Scope);
        permission.IsGiven.ShouldBeTrue(permission.Answer.ToString());
        permission.NotAfterUnixSeconds.ShouldBe(4_000_000_000UL);
        _time.Advance(TimeSpan.FromSeconds(60));
        permission.IsGiven.ShouldBeTrue();
        _time.Advance(TimeSpan.FromTicks(1));
        permission.IsGiven.ShouldBeFalse();
    }

    public static TheoryData<string> NoPermissions => ["null", "0", "1", "[0, 4000000000]", "[2, 4000000000]", "[1]", "0x01", "[1, before the block]"];

    [Theory]
    [MemberData(nameof(NoPermissions))]
    public async Task MayCommand_AnythingButAPermission_IsNotGiven(string result)
    {
        _enclave.Result = result switch
        {
            "null" => FactResult.Null,
            "0" => FactResult.Single(FactValue.Of(0)),
            "1" => FactResult.Single(FactValue.Of(1)),
            "[0, 4000000000]" => FactResult.ArrayOf(FactValue.Of(0), FactValue.Of(4_000_000_000)),
            "[2, 4000000000]" => FactResult.ArrayOf(FactValue.Of(2), FactValue.Of(4_000_000_000)),
            "[1]" => FactResult.ArrayOf(FactValue.Of(1)),
            "0x01" => FactResult.Single(FactValue.Of([1])),
            _ => FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(_enclave.UnixSeconds - 1)),
        };
        using var device = await StartAsync();
        (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeFalse();
    }

    [Fact]
    public async Task Ask_AnswerChangedOnItsWay_IsWrongAnswerAndNothingIsRemembered()
    {
        using var device = await StartAsync();
        _enclave.ChangeAnswer = answer =>
        {
            answer[^1] ^= 1;
            return answer;
        };
        await FaultAsync(device, AnswerFault.Signature);
        _enclave.ChangeAnswer = RaiseS;
        await FaultAsync(device, AnswerFault.HighS);
        _enclave.ChangeAnswer = answer => answer[..^1];
        await FaultAsync(device, AnswerFault.NotDeterministicCbor);
        device.Memory.ShouldBe(DeviceMemory.Nothing);
        _store.Stored.ShouldBe(DeviceMemory.Nothing);
    }

    [Fact]
    public async Task Ask_SignedAnswerToSomethingElse_IsWrongAnswer()
    {
        using var device = await StartAsync();
        _enclave.ChangeBody = body => body with { Nonce = [1, 1, 1, 1, 1, 1, 1, 1] };
        await FaultAsync(device, AnswerFault.Nonce);
        _enclave.ChangeBody = body => body with { Nonce = null };
        await FaultAsync(device, AnswerFault.Nonce);
        _enclave.ChangeBody = body => body with { Results = [FactResult.Null, FactResult.Null] };
        await FaultAsync(device, AnswerFault.ResultCount);

        _enclave.ChangeBody = body => body;
        _enclave.ChangeAnswer = _ => _enclave.Answer(new Request(Question.Create(Scope, 0, Fact.CommandAllowed(Commander, Scope)), [0, 0, 0, 0, 0, 0, 0, 0], 0));
        await FaultAsync(device, AnswerFault.Signature);
    }

    [Fact]
    public async Task Ask_EarlierAnswerReplayed_IsWrongAnswer()
    {
        using var device = await StartAsync();
        var first = await device.MayCommandAsync(Commander, Scope);
        first.IsGiven.ShouldBeTrue();
        _enclave.Instead = TransportReply.Answered(first.Answer.Encoded!);
        (await device.MayCommandAsync(Commander, Scope)).Answer.AnswerFault.ShouldBeOneOf(AnswerFault.Signature, AnswerFault.Nonce);
    }

    [Fact]
    public async Task Ask_OtherConfigurationLevelOrKey_IsWrongAnswer()
    {
        using var device = await StartAsync(Trust with { MinLevel = 2 });
        await FaultAsync(device, AnswerFault.Level);
        using var other = await StartAsync(Trust with { ConfigurationHash = new byte[32] });
        await FaultAsync(other, AnswerFault.Signature);
        using var stranger = new FakeEnclave();
        using var third = await StartAsync(Trust with { EnclaveKeys = [stranger.PublicKey] });
        await FaultAsync(third, AnswerFault.Signature);
        using var both = await StartAsync(Trust with { EnclaveKeys = [stranger.PublicKey, _enclave.PublicKey] });
        (await both.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
    }

    [Fact]
    public async Task Ask_Always_SendsAFreshNonceAndTheHighestBlockSeen()
    {
        var requests = new List<Request>();
        _enclave.OnRequest = requests.Add;
        using var device = await StartAsync();
        await device.MayCommandAsync(Commander, Scope);
        await device.MayCommandAsync(Commander, Scope);
        requests.Select(request => request.Question.MinBlock).ShouldBe([0UL, 100UL]);
        requests[0].Nonce!.Value.SequenceEqual(requests[1].Nonce!.Value).ShouldBeFalse();
    }

    [Fact]
    public async Task Ask_HeadBelowOneSeenBeforeARestart_IsRefused()
    {
        using (var device = await StartAsync())
        {
            (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
        }

        _store.Stored.ShouldBe(new DeviceMemory(100, 1_800_000_000));
        using var restarted = await StartAsync();
        _enclave.Block = 99;
        (await restarted.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.HeadWentBack);
        _enclave.Block = 101;
        _enclave.UnixSeconds--;
        (await restarted.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.TimeWentBack);
        _enclave.UnixSeconds++;
        (await restarted.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
    }

    [Fact]
    public async Task Ask_HeadTimeBehindUptimeByMoreThanTheTolerance_StandsStill()
    {
        using var device = await StartAsync();
        (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(30));
        (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(1));
        _enclave.Block++;
        (await device.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.HeadStandsStill);
        _enclave.UnixSeconds++;
        (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue();
    }

    [Fact]
    public async Task Ask_HeadsThatCreepSlowerThanTheTimer_StandStillInTheEnd()
    {
        // Each step is within the tolerance of the last one; only all together are not.
        using var device = await StartAsync();
        for (var step = 0; step < 3; step++)
        {
            (await device.MayCommandAsync(Commander, Scope)).IsGiven.ShouldBeTrue($"step {step}");
            _time.Advance(TimeSpan.FromSeconds(20));
            _enclave.UnixSeconds += 5;
            _enclave.Block++;
        }

        (await device.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.HeadStandsStill);
    }

    [Fact]
    public async Task Ask_AnswerThatTookTooLong_IsTooOld()
    {
        using var device = await StartAsync(Trust with { HeadTolerance = TimeSpan.FromDays(1) });
        _enclave.OnRequest = _ => _time.Advance(TimeSpan.FromSeconds(61));
        (await device.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.TooOld);
    }

    [Fact]
    public async Task Ask_RefusedOrSilent_PermitsNothing()
    {
        using var device = await StartAsync();
        _enclave.Instead = TransportReply.Refused(new ConciseProblem(7, "ProofInvalid", "cut short", 0xA2).Encode());
        var refused = await device.MayCommandAsync(Commander, Scope);
        (refused.Answer.Fault, refused.IsGiven).ShouldBe((DeviceFault.Refused, false));
        refused.Answer.Detail.ShouldBe("ProofInvalid: cut short");
        _enclave.Instead = TransportReply.None("no route");
        var silent = await device.MayCommandAsync(Commander, Scope);
        (silent.Answer.Fault, silent.IsGiven).ShouldBe((DeviceFault.NoReply, false));
        _enclave.Instead = TransportReply.Refused([1, 2, 3]);
        (await device.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.NoReply);
    }

    [Fact]
    public async Task Ask_HeadThatCannotBeStored_PermitsNothing()
    {
        using var device = await StartAsync();
        _store.Failure = new IOException("disk full");
        (await device.MayCommandAsync(Commander, Scope)).Answer.Fault.ShouldBe(DeviceFault.NotStored);
        device.Memory.ShouldBe(DeviceMemory.Nothing);
    }

    [Fact]
    public async Task Start_IncompleteTrust_NamesTheSetting()
    {
        (await Should.ThrowAsync<ArgumentException>(() => StartAsync(Trust with { EnclaveKeys = [] }))).Message.ShouldContain("EnclaveKeys");
        (await Should.ThrowAsync<ArgumentException>(() => StartAsync(Trust with { EnclaveKeys = [new byte[64]] }))).Message.ShouldContain("EnclaveKeys");
        (await Should.ThrowAsync<ArgumentException>(() => StartAsync(Trust with { ConfigurationHash = [] }))).Message.ShouldContain("ConfigurationHash");
        (await Should.ThrowAsync<ArgumentException>(() => StartAsync(Trust with { MinLevel = 4 }))).Message.ShouldContain("MinLevel");
        (await Should.ThrowAsync<ArgumentException>(() => StartAsync(Trust with { MaxAge = TimeSpan.Zero }))).Message.ShouldContain("MaxAge");
        (await Should.ThrowAsync<ArgumentException>(() => StartAsync(Trust with { HeadTolerance = TimeSpan.FromDays(8) }))).Message.ShouldContain("HeadTolerance");
    }

    private static byte[] RaiseS(byte[] answer)
    {
        var order = BigInteger.Parse("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", System.Globalization.NumberStyles.HexNumber);
        var s = order - new BigInteger(answer.AsSpan(answer.Length - 32), isUnsigned: true, isBigEndian: true);
        s.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(answer, answer.Length - 32);
        return answer;
    }

    private static async Task FaultAsync(DeviceClient device, AnswerFault expected)
    {
        var permission = await device.MayCommandAsync(Commander, Scope);
        permission.IsGiven.ShouldBeFalse();
        permission.Answer.Fault.ShouldBe(DeviceFault.WrongAnswer, permission.Answer.Detail);
        permission.Answer.AnswerFault.ShouldBe(expected, permission.Answer.Detail);
        permission.Answer.Results.ShouldBeEmpty();
    }

    private Task<DeviceClient> StartAsync(DeviceTrust? trust = null) => DeviceClient.StartAsync(trust ?? Trust, _enclave, _store, _time);
}
