using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Registry;
using Pythia.Tests.Support;
using EnclaveKeyStatus = Pythia.Grains.Registry.EnclaveKeyStatus;

namespace Pythia.Tests.Registry;

/// <summary>The endorsers' notice board: what it keeps, whom it keeps out, and that nobody crowds out another. And a key's own word, kept until the chain has it.</summary>
public sealed class RegistrationDeskTests : IAsyncLifetime
{
    private static readonly Hash32 Measurement = Hash32.FromUInt64(0x3e);
    private static readonly Hash32 Configuration = Hash32.FromUInt64(0xcf);
    private static readonly byte[] Evidence = [1, 2, 3];

    private readonly EthereumKey[] _endorsers = [.. new byte[] { 11, 12, 13 }.Select(TestPeople.Key).OrderBy(key => key.Address.ToString(), StringComparer.Ordinal)];

    private MirrorWorld _world = null!;
    private ulong _start;

    private IRegistrationDeskGrain Desk => _world.Grains.GetRegistrationDesk(MirrorWorld.ChainId);

    private ulong Now => (ulong)_world.Time.GetUtcNow().ToUnixTimeSeconds();

    public async Task InitializeAsync()
    {
        _world = await MirrorWorld.StartAsync();
        _start = Now;
        await FollowAsync(
            Endorsers(3U, _endorsers), _world.Registries.Pythia("MeasurementEndorsed", 1U, Measurement), _world.Registries.Pythia("ConfigurationEndorsed", 1U, Configuration));
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Propose_AndSign_AreThereAfterARestart()
    {
        var act = ActOf(1);
        var proposed = await ProposeAsync(act, _endorsers[0]);
        Assert.Equal((DeskVerdict.Accepted, act.Digest(MirrorWorld.ChainId).ToString()), (proposed.Verdict, proposed.Digest));
        Assert.Equal(DeskVerdict.Accepted, (await SignAsync(act, _endorsers[2])).Verdict);
        Assert.Equal(DeskVerdict.AlreadyAccepted, (await SignAsync(act, _endorsers[2])).Verdict);

        await _world.RestartAsync();
        var open = Assert.Single(await Desk.ListAsync());
        Assert.Equal((proposed.Digest, act.Registration.KeyId.ToString(), _endorsers[0].Address.ToString()), (open.Digest, open.KeyId, open.Proposer));
        Assert.Equal([_endorsers[0].Address.ToString(), _endorsers[2].Address.ToString()], open.Signatures.Select(signature => signature.Endorser));
        Assert.Equal(RegistrationActs.InForm(act), open.Terms);
        Assert.Equal(Evidence, await EvidenceAsync(act));
        Assert.Equal(DeskVerdict.AlreadyAccepted, (await SignAsync(act, _endorsers[2])).Verdict);
    }

    [Fact]
    public async Task Propose_ByNobodyKnown_OrOutOfForm_IsRefusedByName()
    {
        var act = ActOf(1);
        Assert.Equal(DeskVerdict.NotAnEndorser, (await ProposeAsync(act, TestPeople.Key(5))).Verdict);
        Assert.Equal(DeskVerdict.Malformed, (await ProposeAsync(act, _endorsers[0], [1, 2])).Verdict);
        Assert.Equal(DeskVerdict.Malformed, (await ProposeAsync(act, _endorsers[0], new byte[IRegistrationDeskGrain.LongestEvidence + 1])).Verdict);
        Assert.Equal(DeskVerdict.Expired, (await ProposeAsync(act with { DeadlineUnixSeconds = Now }, _endorsers[0])).Verdict);
        Assert.Equal(DeskVerdict.Expired, (await ProposeAsync(act with { DeadlineUnixSeconds = Now + (8 * 86_400) }, _endorsers[0])).Verdict);
        Assert.Equal(DeskVerdict.Expired, (await ProposeAsync(act with { Registration = act.Registration with { NotAfter = Now + (91 * 86_400) } }, _endorsers[0])).Verdict);
        Assert.Equal(DeskVerdict.WrongState, (await ProposeAsync(act with { Measurement = Configuration }, _endorsers[0])).Verdict);
        Assert.Equal(DeskVerdict.WrongState, (await ProposeAsync(act with { Configuration = Measurement }, _endorsers[0])).Verdict);
        Assert.Equal(DeskVerdict.Unknown, (await SignAsync(act, _endorsers[0])).Verdict);
        Assert.Empty(await Desk.ListAsync());
        Assert.Empty(await EvidenceAsync(act));
    }

    [Fact]
    public async Task Propose_MoreThanOneMay_PushesOutItsOwnOldestAndNobodyElses()
    {
        var others = ActOf(200);
        await ProposeAsync(others, _endorsers[1]);
        for (byte i = 0; i <= IRegistrationDeskGrain.MostOfOneEndorser; i++) Assert.Equal(DeskVerdict.Accepted, (await ProposeAsync(ActOf(i), _endorsers[0])).Verdict);

        var open = await Desk.ListAsync();
        Assert.Equal(1 + IRegistrationDeskGrain.MostOfOneEndorser, open.Length);
        Assert.Equal(others.Registration.KeyId.ToString(), open[0].KeyId);
        Assert.DoesNotContain(open, proposal => proposal.KeyId == ActOf(0).Registration.KeyId.ToString());
        Assert.Empty(await EvidenceAsync(ActOf(0)));
        Assert.Equal(Evidence, await EvidenceAsync(ActOf(1)));
    }

    [Fact]
    public async Task Propose_SameKeyAgain_TakesThePlaceOfItsOwnAndNotOfAnothers()
    {
        var (first, second) = (ActOf(1), ActOf(1) with { DeadlineUnixSeconds = _start + 100 });
        await ProposeAsync(first, _endorsers[0]);
        await ProposeAsync(first with { DeadlineUnixSeconds = _start + 200 }, _endorsers[1]);
        await ProposeAsync(second, _endorsers[0]);
        Assert.Equal([_endorsers[1].Address.ToString(), _endorsers[0].Address.ToString()], (await Desk.ListAsync()).Select(proposal => proposal.Proposer));
        Assert.Equal(DeskVerdict.Unknown, (await SignAsync(first, _endorsers[2])).Verdict);
    }

    // One endorser posts another's terms and evidence with its own signature, and then something else about the key.
    [Fact]
    public async Task Propose_AnothersTermsAsOnesOwn_IsASignatureAndTakesNothingAway()
    {
        var act = ActOf(1);
        await ProposeAsync(act, _endorsers[0]);
        await SignAsync(act, _endorsers[1]);
        Assert.Equal(DeskVerdict.Accepted, (await ProposeAsync(act, _endorsers[2])).Verdict);
        Assert.Equal(DeskVerdict.AlreadyAccepted, (await ProposeAsync(act, _endorsers[2])).Verdict);
        Assert.Equal(DeskVerdict.AlreadyAccepted, (await ProposeAsync(act, _endorsers[1])).Verdict);
        var open = Assert.Single(await Desk.ListAsync());
        Assert.Equal(_endorsers[0].Address.ToString(), open.Proposer);
        Assert.Equal(_endorsers.Select(endorser => endorser.Address.ToString()), open.Signatures.Select(signature => signature.Endorser));

        await ProposeAsync(act with { DeadlineUnixSeconds = _start + 100 }, _endorsers[2]);
        Assert.Equal([open.Digest, (act with { DeadlineUnixSeconds = _start + 100 }).Digest(MirrorWorld.ChainId).ToString()], (await Desk.ListAsync()).Select(proposal => proposal.Digest));
        Assert.Equal(Evidence, await EvidenceAsync(act));
    }

    // Whose proposer is none any more is not open: the same terms are a proposal again.
    [Fact]
    public async Task Propose_TermsOfAFormerEndorser_AreANewProposal()
    {
        var act = ActOf(1);
        await ProposeAsync(act, _endorsers[2]);
        await FollowAsync(Endorsers(4U, _endorsers[..2]));
        Assert.Empty(await Desk.ListAsync());
        Assert.Equal(DeskVerdict.Accepted, (await ProposeAsync(act, _endorsers[0])).Verdict);
        var open = Assert.Single(await Desk.ListAsync());
        Assert.Equal((_endorsers[0].Address.ToString(), 1), (open.Proposer, open.Signatures.Length));
        Assert.Equal(Evidence, await EvidenceAsync(act));
    }

    [Fact]
    public async Task List_OverByTimeByTheChainOrByTheSet_HoldsNoneOfIt()
    {
        var (short1, known, former) = (ActOf(1) with { DeadlineUnixSeconds = _start + 100 }, ActOf(2), ActOf(3));
        await ProposeAsync(short1, _endorsers[0]);
        await ProposeAsync(known, _endorsers[0]);
        await ProposeAsync(former, _endorsers[2]);
        await ProposeAsync(ActOf(4), _endorsers[0]);
        await SignAsync(ActOf(4), _endorsers[2]);

        // The one was revoked before it came, the third endorser is one no more.
        await FollowAsync(_world.Registries.Pythia("KeyRevoked", known.Registration.KeyId, false), Endorsers(4U, _endorsers[..2]));
        Assert.Equal([short1.Registration.KeyId, ActOf(4).Registration.KeyId], (await Desk.ListAsync()).Select(proposal => Hash32.Parse(proposal.KeyId)));
        Assert.Single((await Desk.ListAsync())[1].Signatures);
        Assert.Equal(DeskVerdict.NotAnEndorser, (await SignAsync(short1, _endorsers[2])).Verdict);
        Assert.Equal(DeskVerdict.WrongState, (await ProposeAsync(known with { DeadlineUnixSeconds = Now + 50 }, _endorsers[1])).Verdict);

        _world.Time.Shift = TimeSpan.FromSeconds(101);
        Assert.Equal([ActOf(4).Registration.KeyId], (await Desk.ListAsync()).Select(proposal => Hash32.Parse(proposal.KeyId)));
        Assert.Equal(DeskVerdict.Unknown, (await SignAsync(short1, _endorsers[1])).Verdict);

        // With the next proposal what is over goes from storage too, its evidence with it.
        await ProposeAsync(ActOf(5), _endorsers[0]);
        Assert.Empty(await EvidenceAsync(short1));
        Assert.Empty(await EvidenceAsync(known));
    }

    [Fact]
    public async Task Propose_StoreFails_IsNotAcknowledgedAndCanBeSentAgain()
    {
        var act = ActOf(1);
        _world.Storage.FailsOn = (name, _) => name == "registration-desk";
        await Assert.ThrowsAnyAsync<Exception>(() => ProposeAsync(act, _endorsers[0]));
        _world.Storage.FailsOn = (_, _) => false;
        Assert.Empty(await Desk.ListAsync());
        Assert.Equal(DeskVerdict.Accepted, (await ProposeAsync(act, _endorsers[0])).Verdict);
    }

    [Fact]
    public async Task KeepOwnRevocation_OfTheKeyItself_StaysAndKeepsTheKeyFromBeingRegistered()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        ImmutableArray<byte> signingKey = [.. point.X!, .. point.Y!];
        var keyId = Es256Key.ComputeFingerprint(signingKey.AsSpan());
        var word = Sign(key, OwnRevocation.ToBeSigned(MirrorWorld.ChainId, MirrorWorld.Contracts.PythiaRegistry, signingKey.AsSpan()));
        var elsewhere = Sign(key, OwnRevocation.ToBeSigned(MirrorWorld.ChainId + 1, MirrorWorld.Contracts.PythiaRegistry, signingKey.AsSpan()));
        var grain = _world.Grains.GetGrain<IEnclaveKeyGrain>(MirrorWorld.Key(keyId));
        Assert.False(await grain.KeepOwnRevocationAsync(signingKey, elsewhere));
        Assert.False(await _world.Grains.GetGrain<IEnclaveKeyGrain>(MirrorWorld.Key(Measurement)).KeepOwnRevocationAsync(signingKey, word));
        Assert.Null((await grain.GetAsync()).OwnRevocation);

        var act = ActOf(1);
        act = act with { Registration = act.Registration with { X = Hash32.FromSpan(signingKey.AsSpan()[..32]), Y = Hash32.FromSpan(signingKey.AsSpan()[32..]) } };
        await ProposeAsync(act, _endorsers[0]);
        Assert.Single(await Desk.ListAsync());
        Assert.True(await grain.KeepOwnRevocationAsync(signingKey, word));
        Assert.True(await grain.KeepOwnRevocationAsync(signingKey, Sign(key, OwnRevocation.ToBeSigned(MirrorWorld.ChainId, MirrorWorld.Contracts.PythiaRegistry, signingKey.AsSpan()))));
        Assert.Empty(await Desk.ListAsync());
        Assert.Equal(DeskVerdict.WrongState, (await ProposeAsync(act, _endorsers[1])).Verdict);

        // No block said it, and none takes it back.
        await _world.RestartAsync();
        await FollowAsync(_world.Registries.Pythia("KeyRevoked", keyId, true));
        _world.Chain.Reorganise(1);
        await _world.FollowedAsync();
        var view = await _world.Grains.GetGrain<IEnclaveKeyGrain>(MirrorWorld.Key(keyId)).GetAsync();
        Assert.Equal((EnclaveKeyStatus.Unknown, Hex.Format((byte[])[.. signingKey, .. word])), (view.Status, view.OwnRevocation));
    }

    private static ImmutableArray<byte> Sign(ECDsa key, byte[] statement)
    {
        var signature = key.SignData(statement, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return [.. signature];
    }

    private RegisterKeyAct ActOf(byte number) => new(
        MirrorWorld.Contracts.PythiaRegistry,
        _start + 86_400,
        new KeyRegistration(
            Hash32.FromUInt64(number), Hash32.FromUInt64(2), Hash32.FromUInt64(3), 0, 0, KeyRegistration.OperatorOf("one"), _start + 90_000, Hash32.FromSpan(SHA256.HashData(Evidence))),
        Measurement,
        Configuration);

    private Task<DeskReceipt> ProposeAsync(RegisterKeyAct act, EthereumKey signer, byte[]? evidence = null)
        => Desk.ProposeAsync(new RegistrationProposal(
            RegistrationActs.InForm(act), [.. evidence ?? Evidence], [.. signer.Sign(act.Digest(MirrorWorld.ChainId)).ToArray()]));

    private Task<DeskReceipt> SignAsync(RegisterKeyAct act, EthereumKey signer)
    {
        var digest = act.Digest(MirrorWorld.ChainId);
        return Desk.SignAsync(digest.ToString(), [.. signer.Sign(digest).ToArray()]);
    }

    private async Task<byte[]> EvidenceAsync(RegisterKeyAct act)
        => [.. await _world.Grains.GetGrain<IRegistrationEvidenceGrain>(MirrorWorld.Key(act.Digest(MirrorWorld.ChainId))).GetAsync()];

    private ModelLog Endorsers(uint version, EthereumKey[] members)
        => _world.Registries.Pythia("EndorsersChanged", version, members.Select(member => (object)member.Address).ToArray(), (byte)2);

    private async Task FollowAsync(params ModelLog[] logs)
    {
        _world.Chain.Mine(logs);
        await _world.FollowedAsync();
    }
}
