using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary><c>passport</c> as a verifier calls it: a key, evidence of a simulated platform, a passport, and what a device with given pins says of it.</summary>
public sealed class PassportCommandTests : IDisposable
{
    private const string Now = "2026-11-22T12:00:00Z";
    private const string Measurement = "0101010101010101010101010101010101010101010101010101010101010101";
    private const string Configuration = "0202020202020202020202020202020202020202020202020202020202020202";
    private const string Nonce = "0102030405060708";

    private readonly TemporaryFolder _folder = new();
    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(new FixedTime(DateTimeOffset.Parse(Now)));

    public void Dispose()
    {
        _platform.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Issue_GoodEvidence_IsShownAndTakenByADeviceWithThesePins()
    {
        var key = await NewKeyAsync("verifier.pem");
        var evidence = Evidence(Nonce);
        await File.WriteAllBytesAsync(_folder.PathOf("evidence"), evidence.Encode());
        var issued = await PassportAsync([.. Issue("evidence", "passport"), "--nonce", Nonce]);
        (issued.Exit, Text(issued.Printed, "verdict"), Text(issued.Printed, "verifierKey")).ShouldBe((0, "Issued", key));

        var shown = await PassportAsync("show", _folder.PathOf("passport"), "--json");
        (shown.Exit, Text(shown.Printed, "verdict")).ShouldBe((0, "Unverified"));
        var states = shown.Printed["passport"]!;
        states.ToJsonString().ShouldBe(issued.Printed["passport"]!.ToJsonString());
        Text(states, "operator").ShouldBe("operator-a.example");
        (Text(states, "issued"), Text(states, "expires")).ShouldBe((Now, "2026-11-22T13:00:00Z"));
        (Text(states, "measurement"), Text(states, "configurationHash"), Text(states, "nonce")).ShouldBe(("0x" + Measurement, "0x" + Configuration, "0x" + Nonce));
        (Text(states, "tier"), Text(states, "signingKey")).ShouldBe(("None", Hex.Format(evidence.Binding.SigningKey.Span)));

        var check = Check("passport", key);
        var taken = await PassportAsync(check.With("--nonce", Nonce).With("--platform", Text(states, "platform")!));
        (taken.Exit, Text(taken.Printed, "verdict"), taken.Printed["reason"]).ShouldBe((0, "Taken", null));

        // What each pin refuses, and by which name.
        var other = await NewKeyAsync("other.pem");
        await RefusedAsync("Signature", Check("passport", other));
        await RefusedAsync("Nonce", check.With("--nonce", "0102030405060709"));
        await RefusedAsync("Measurement", check.With("--measurement", Configuration));
        await RefusedAsync("Configuration", check.With("--config", Measurement));
        await RefusedAsync("Platform", check.With("--platform", Nonce + Nonce));
        await RefusedAsync("Expired", check.With("--at", "2026-11-22T13:00:00Z"));
        await RefusedAsync("NotYetValid", check.With("--at", "2026-11-22T11:59:59Z"));
        await RefusedAsync("Tier", check.With("--tier", "affirming"));
        (await PassportAsync([.. check.With("--measurement", Configuration), "--measurement", Measurement])).Exit.ShouldBe(0);
    }

    [Fact]
    public async Task Issue_Folder_IsJudgedAsTheFileIsAndAtThisMachinesTimeByDefault()
    {
        await NewKeyAsync("verifier.pem");
        EnclaveEvidenceFolder.Write(_folder.PathOf("evidence"), Evidence());
        var issued = await PassportAsync([.. Issue("evidence", "passport"), "--minutes", "5"]);
        (issued.Exit, Text(issued.Printed["passport"]!, "expires"), issued.Printed["passport"]!["nonce"]).ShouldBe((0, "2026-11-22T12:05:00Z", null));

        // The simulated platform was made for one day, and it is another: its certificates say so.
        var before = DateTimeOffset.Parse("2020-01-01T00:00:00Z");
        using var past = SimulatedPlatform.Create(new FixedTime(before));
        EnclaveEvidenceFolder.Write(_folder.PathOf("past"), Evidence(platform: past));
        WritePolicy("past.json", Measurement, past);
        var refused = await PassportAsync("issue", "--allow-stale-evidence", "--evidence", _folder.PathOf("past"), "--policy", _folder.PathOf("past.json"), "--key", _folder.PathOf("verifier.pem"), "--out", _folder.PathOf("late"), "--json");
        Names(refused.Printed).ShouldContain("TcbInfoExpired");
        refused.Exit.ShouldBe(1);
    }

    [Fact]
    public async Task Challenge_OfTheKey_IsDemandedOfEvidenceAndHoldsForItsTime()
    {
        await NewKeyAsync("verifier.pem");
        var made = await PassportAsync("challenge", "--key", _folder.PathOf("verifier.pem"), "--nonce", Nonce, "--at", Now, "--json");
        var nonce = Text(made.Printed, "nonce")!;
        nonce.ShouldBe(Nonce + Text(made.Printed, "challenge"));
        await File.WriteAllBytesAsync(_folder.PathOf("evidence"), EvidenceOver(Convert.FromHexString(nonce), _platform).Encode());

        var issued = await PassportAsync([.. Issue("evidence", "fresh"), "--challenge", nonce, "--nonce", Nonce]);
        (issued.Exit, Text(issued.Printed, "freshness"), (long)issued.Printed["quotedNotBefore"]!).ShouldBe((0, "Challenged", DateTimeOffset.Parse(Now).ToUnixTimeSeconds()));
        (await PassportAsync(Issue("evidence", "hour").With("--at", "2026-11-22T13:00:00Z"))).Exit.ShouldBe(0);
        await IssueRefusedAsync(["ChallengeExpired"], Issue("evidence", "passport").With("--at", "2026-11-22T13:00:01Z"));
        await IssueRefusedAsync(["ChallengeExpired"], Issue("evidence", "passport").With("--at", "2026-11-22T12:01:01Z").With("--challenge-minutes", "1"));
        await IssueRefusedAsync(["ChallengeOther"], [.. Issue("evidence", "passport"), "--challenge", new string('0', 48)]);

        // Without a challenge nothing is known of its age, and that has to be asked for by name and is said.
        await File.WriteAllBytesAsync(_folder.PathOf("stale"), EvidenceOver(new byte[KeyBinding.NonceBytes], _platform).Encode());
        await IssueRefusedAsync(["ChallengeMissing"], Issue("stale", "passport"));
        var allowed = await PassportAsync([.. Issue("stale", "old"), "--allow-stale-evidence"]);
        (allowed.Exit, Text(allowed.Printed, "verdict"), Text(allowed.Printed, "freshness"), allowed.Printed["quotedNotBefore"]).ShouldBe((0, "Issued", "StaleAllowed", null));
        var said = await RunAsync([.. Issue("stale", "again")[..^1], "--allow-stale-evidence"]);
        said.Text.ShouldContain("freshness: StaleAllowed, the quote may be of any age");
    }

    [Fact]
    public async Task Issue_WhatThePolicyDoesNotVouchFor_IsRefusedByNameAndWritesNothing()
    {
        await NewKeyAsync("verifier.pem");
        await File.WriteAllBytesAsync(_folder.PathOf("evidence"), Evidence().Encode());
        await IssueRefusedAsync(["Nonce"], [.. Issue("evidence", "passport"), "--nonce", Nonce]);
        await IssueRefusedAsync(["MeasurementNotAllowed"], Issue("evidence", "passport", measurement: Configuration));
        await File.WriteAllBytesAsync(_folder.PathOf("nonce"), Evidence(Nonce).Encode());
        await IssueRefusedAsync(["Nonce"], [.. Issue("nonce", "passport"), "--nonce", "0102030405060709"]);

        var evidence = Evidence();
        await File.WriteAllBytesAsync(_folder.PathOf("swapped"), (evidence with { Binding = evidence.Binding with { SigningKey = PublicKey() } }).Encode());
        await IssueRefusedAsync(["ReportDataMismatch"], Issue("swapped", "passport"));

        // Damaged: cut, empty, a binding that is none.
        await File.WriteAllBytesAsync(_folder.PathOf("cut"), evidence.Encode()[..^1]);
        await IssueRefusedAsync(["EvidenceMalformed"], Issue("cut", "passport"));
        await File.WriteAllBytesAsync(_folder.PathOf("empty"), []);
        await IssueRefusedAsync(["EvidenceMalformed"], Issue("empty", "passport"));
        EnclaveEvidenceFolder.Write(_folder.PathOf("folder"), evidence);
        await File.WriteAllTextAsync(Path.Combine(_folder.PathOf("folder"), EnclaveEvidenceFolder.BindingFile), "{\"signingKey\":\"0x00\"}");
        await IssueRefusedAsync(["EvidenceMalformed"], Issue("folder", "passport"));
    }

    [Fact]
    public async Task ShowAndCheck_DamagedPassport_HaveOneNameForIt()
    {
        var key = await NewKeyAsync("verifier.pem");
        await File.WriteAllBytesAsync(_folder.PathOf("evidence"), Evidence().Encode());
        (await PassportAsync(Issue("evidence", "passport"))).Exit.ShouldBe(0);
        var good = await File.ReadAllBytesAsync(_folder.PathOf("passport"));

        await File.WriteAllBytesAsync(_folder.PathOf("cut"), good[..^1]);
        await File.WriteAllBytesAsync(_folder.PathOf("longer"), [.. good, 0]);
        await File.WriteAllBytesAsync(_folder.PathOf("other"), [0x80]);
        foreach (var (name, fault) in new[] { ("cut", "NotDeterministicCbor"), ("longer", "NotDeterministicCbor"), ("other", "NotSign1") })
        {
            var shown = await PassportAsync("show", _folder.PathOf(name), "--json");
            (shown.Exit, Text(shown.Printed, "verdict"), Text(shown.Printed, "reason"), shown.Printed["passport"]).ShouldBe((1, "Malformed", fault, null), name);
            (await RefusedAsync(fault, Check(name, key)))["passport"].ShouldBeNull(name);
        }

        // A letter of the operator's name: whoever only shows it can't know, whoever checks it does.
        var at = good.AsSpan().IndexOf("operator-a.example"u8);
        good[at + 9] = (byte)'b';
        await File.WriteAllBytesAsync(_folder.PathOf("forged"), good);
        Text((await PassportAsync("show", _folder.PathOf("forged"), "--json")).Printed["passport"]!, "operator").ShouldBe("operator-b.example");
        (await RefusedAsync("Signature", Check("forged", key)))["passport"].ShouldBeNull();
    }

    [Fact]
    public async Task Key_New_IsTheOwnersAloneAndNotOverwritten()
    {
        var key = await NewKeyAsync("verifier.pem");
        var pem = await File.ReadAllTextAsync(_folder.PathOf("verifier.pem"));
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(_folder.PathOf("verifier.pem")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var read = ECDsa.Create();
        read.ImportFromPem(pem);
        var point = read.ExportParameters(includePrivateParameters: false).Q;
        key.ShouldBe(Hex.Format([.. point.X!, .. point.Y!]));

        (await RunAsync("key", "new", "--out", _folder.PathOf("verifier.pem"))).Exit.ShouldBe(2);
        (await File.ReadAllTextAsync(_folder.PathOf("verifier.pem"))).ShouldBe(pem);
        (await RunAsync("key", "show", _folder.PathOf("verifier.pem"))).ShouldBe((0, key));

        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(_folder.PathOf("verifier.pem"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = await RunAsync("key", "show", _folder.PathOf("verifier.pem"));
        (open.Exit, open.Text.Contains("chmod 600", StringComparison.Ordinal)).ShouldBe((2, true), open.Text);
    }

    [Fact]
    public async Task Issue_WrongInput_EndsWithTwoAndNamesIt()
    {
        await NewKeyAsync("verifier.pem");
        await File.WriteAllBytesAsync(_folder.PathOf("evidence"), Evidence().Encode());
        var good = Issue("evidence", "passport");

        await WrongAsync("--out: ", good.With("--out", _folder.PathOf("verifier.pem")));
        await WrongAsync("--key: ", good.With("--key", _folder.PathOf("evidence")));
        await WrongAsync("--policy: ", good.With("--policy", _folder.PathOf("nowhere")));
        await WrongAsync("--evidence: ", good.With("--evidence", _folder.PathOf("nowhere")));
        await WrongAsync("binding.json: no such file", good.With("--evidence", Quoteless()));
        await WrongAsync("--at: ", good.With("--at", "1969-12-31T23:59:59Z"));
        await WrongAsync("--at: ", good.With("--at", "9999-12-31T23:59:59Z"));
        await WrongAsync("--minutes: 0 found", [.. good, "--minutes", "0"]);
        await WrongAsync("--nonce: ", [.. good, "--nonce", "01"]);
        await WrongAsync("--measurement: '01' found", Check("evidence", Nonce).With("--measurement", "01"));
        await WrongAsync("--key: no point of P-256", Check("evidence", "0x" + new string('1', 128)));
        File.Exists(_folder.PathOf("passport")).ShouldBeFalse();
    }

    private EnclaveEvidence Evidence(string nonce = "0000000000000000", SimulatedPlatform? platform = null)
    {
        platform ??= _platform;
        using var verifier = PassportSigner.Import(File.ReadAllText(_folder.PathOf("verifier.pem")));
        return EvidenceOver([.. Convert.FromHexString(nonce), .. verifier.DeriveChallenges(TimeSpan.Zero).Make(DateTimeOffset.Parse(Now))], platform);
    }

    private EnclaveEvidence EvidenceOver(byte[] bound, SimulatedPlatform platform)
    {
        var binding = new KeyBinding(PublicKey(), PublicKey(), Convert.FromHexString(Configuration), EnclaveAnchor.Development.ComputeHash(), bound);
        var quote = platform.Quote(new SimulatedEnclave(Convert.FromHexString(Measurement)), binding.ComputeReportData());
        return new EnclaveEvidence(quote, binding, null, platform.IssueCollateral());
    }

    private static byte[] PublicKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }

    private string Quoteless()
    {
        var folder = Directory.CreateDirectory(_folder.PathOf("quoteless")).FullName;
        File.WriteAllBytes(Path.Combine(folder, EvidenceFolder.QuoteFile), [1]);
        return folder;
    }

    private void WritePolicy(string name, string measurement, SimulatedPlatform platform) => File.WriteAllText(
        _folder.PathOf(name),
        $$"""
        {
          "quote": { "roots": ["{{Convert.ToHexStringLower(platform.RootKey.Span)}}"], "measurements": [ { "mrenclave": "{{measurement}}", "configurations": ["{{Configuration}}"] } ] },
          "operators": [ { "name": "operator-a.example", "platforms": ["{{Convert.ToHexStringLower(platform.Processor.Ppid.Span)}}"] } ],
          "developmentAnchor": true
        }
        """);

    private string[] Issue(string evidence, string passport, string measurement = Measurement)
    {
        WritePolicy("policy.json", measurement, _platform);
        return
        [
            "issue", "--evidence", _folder.PathOf(evidence), "--policy", _folder.PathOf("policy.json"), "--key", _folder.PathOf("verifier.pem"),
            "--at", Now, "--out", _folder.PathOf(passport), "--json",
        ];
    }

    private string[] Check(string passport, string key)
        => ["check", _folder.PathOf(passport), "--key", key, "--config", Configuration, "--measurement", Measurement, "--at", Now, "--tier", "none", "--json"];

    private async Task<string> NewKeyAsync(string name)
    {
        var (exit, text) = await RunAsync("key", "new", "--out", _folder.PathOf(name));
        exit.ShouldBe(0, text);
        return text;
    }

    private static async Task<JsonObject> RefusedAsync(string reason, string[] check)
    {
        var (exit, printed) = await PassportAsync(check);
        (exit, Text(printed, "verdict"), Text(printed, "reason")).ShouldBe((1, "Refused", reason), printed.ToJsonString());
        return printed;
    }

    private async Task IssueRefusedAsync(string[] reasons, string[] issue)
    {
        var (exit, printed) = await PassportAsync(issue);
        (exit, Text(printed, "verdict"), printed["passport"]).ShouldBe((1, "Refused", null));
        Names(printed).ShouldBe(reasons, printed.ToJsonString());
        Directory.EnumerateFiles(_folder.FullName, "passport*").ShouldBeEmpty();
    }

    private static async Task WrongAsync(string named, string[] arguments)
    {
        var (exit, text) = await RunAsync(arguments);
        (exit, text.Contains(named, StringComparison.Ordinal)).ShouldBe((2, true), text);
    }

    private static async Task<(int Exit, JsonObject Printed)> PassportAsync(params string[] arguments)
    {
        var (exit, text) = await RunAsync(arguments);
        text.ShouldStartWith("{");
        return (exit, JsonSerializer.Deserialize<JsonObject>(text)!);
    }

    private static async Task<(int Exit, string Text)> RunAsync(params string[] arguments)
    {
        await using var silo = SiloProcess.Start(["passport", .. arguments]);
        var exit = await silo.WaitForExitAsync();
        return (exit, silo.Text);
    }

    private static string? Text(JsonNode node, string member) => (string?)node[member];

    private static string[] Names(JsonNode printed) => [.. printed["reasons"]!.AsArray().Select(name => (string)name!)];

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

internal static class PassportArguments
{
    /// <summary>The same arguments with another value of an option, or with the option where it was not there.</summary>
    public static string[] With(this string[] arguments, string option, string value)
    {
        var at = Array.IndexOf(arguments, option);
        return at < 0 ? [.. arguments, option, value] : [.. arguments[..(at + 1)], value, .. arguments[(at + 2)..]];
    }
}
