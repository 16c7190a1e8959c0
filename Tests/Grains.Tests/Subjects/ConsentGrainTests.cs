using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Grains.Policies;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;
using ConsentStatus = Pythia.Grains.Consents.ConsentStatus;

namespace Pythia.Tests.Subjects;

/// <summary>A consent's life in the grains: offered, accepted, ended in each of the ways that end it.</summary>
public sealed class ConsentGrainTests : IAsyncLifetime
{
    private MirrorWorld _world = null!;
    private TestDevice _device = null!;
    private Hash32 _policy;

    private TestPeople People => _world.People;

    public async Task InitializeAsync()
    {
        _world = await MirrorWorld.StartAsync();
        _device = await _world.ClaimedDeviceAsync(People.Alice);
        var publish = new PublishAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry), [.. "no resale"u8]);
        await _world.CarryOutAsync(publish, People.Manufacturer);
        _policy = publish.PolicyId;
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Submit_GrantOfData_IsOfferedAndThenAcceptedByTheGrantee()
    {
        var grant = GrantData();
        await _world.CarryOutAsync(grant, People.Alice);
        Assert.Equal(ConsentStatus.Offered, (await _world.Consent(grant.ConsentId).GetAsync()).Status);

        await RefusedAsync(Accept(grant, People.Stranger), People.Stranger, IntentVerdict.WrongState, "Offered expected");
        await RefusedAsync(Accept(grant, People.Service) with { TermsHash = grant.ConsentId }, People.Service, IntentVerdict.WrongState, "terms");
        await _world.CarryOutAsync(Accept(grant, People.Service), People.Service);

        var view = await _world.Consent(grant.ConsentId).GetAsync();
        Assert.Equal((ConsentStatus.Active, "", People.Service.Address.ToString()), (view.Status, view.EndedBy, view.Grantee));
    }

    [Fact]
    public async Task Submit_GrantOfACommand_IsActiveAtOnce()
    {
        var grant = GrantCommand(People.Service.Address, "lock:open");
        await _world.CarryOutAsync(grant, People.Alice);

        Assert.Equal(ConsentStatus.Active, (await _world.Consent(grant.ConsentId).GetAsync()).Status);
    }

    [Fact]
    public async Task Submit_GrantOfAConsentThatLives_IsWrongState()
    {
        await _world.CarryOutAsync(GrantCommand(People.Service.Address, "lock:open"), People.Alice);
        await RefusedAsync(GrantCommand(People.Service.Address, "lock:open"), People.Alice, IntentVerdict.WrongState, "revoke it first");
    }

    [Fact]
    public async Task Submit_GrantBySomeoneElse_IsNotAllowed()
    {
        var act = People.Grant(_device, People.Stranger, People.Service.Address, "lock:open", ConsentKind.Command, new GrantEpochs(0, 1, 0));
        await RefusedAsync(act, People.Stranger, IntentVerdict.NotAllowed, "owner");
    }

    [Theory]
    [InlineData(1, 1, 0, "grant epoch")]
    [InlineData(0, 2, 0, "device epoch")]
    [InlineData(0, 1, 1, "owner epoch")]
    public async Task Submit_GrantWithAnOvertakenCounter_IsStaleEpoch(ulong grantEpoch, ulong deviceEpoch, uint ownerEpoch, string detail)
    {
        var act = People.Grant(_device, People.Alice, People.Service.Address, "lock:open", ConsentKind.Command, new GrantEpochs(grantEpoch, deviceEpoch, ownerEpoch));
        await RefusedAsync(act, People.Alice, IntentVerdict.StaleEpoch, detail);
    }

    [Fact]
    public async Task Submit_GrantUnderAPolicyThatIsNotPublished_IsWrongState()
    {
        await RefusedAsync(GrantData() with { Terms = GrantData().Terms with { PolicyId = _device.Id } }, People.Alice, IntentVerdict.WrongState, "policy");

        await _world.CarryOutAsync(new DeprecateAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry), _policy), People.Manufacturer);
        Assert.Equal(PolicyStatus.Deprecated, (await _world.Policy(_policy).GetAsync()).Status);
        await RefusedAsync(GrantData(), People.Alice, IntentVerdict.WrongState, "Deprecated");
    }

    [Fact]
    public async Task Submit_GrantForAWindowThatIsOver_IsWrongState()
    {
        var act = People.Grant(_device, People.Alice, People.Service.Address, "lock:open", ConsentKind.Command, new GrantEpochs(0, 1, 0), notAfter: People.Now - 10);
        await RefusedAsync(act, People.Alice, IntentVerdict.WrongState, "window");
    }

    [Fact]
    public async Task Submit_RevocationOfOne_EndsItAndOvertakesGrantsUnderWay()
    {
        var grant = GrantCommand(People.Service.Address, "lock:open");
        await _world.CarryOutAsync(grant, People.Alice);
        var revoke = new RevokeAct(People.Header(People.Alice, RegistryKind.ConsentRegistry), _device.Id, People.Service.Address, RegistryIds.Scope("lock:open"));

        var stranger = revoke with { Header = People.Header(People.Stranger, RegistryKind.ConsentRegistry) };
        Assert.Equal(IntentVerdict.NotAllowed, (await _world.Consent(grant.ConsentId).SubmitAsync(_world.Prepare(stranger, People.Stranger))).Verdict);
        Assert.Equal(IntentVerdict.Accepted, (await _world.Consent(grant.ConsentId).SubmitAsync(_world.Prepare(revoke, People.Alice))).Verdict);
        await _world.UntilAsync(revoke, IntentStage.Mined);

        var view = await _world.Consent(grant.ConsentId).GetAsync();
        Assert.Equal((ConsentStatus.Revoked, "revocation"), (view.Status, view.EndedBy));
        Assert.Equal(1UL, (await _world.Owner(People.Alice.Address).GetAsync()).GrantEpoch);
        await RefusedAsync(GrantCommand(People.Bob.Address, "lock:open"), People.Alice, IntentVerdict.StaleEpoch, "grant epoch 0 found, 1 expected");
    }

    [Fact]
    public async Task Get_AfterTheGranteeWasRevoked_SaysSoWithoutAWriteToTheConsent()
    {
        var grant = GrantCommand(People.Service.Address, "lock:open");
        await _world.CarryOutAsync(grant, People.Alice);
        var before = _world.Storage.Records[ConsentRecord(grant)];

        await _world.CarryOutAsync(new RevokeGranteeAct(People.Header(People.Alice, RegistryKind.ConsentRegistry), People.Service.Address), People.Alice);

        var view = await _world.Consent(grant.ConsentId).GetAsync();
        Assert.Equal((ConsentStatus.Active, "grantee revocation"), (view.Status, view.EndedBy));
        Assert.Equal(1UL, await _world.Owner(People.Alice.Address).GetGranteeFloorAsync(People.Service.Address.ToString()));
        Assert.Equal(before, _world.Storage.Records[ConsentRecord(grant)]);
    }

    [Fact]
    public async Task Get_AfterTheDeviceWasSold_SaysDeviceEpoch()
    {
        var grant = GrantCommand(People.Service.Address, "lock:open");
        await _world.CarryOutAsync(grant, People.Alice);

        await _world.CarryOutAsync(new TransferAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), _device.Id, People.Bob.Address, 1, 0), People.Alice);

        Assert.Equal("device epoch", (await _world.Consent(grant.ConsentId).GetAsync()).EndedBy);
    }

    private string ConsentRecord(GrantAct grant) => _world.Storage.Records.Keys.Single(k => k.StartsWith("consent/", StringComparison.Ordinal) && k.Contains(grant.ConsentId.ToString()));

    private GrantAct GrantData()
        => People.Grant(_device, People.Alice, People.Service.Address, "telemetry:read", ConsentKind.Data, new GrantEpochs(0, 1, 0), _policy);

    private GrantAct GrantCommand(Address grantee, string scope)
        => People.Grant(_device, People.Alice, grantee, scope, ConsentKind.Command, new GrantEpochs(0, 1, 0));

    private AcceptAct Accept(GrantAct grant, Contracts.Keys.EthereumKey grantee)
        => new(People.Header(grantee, RegistryKind.ConsentRegistry), _device.Id, 1, grant.Terms.Scope, grant.TermsHash);

    private async Task RefusedAsync(SignedAct act, Contracts.Keys.EthereumKey key, IntentVerdict verdict, string detail)
    {
        var receipt = await _world.SubmitAsync(act, key);
        Assert.Equal(verdict, receipt.Verdict);
        Assert.Contains(detail, receipt.Detail);
    }
}
