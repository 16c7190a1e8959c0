using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Gateway;
using Pythia.Gateway.Registry;
using Pythia.Grains;
using Pythia.Grains.Registry;
using Pythia.Silo.Commands;
using Pythia.Silo.Endorsing;
using Shouldly;
using ChainStatus = Pythia.Contracts.Registries.EnclaveKeyStatus;

namespace Pythia.EndToEnd;

/// <summary>Endorsers that stand for enclaves' keys by themselves, on a chain and a silo: what they sign, what they refuse, and what a gateway can't do to them.</summary>
public sealed class RegistrationTests(EndorsedSilo silo) : IClassFixture<EndorsedSilo>
{
    private const string OperatorA = "operator-a.example";
    private const ulong Day = 86_400;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private static ulong Now => (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Round_TwoOfThree_RegisterTheKeyAndTheThirdRefusesByName()
    {
        var keyId = await FreshKeyAsync();
        var (one, two, three) = (silo.EndorserOf(0, OperatorA), silo.EndorserOf(1, OperatorA, change: AllowSoftwareAdvice), silo.EndorserOf(2, "operator-b.example"));
        Single(await RoundAsync(one)).ShouldBe((EndorserEvent.Proposed, keyId, ""));

        // Another operator's name: it signs nothing of the kind, and says what it would sign.
        var refused = await RoundAsync(three);
        refused.Select(note => note.Event).ShouldBe([EndorserEvent.ProposalRefused, EndorserEvent.Proposed]);
        refused[0].Detail.ShouldStartWith("OperatorMismatch: ");

        var second = await RoundAsync(two);
        second.Select(note => note.Event).ShouldBe([EndorserEvent.Signed, EndorserEvent.ProposalRefused, EndorserEvent.Registered], Words(second));
        (await silo.Reader.KeyAsync(keyId)).Status.ShouldBe(ChainStatus.Active);

        // Nothing is left to do for anybody, and the board is rid of it once the chain has been heard.
        await silo.FollowedAsync(BlockOf(second));
        foreach (var endorser in new[] { one, two, three }) (await RoundAsync(endorser)).ShouldBeEmpty();
        (await silo.Grains.GetRegistrationDesk(silo.ChainId).ListAsync()).ShouldNotContain(open => open.KeyId == keyId.ToString());
        var view = await silo.ViewAsync(keyId);
        (view.Status, view.Operator).ShouldBe((Grains.Registry.EnclaveKeyStatus.Active, Hex.Format(KeyRegistration.OperatorOf(OperatorA).AsSpan())));
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Round_RestartedEnclaveAndAnnouncedKeys_AreRegisteredWithoutAPerson()
    {
        var before = await silo.KeyIdAsync();
        await silo.RestartAsync();
        var (one, two) = (silo.EndorserOf(0, OperatorA), silo.EndorserOf(1, OperatorA));
        var after = await silo.KeyIdAsync();
        after.ShouldNotBe(before);
        await RegisterAsync(one, two, after);

        // Announced an overlap before it signs: registered by then.
        silo.EnclaveTime.Advance(TimeSpan.FromMinutes((23 * 60) + 1));
        var next = Es256Key.ComputeFingerprint((await silo.Enclave.IdentifyAsync()).Next.ShouldNotBeNull().SigningKey.Span);
        await RegisterAsync(one, two, next);
        (await silo.KeyIdAsync()).ShouldBe(after);
        silo.EnclaveTime.Advance(TimeSpan.FromHours(1));
        (await silo.KeyIdAsync()).ShouldBe(next);
        (await RoundAsync(one)).ShouldBeEmpty();
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Round_AnotherCompletedItAndIsGone_IsSentByTheNextARoundLater()
    {
        var keyId = await FreshKeyAsync();
        var one = silo.EndorserOf(0, OperatorA);
        var digest = (await RoundAsync(one)).Single().Digest!.Value;

        // The second signs, and dies before it sends.
        using var http = silo.Http();
        var signed = await SignAsync(http, digest, EndorsedSilo.Endorsers[1].Sign(digest).ToArray());
        signed.StatusCode.ShouldBe(HttpStatusCode.OK);
        Single(await RoundAsync(one)).Event.ShouldBe(EndorserEvent.Complete);
        Single(await RoundAsync(one)).Event.ShouldBe(EndorserEvent.Registered);
        (await silo.Reader.KeyAsync(keyId)).Status.ShouldBe(ChainStatus.Active);
    }

    [Theory(Skip = InOneProcess.Skip)]
    [InlineData("terms", "Altered: digest ")]
    [InlineData("terms and digest", "Altered: no endorser's signature ")]
    [InlineData("evidence", "EvidenceMismatch: ")]
    public async Task Round_GatewayAltersTheProposal_NothingOfItIsSigned(string what, string reason)
    {
        var keyId = await FreshKeyAsync();
        var digest = (await RoundAsync(silo.EndorserOf(0, OperatorA))).Single().Digest!.Value;
        using var liar = new LyingGateway(what, silo.ChainId, silo.Registry);
        var notes = await RoundAsync(silo.EndorserOf(1, OperatorA, liar));
        notes.Select(note => note.Event).ShouldBe([EndorserEvent.ProposalRefused, EndorserEvent.Proposed], Words(notes));
        notes[0].Detail.ShouldStartWith(reason);

        // What the first proposed has its signature alone, whatever was made of it on the way.
        var listed = (await silo.Grains.GetRegistrationDesk(silo.ChainId).ListAsync()).Where(view => view.KeyId == keyId.ToString()).ToArray();
        listed.Single(view => view.Digest == digest.ToString()).Signatures.Length.ShouldBe(1);
        listed.ShouldAllBe(view => view.Signatures.Length == 1);
    }

    [Theory(Skip = InOneProcess.Skip)]
    [InlineData("old evidence", "NonceMismatch: ")]
    [InlineData("no evidence", "EvidenceMalformed: ")]
    public async Task Round_GatewayShowsAnotherEnclave_NothingIsSigned(string what, string reason)
    {
        await FreshKeyAsync();
        using var liar = new LyingGateway(what, silo.ChainId, silo.Registry);
        var endorser = silo.EndorserOf(1, OperatorA, liar);
        var note = Single(await RoundAsync(endorser));
        (note.Event, note.Detail[..reason.Length]).ShouldBe((EndorserEvent.EnclaveRefused, reason));

        // It is left alone for a while: a refusal costs its enclave a quote.
        (await RoundAsync(endorser)).ShouldBeEmpty();
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Round_GatewaySaysThatTheKeyEndsSoon_IsRegisteredForAsLongAsTheEndorserWants()
    {
        var keyId = await FreshKeyAsync();
        using var liar = new LyingGateway("key ends", silo.ChainId, silo.Registry);
        var before = Now;
        Single(await RoundAsync(silo.EndorserOf(0, OperatorA, liar))).Event.ShouldBe(EndorserEvent.Proposed);
        var proposed = (await silo.Grains.GetRegistrationDesk(silo.ChainId).ListAsync()).Single(view => view.KeyId == keyId.ToString());
        proposed.Terms.NotAfterUnixSeconds.ShouldBeGreaterThanOrEqualTo(before + (2 * Day));
    }

    // A key is registered once: registered for a minute, it is Expired for good.
    [Theory(Skip = InOneProcess.Skip)]
    [InlineData(120, Day)]
    [InlineData(Day - 60, 60)]
    [InlineData((2 * Day) - 60, Day)] // kept back until its last hour, it would hold for a day less a minute
    public async Task Round_AnotherProposesTrueEvidenceForAShortTime_IsNotSigned(ulong seconds, ulong open)
    {
        var keyId = await FreshKeyAsync();
        var evidence = await silo.EvidenceAsync();
        var look = EnclaveLook.At(evidence, EndorsedSilo.TermsOf(silo.PolicyOf(OperatorA)), TimeSpan.FromDays(2), TimeProvider.System.GetUtcNow());
        var act = look.ToAct(silo.Registry, Now + open);
        act = act with { Registration = act.Registration with { NotAfter = Now + seconds } };
        (await ProposeAsync(act, evidence, EndorsedSilo.Endorsers[0])).ShouldBe("accepted");

        var notes = await RoundAsync(silo.EndorserOf(1, OperatorA));
        notes.Select(note => note.Event).ShouldBe([EndorserEvent.ProposalRefused, EndorserEvent.Proposed], Words(notes));
        notes[0].Detail.ShouldStartWith("NotAfter: ");
        (await silo.Reader.KeyAsync(keyId)).Status.ShouldBe(ChainStatus.Unknown);
    }

    // A gateway picks the collateral that it shows.
    [Fact(Skip = InOneProcess.Skip)]
    public async Task Find_CollateralNearlyOver_IsRefusedByName()
    {
        var (evidence, terms) = (await silo.EvidenceAsync(), EndorsedSilo.TermsOf(silo.PolicyOf(OperatorA)) with { KeyLifetime = TimeSpan.FromDays(90) });
        var ends = DateTimeOffset.FromUnixTimeSeconds((long)EnclaveLook.At(evidence, terms, terms.KeyLifetime, TimeProvider.System.GetUtcNow()).Claims!.ExpiresUnixSeconds);
        Find(ends.AddHours(-26)).ShouldBeEmpty();
        Find(ends.AddHours(-24)).ShouldHaveSingleItem().ShouldStartWith("EndsTooSoon: ");

        ImmutableArray<string> Find(DateTimeOffset now)
        {
            var look = EnclaveLook.At(evidence, terms, terms.KeyLifetime, now);
            return look.FindOthers([.. look.Claims!.SigningKey], [.. look.Claims.Nonce!], now);
        }
    }

    [Theory(Skip = InOneProcess.Skip)]
    [InlineData(4, false)]
    [InlineData(6, true)]
    public async Task FindReasons_FarLessThanOneWantsOneself_IsRefusedByName(ulong days, bool isSigned)
    {
        var (evidence, terms, now) = (await silo.EvidenceAsync(), EndorsedSilo.TermsOf(silo.PolicyOf(OperatorA)) with { KeyLifetime = TimeSpan.FromDays(20) }, TimeProvider.System.GetUtcNow());
        var own = EnclaveLook.At(evidence, terms, terms.KeyLifetime, now);
        var act = own.ToAct(silo.Registry, Now + 3_600);
        act = act with { Registration = act.Registration with { NotAfter = Now + (days * Day) } };
        var reasons = ProposalCheck.FindReasons(new Proposal(act.Digest(silo.ChainId), act, []), evidence, own, terms, now);
        reasons.Select(reason => reason.Split(' ')[0]).ShouldBe(isSigned ? [] : ["NotAfter:"]);
    }

    [Theory(Skip = InOneProcess.Skip)]
    [InlineData("no enclave", "/enclaves: null found")]
    [InlineData("no registration", "/registrations: null found")]
    [InlineData("no signature", "/registrations: null found")]
    [InlineData("half a letter", "400")]
    public async Task Round_GatewaySaysNothingUsable_IsTroubleByName(string what, string trouble)
    {
        await FreshKeyAsync();
        await RoundAsync(silo.EndorserOf(0, OperatorA));
        using var liar = new LyingGateway(what, silo.ChainId, silo.Registry);
        ImmutableArray<EndorserNote> notes = [];
        using var stopping = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await RegistryEndorse.WatchAsync(Once(silo.EndorserOf(1, OperatorA, liar).RoundAsync, stopping), said => notes = notes.Add(said), Pause, stopping.Token);
        var note = notes.ShouldHaveSingleItem();
        note.Event.ShouldBe(EndorserEvent.Trouble);
        note.Detail.ShouldContain(trouble);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Round_BlocksAreTooDear_IsTroubleAndSentWhenTheyAreNot()
    {
        var keyId = await FreshKeyAsync();
        await RoundAsync(silo.EndorserOf(0, OperatorA));
        var notes = await RoundAsync(silo.EndorserOf(1, OperatorA, node: node => new OddNode("dear", node)));
        notes.Select(note => note.Event).ShouldBe([EndorserEvent.Signed, EndorserEvent.Trouble], Words(notes));
        notes[1].Detail.ShouldStartWith("base fee 300000000000 wei found");
        var two = silo.EndorserOf(1, OperatorA);
        Single(await RoundAsync(two)).Event.ShouldBe(EndorserEvent.Complete);
        Single(await RoundAsync(two)).Event.ShouldBe(EndorserEvent.Registered);
        (await silo.Reader.KeyAsync(keyId)).Status.ShouldBe(ChainStatus.Active);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Round_WhatWasSentBeforeWaits_SendsNothingBesideIt()
    {
        await FreshKeyAsync();
        await RoundAsync(silo.EndorserOf(0, OperatorA));
        OddNode? odd = null;
        var notes = await RoundAsync(silo.EndorserOf(1, OperatorA, node: node => odd = new OddNode("waiting", node)));
        notes.Select(note => note.Event).ShouldBe([EndorserEvent.Signed, EndorserEvent.Trouble], Words(notes));
        notes[1].Detail.ShouldContain("waits for its block");
        odd!.Sent.ShouldBe(0);
    }

    // A service for weeks: only who started it ends it.
    [Fact]
    public async Task Watch_WhateverARoundMeets_GoesOnUntilItIsStopped()
    {
        Exception[] met = [new FormatException("odd"), new TaskCanceledException("another's"), new InvalidOperationException("odder")];
        using var stopping = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var (rounds, details) = (0, new List<string>());
        var code = await RegistryEndorse.WatchAsync(
            _ =>
            {
                if (rounds < met.Length) throw met[rounds++];

                stopping.Cancel();
                throw new OperationCanceledException(stopping.Token);
            },
            note => details.Add($"{note.Event} {note.Detail}"),
            Pause,
            stopping.Token);
        (code, rounds).ShouldBe((0, met.Length));
        details.ShouldBe(["Trouble FormatException: odd", "Trouble TaskCanceledException: another's", "Trouble InvalidOperationException: odder"]);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Round_PolicyOrListsWithoutIt_AreRefusedByName()
    {
        await FreshKeyAsync();
        var policy = silo.EndorserOf(0, OperatorA, change: policy => policy with { DevelopmentAnchorAllowed = false });
        Single(await RoundAsync(policy)).Detail.ShouldStartWith("AnchorNotAllowed: ");

        // Not of the lists any more: the act can't even be carried out.
        var measurement = Hash32.FromSpan((await silo.ClaimsAsync()).Measurement.AsSpan());
        await silo.EndorseAsync(new WithdrawMeasurementAct(silo.Registry, EndorsedSilo.Deadline, measurement, await silo.Reader.IndexOfMeasurementAsync(measurement)));
        try
        {
            Single(await RoundAsync(silo.EndorserOf(0, OperatorA))).Detail.ShouldStartWith("MeasurementNotEndorsed: ");
        }
        finally
        {
            var next = (await silo.Reader.CountsAsync()).Measurements + 1;
            await silo.FollowedAsync(await silo.EndorseAsync(new EndorseMeasurementAct(silo.Registry, EndorsedSilo.Deadline, measurement, next)));
        }
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Desk_JunkStrangersAndReplays_AreRefusedByNameAndLeaveNoTrace()
    {
        var keyId = await FreshKeyAsync();
        var (one, two) = (silo.EndorserOf(0, OperatorA), silo.EndorserOf(1, OperatorA));
        var digest = (await RoundAsync(one)).Single().Digest!.Value;
        using var http = silo.Http();
        var path = $"/v1/chains/{silo.ChainId}/registrations";
        var item = (await http.GetFromJsonAsync<RegistrationsJson>(path, GatewayJson.Options))!.Items.Single(item => item.Digest == digest.ToString());
        var evidence = await http.GetByteArrayAsync($"{path}/{digest}/evidence");

        // Signatures.
        (await ProblemAsync(await SignAsync(http, digest, RandomNumberGenerator.GetBytes(65)))).ShouldBe("not-allowed");
        (await ProblemAsync(await SignAsync(http, digest, Contracts.Keys.EthereumKey.Create().Sign(digest).ToArray()))).ShouldBe("not-allowed");
        (await ProblemAsync(await SignAsync(http, digest, new byte[64]))).ShouldBe("malformed-signature");
        (await ProblemAsync(await SignAsync(http, Keccak256.HashData("none"u8), EndorsedSilo.Endorsers[1].Sign(digest).ToArray()))).ShouldBe("not-found");
        (await VerdictAsync(await SignAsync(http, digest, EndorsedSilo.Endorsers[0].Sign(digest).ToArray()))).ShouldBe("alreadyAccepted");

        // Proposals.
        var proposed = new ProposedRegistrationJson(item.Registration, Hex.Format(evidence), item.Signatures[0].Signature);
        (await VerdictAsync(await http.PostAsJsonAsync(path, proposed, GatewayJson.Options))).ShouldBe("alreadyAccepted");
        (await ProblemAsync(await http.PostAsJsonAsync(path, proposed with { EvidenceBytes = "0x01" }, GatewayJson.Options))).ShouldBe("malformed-act");
        (await ProblemAsync(await http.PostAsJsonAsync(path, proposed with { Registration = item.Registration with { NotAfterUnixSeconds = item.Registration.NotAfterUnixSeconds - 1 } }, GatewayJson.Options))).ShouldBe("not-allowed");
        (await ProblemAsync(await http.PostAsJsonAsync(path, proposed with { Registration = item.Registration with { DeadlineUnixSeconds = 1 } }, GatewayJson.Options))).ShouldBe("expired");
        (await ProblemAsync(await http.PostAsJsonAsync(path, proposed with { Registration = item.Registration with { Operator = "0x01" } }, GatewayJson.Options))).ShouldBe("malformed-act");

        // It is registered all the same, and then never again.
        var done = await RoundAsync(two);
        done.Last().Event.ShouldBe(EndorserEvent.Registered, Words(done));
        await silo.FollowedAsync(BlockOf(done));
        (await ProblemAsync(await http.PostAsJsonAsync(path, proposed with { Signature = Hex.Format(EndorsedSilo.Endorsers[2].Sign(digest).ToArray()) }, GatewayJson.Options))).ShouldBe("wrong-state");
        (await silo.Reader.KeyAsync(keyId)).Status.ShouldBe(ChainStatus.Active);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task RevokeOwnKey_ByTheOperatorsCommand_EndsTheKeyOnTheChainAndAnotherIsRegistered()
    {
        var keyId = await FreshKeyAsync();
        var (one, two) = (silo.EndorserOf(0, OperatorA), silo.EndorserOf(1, OperatorA));
        await RegisterAsync(one, two, keyId);

        // A page in a browser may not.
        using var http = new HttpClient();
        var keys = new Uri(silo.Program.OperationsUrl, $"/enclaves/{silo.ChainId}/enclave-1/keys");
        var kid = (string)(await http.GetFromJsonAsync<JsonObject>(keys))!["keys"]![0]!["kid"]!;
        using var page = new HttpRequestMessage(HttpMethod.Post, new Uri($"{keys}/{kid}/revocation")) { Headers = { { "Origin", "http://page.example" } } };
        (await ProblemAsync(await http.SendAsync(page))).ShouldBe("bad-request");
        (await ProblemAsync(await http.PostAsync(new Uri($"{keys}/{new string('0', 16)}/revocation"), null))).ShouldBe("not-found");
        (await ProblemAsync(await http.GetAsync(new Uri(silo.Program.OperationsUrl, $"/enclaves/{silo.ChainId}/enclave-9/keys")))).ShouldBe("unknown-enclave");
        (await silo.KeyIdAsync()).ShouldBe(keyId);

        await using var command = SiloProcess.Start(["registry", "revoke-own-key", "--enclave", "enclave-1", "--operations", $"{silo.Program.OperationsUrl}", .. silo.CommandSettings]);
        (await command.WaitForExitAsync()).ShouldBe(0, command.Text);
        (await silo.Reader.KeyAsync(keyId)).Status.ShouldBe(ChainStatus.Revoked);
        command.Text.ShouldContain($"key {keyId} is revoked by its own word in block ");

        // Its word is stored, the enclave says the same again, and the keys that sign now are registered as any.
        var view = await silo.ViewAsync(keyId);
        var again = await http.PostAsync(new Uri($"{keys}/{kid}/revocation"), null);
        var word = (await again.Content.ReadFromJsonAsync<OwnRevocationJson>(GatewayJson.Options))!;
        view.OwnRevocation.ShouldBe($"{word.SigningKey}{word.Signature[2..]}");
        var next = await silo.KeyIdAsync();
        next.ShouldNotBe(keyId);
        await RegisterAsync(one, two, next);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task RevokeOwnKey_ReplyIsLost_IsAskedForAgainByItsNameAndEndsNoOther()
    {
        var keyId = await FreshKeyAsync();
        var kid = Convert.ToHexStringLower((await silo.Enclave.IdentifyAsync()).KeyId.Span);
        await RegisterAsync(silo.EndorserOf(0, OperatorA), silo.EndorserOf(1, OperatorA), keyId);
        using var lossy = LossyOperations.Before(silo.Program.OperationsUrl);
        await using var command = SiloProcess.Start(["registry", "revoke-own-key", "--enclave", "enclave-1", "--operations", $"{lossy.Url}", .. silo.CommandSettings]);
        (await command.WaitForExitAsync()).ShouldBe(1, command.Text);
        await lossy.Served.WaitAsync(TimeSpan.FromMinutes(1));
        command.Text.ShouldContain($"kid {kid}, key {keyId}");
        command.Text.ShouldContain($"ask again with --kid {kid}");
        var next = await silo.KeyIdAsync();
        next.ShouldNotBe(keyId);

        await using var again = SiloProcess.Start(["registry", "revoke-own-key", "--enclave", "enclave-1", "--kid", kid, "--operations", $"{silo.Program.OperationsUrl}", .. silo.CommandSettings]);
        (await again.WaitForExitAsync()).ShouldBe(0, again.Text);
        again.Text.ShouldContain($"key {keyId} is revoked by its own word in block ");
        (await silo.KeyIdAsync()).ShouldBe(next);
    }

    // It has ended, and what endorsers have signed of it can still be carried out.
    [Fact(Skip = InOneProcess.Skip)]
    public async Task RevokeOwnKey_NotRegisteredYet_IsNotSaidToBeDone()
    {
        var keyId = await FreshKeyAsync();
        await using var command = SiloProcess.Start(["registry", "revoke-own-key", "--enclave", "enclave-1", "--operations", $"{silo.Program.OperationsUrl}", .. silo.CommandSettings]);
        (await command.WaitForExitAsync()).ShouldBe(1, command.Text);
        command.Text.ShouldContain($"key {keyId} has ended and is not registered");
        command.Text.ShouldContain("send --word again");
        (await silo.KeyIdAsync()).ShouldNotBe(keyId);
    }

    // Keys that the chain has never heard of: what signs now ends by its own word, and the board is of other keys.
    private async Task<Hash32> FreshKeyAsync()
    {
        await silo.Enclave.RevokeOwnKeyAsync((await silo.Enclave.IdentifyAsync()).KeyId);
        return await silo.KeyIdAsync();
    }

    private static async Task RegisterAsync(RegistrationEndorser one, RegistrationEndorser two, Hash32 keyId)
    {
        Single(await RoundAsync(one)).ShouldBe((EndorserEvent.Proposed, keyId, ""));
        var notes = await RoundAsync(two);
        notes.Select(note => note.Event).ShouldBe([EndorserEvent.Signed, EndorserEvent.Registered], Words(notes));
    }

    private static async Task<ImmutableArray<EndorserNote>> RoundAsync(RegistrationEndorser endorser)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return await endorser.RoundAsync(patience.Token);
    }

    private static (EndorserEvent Event, Hash32? KeyId, string Detail) Single(ImmutableArray<EndorserNote> notes)
    {
        notes.Length.ShouldBe(1, Words(notes));
        return (notes[0].Event, notes[0].KeyId, notes[0].Detail);
    }

    private static string Words(ImmutableArray<EndorserNote> notes) => string.Join('\n', notes);

    private static ulong BlockOf(ImmutableArray<EndorserNote> notes)
        => ulong.Parse(notes.Single(note => note.Event == EndorserEvent.Registered).Detail.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);

    // One round, and then it is asked to stop.
    private static Func<CancellationToken, Task<ImmutableArray<EndorserNote>>> Once(Func<CancellationToken, Task<ImmutableArray<EndorserNote>>> round, CancellationTokenSource stopping)
        => async _ =>
        {
            try
            {
                return await round(CancellationToken.None);
            }
            finally
            {
                await stopping.CancelAsync();
            }
        };

    private async Task<string> ProposeAsync(RegisterKeyAct act, byte[] evidence, Contracts.Keys.EthereumKey signer)
    {
        using var http = silo.Http();
        var proposal = new ProposedRegistrationJson(RegistrationActs.InForm(act), Hex.Format(evidence), Hex.Format(signer.Sign(act.Digest(silo.ChainId)).ToArray()));
        return await VerdictAsync(await http.PostAsJsonAsync($"/v1/chains/{silo.ChainId}/registrations", proposal, GatewayJson.Options));
    }

    private Task<HttpResponseMessage> SignAsync(HttpClient http, Hash32 digest, byte[] signature)
        => http.PostAsJsonAsync($"/v1/chains/{silo.ChainId}/registrations/{digest}/signatures", new RegistrationSignatureJson(Hex.Format(signature)), GatewayJson.Options);

    private static async Task<string> ProblemAsync(HttpResponseMessage response)
        => ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())?["type"])?.Split(':')[^1] ?? $"{response.StatusCode}";

    private static async Task<string> VerdictAsync(HttpResponseMessage response)
        => (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())?["verdict"] ?? await response.Content.ReadAsStringAsync();

    private static Enclave.Attestation.Passports.PassportPolicy AllowSoftwareAdvice(Enclave.Attestation.Passports.PassportPolicy policy)
        => policy with { Quote = policy.Quote with { MinimumEvaluationNumber = 1 } };
}
