using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Registry;
using Pythia.Tests.Support;
using EnclaveKeyStatus = Pythia.Grains.Registry.EnclaveKeyStatus;

namespace Pythia.Tests.Registry;

/// <summary>What the grains make of the registry's events, and that an abandoned block leaves no trace of them.</summary>
public sealed class EnclaveKeyGrainTests : IAsyncLifetime
{
    private static readonly Hash32 Measurement = Hash32.FromUInt64(0x3e);
    private static readonly Hash32 Configuration = Hash32.FromUInt64(0xcf);

    private readonly KeyRegistration _registration = new(
        Hash32.FromUInt64(1), Hash32.FromUInt64(2), Hash32.FromUInt64(3), 1, 1, KeyRegistration.OperatorOf("one"), 4_000_000_000, Hash32.FromUInt64(4));

    private MirrorWorld _world = null!;

    private IEnclaveKeyGrain Key => _world.Grains.GetGrain<IEnclaveKeyGrain>(MirrorWorld.Key(_registration.KeyId));

    private IPythiaRegistryGrain Lists => _world.Grains.GetPythiaRegistry(MirrorWorld.ChainId);

    public async Task InitializeAsync() => _world = await MirrorWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Follow_EndorsementRegistrationAndEnd_AreMirrored()
    {
        Assert.Equal(EnclaveKeyStatus.Unknown, (await Key.GetAsync()).Status);
        await FollowAsync(Deployed(), Endorsed("Measurement", 1, Measurement), Endorsed("Configuration", 1, Configuration), Registered());
        var view = await Key.GetAsync();
        Assert.Equal((EnclaveKeyStatus.Active, $"{Measurement}", $"{Configuration}", ""), (view.Status, view.Measurement, view.Configuration, view.EndedBy));
        Assert.Equal((4_000_000_000UL, Hex.Format(_registration.Operator.AsSpan())), (view.NotAfterUnixSeconds, view.Operator));
        var lists = await Lists.GetAsync();
        Assert.Equal($"{Measurement}", Assert.Single(lists.Measurements).Value);
        Assert.Equal((2, 2, 3U), (lists.Threshold, lists.Endorsers.Length, lists.EndorsersVersion));

        await FollowAsync(_world.Registries.Pythia("KeyFaulted", _registration.KeyId, (byte)1, Hash32.FromUInt64(9)));
        Assert.Equal((EnclaveKeyStatus.Faulted, "contradiction"), await StandingAsync());
    }

    [Theory]
    [InlineData(2, "block")]
    [InlineData(3, "not canonical")]
    [InlineData(4, "storage")]
    public async Task Follow_FaultOfEachKind_IsNamed(byte fault, string words)
    {
        await FollowAsync(Endorsed("Measurement", 1, Measurement), Endorsed("Configuration", 1, Configuration), Registered());
        await FollowAsync(_world.Registries.Pythia("KeyFaulted", _registration.KeyId, fault, Hash32.FromUInt64(9)));
        Assert.Equal((EnclaveKeyStatus.Faulted, words), await StandingAsync());
    }

    [Theory]
    [InlineData("Measurement")]
    [InlineData("Configuration")]
    public async Task Follow_EndOfWhatAKeyIsUnder_EndsIt_AndANewPlaceDoesNotBringItBack(string what)
    {
        var value = what == "Measurement" ? Measurement : Configuration;
        await FollowAsync(Endorsed("Measurement", 1, Measurement), Endorsed("Configuration", 1, Configuration), Registered());
        await FollowAsync(_world.Registries.Pythia($"{what}Withdrawn", 1U, value));
        Assert.Equal((EnclaveKeyStatus.Withdrawn, ""), await StandingAsync());
        await FollowAsync(Endorsed(what, 2, value));
        Assert.Equal((EnclaveKeyStatus.Withdrawn, ""), await StandingAsync());
        var lists = await Lists.GetAsync();
        Assert.Equal([1U, 2U], (what == "Measurement" ? lists.Measurements : lists.Configurations).Select(each => each.Index));
    }

    [Fact]
    public async Task Get_AfterItsEnd_IsExpired()
    {
        await FollowAsync(Endorsed("Measurement", 1, Measurement), Endorsed("Configuration", 1, Configuration), Registered());
        _world.Time.Shift = DateTimeOffset.FromUnixTimeSeconds(4_000_000_001) - TimeProvider.System.GetUtcNow();
        Assert.Equal((EnclaveKeyStatus.Expired, ""), await StandingAsync());
    }

    [Fact]
    public async Task Follow_AbandonedBlocks_LeaveNoTrace()
    {
        await FollowAsync(Endorsed("Measurement", 1, Measurement), Endorsed("Configuration", 1, Configuration), Registered());
        var before = (await Key.GetAsync(), await Lists.GetAsync());
        await FollowAsync(
            _world.Registries.Pythia("KeyRevoked", _registration.KeyId, true), _world.Registries.Pythia("MeasurementWithdrawn", 1U, Measurement), Endorsed("Measurement", 2, Configuration));
        Assert.Equal((EnclaveKeyStatus.Revoked, "itself"), await StandingAsync());

        _world.Chain.Reorganise(1);
        await _world.FollowedAsync();
        Assert.Equal(before.Item1, await Key.GetAsync());
        Assert.Equal(before.Item2.Measurements.ToArray(), (await ListedAsync()).ToArray());
    }

    [Fact]
    public async Task Follow_Rebuilt_IsTheSame()
    {
        await FollowAsync(Endorsed("Measurement", 1, Measurement), Endorsed("Configuration", 1, Configuration), Registered());
        var before = await Key.GetAsync();
        await _world.Ledger.RebuildAsync();
        await _world.FollowedAsync();
        Assert.Equal(before, await Key.GetAsync());
    }

    [Fact]
    public async Task Follow_RevocationBeforeTheRegistration_IsKnownAsRevoked()
    {
        await FollowAsync(_world.Registries.Pythia("KeyRevoked", _registration.KeyId, false));
        var view = await Key.GetAsync();
        Assert.Equal((EnclaveKeyStatus.Revoked, null, null, "endorsers"), (view.Status, view.SigningKey, view.Measurement, view.EndedBy));
    }

    [Fact]
    public async Task Follow_SameEventOfAnotherContract_SaysNothing()
    {
        var stranger = Registered() with { Address = Address.Parse("0x00000000000000000000000000000000000000ee") };
        await FollowAsync(Endorsed("Measurement", 1, Measurement), stranger);
        Assert.Equal(EnclaveKeyStatus.Unknown, (await Key.GetAsync()).Status);
    }

    private async Task FollowAsync(params ModelLog[] logs)
    {
        _world.Chain.Mine(logs);
        await _world.FollowedAsync();
    }

    private ModelLog Deployed() => _world.Registries.Pythia("EndorsersChanged", 3U, new object[] { Address.Zero, Address.Parse("0x00000000000000000000000000000000000000aa") }, (byte)2);

    private ModelLog Endorsed(string what, uint index, Hash32 value) => _world.Registries.Pythia($"{what}Endorsed", index, value);

    private ModelLog Registered()
    {
        var r = _registration;
        return _world.Registries.Pythia(
            "KeyRegistered", r.KeyId, new object[] { r.X, r.Y, r.AgreementKeyHash, r.Measurement, r.Configuration, r.Operator.ToArray(), r.NotAfter, r.Evidence });
    }

    private async Task<System.Collections.Immutable.ImmutableArray<EndorsedValue>> ListedAsync() => (await Lists.GetAsync()).Measurements;

    private async Task<(EnclaveKeyStatus Status, string EndedBy)> StandingAsync()
    {
        var view = await Key.GetAsync();
        return (view.Status, view.EndedBy);
    }
}
