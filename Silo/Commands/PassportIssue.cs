using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;
using Pythia.Gateway.Passports;

namespace Pythia.Silo.Commands;

/// <summary>Judges evidence from a file or folder and writes a signed passport, or prints every reason against one and writes nothing.</summary>
internal static class PassportIssue
{
    /// <summary>What is asked for.</summary>
    /// <param name="Evidence">File, folder, or - for standard input.</param>
    /// <param name="PolicyFile">Read by <see cref="PassportPolicyFile"/>.</param>
    /// <param name="KeyFile">PEM.</param>
    /// <param name="Out">A file that is not there yet.</param>
    /// <param name="At">The time of the check and of issue.</param>
    /// <param name="Lifetime">At most.</param>
    /// <param name="Nonce">8 bytes that the evidence must carry; null: any or none.</param>
    /// <param name="Freshness">Which quotes count as fresh.</param>
    public sealed record Order(string Evidence, string PolicyFile, string KeyFile, string Out, DateTimeOffset At, TimeSpan Lifetime, byte[]? Nonce, FreshnessOrder Freshness);

    /// <summary>Which quotes count as fresh.</summary>
    /// <param name="Challenge">24 bytes: this one alone; null: any of the key.</param>
    /// <param name="Lifetime">How old a challenge may be.</param>
    /// <param name="StaleAllowed">Evidence of any age is taken too, and said to be.</param>
    public sealed record FreshnessOrder(byte[]? Challenge, TimeSpan Lifetime, bool StaleAllowed);

    private sealed record Verdict(Passport? Claims, ImmutableArray<PolicyReason> Reasons, QuoteAge Age);

    public static async Task<int> RunAsync(Order order, bool json, CancellationToken cancellationToken)
    {
        if (Path.Exists(order.Out)) throw Wrong($"--out: {Path.GetFullPath(order.Out)} is there already, a new file expected");

        var policy = ReadPolicy(order.PolicyFile);
        using var signer = PassportKey.Read("--key", order.KeyFile);
        var (evidence, malformed) = await ReadEvidenceAsync(order.Evidence, cancellationToken);
        var verdict = evidence is null ? new Verdict(null, [malformed!], default) : Judge(evidence, policy, signer, order);
        if (verdict.Claims is { } claims) Write(order.Out, signer.Sign(claims));

        await Console.Out.WriteLineAsync(json ? ToJson(verdict, signer).ToJsonString() : ToText(verdict, signer, order.Out));
        return verdict.Claims is not null ? SiloCommandLine.AllHolds : SiloCommandLine.DoesNotHold;
    }

    private static Verdict Judge(EnclaveEvidence evidence, PassportPolicy policy, PassportSigner signer, Order order)
    {
        var challenges = signer.DeriveChallenges(order.Freshness.Lifetime);
        var freshness = order.Freshness.StaleAllowed ? QuoteFreshness.StaleAllowed(challenges) : QuoteFreshness.Challenged(challenges);
        var judged = EvidenceJudge.Judge(evidence, policy, freshness, order.At, order.Lifetime);
        if (judged.Claims is not { } claims) return new(null, judged.Reasons, judged.Age);

        var reasons = new[] { FindOtherNonce(claims, order.Nonce), FindOtherChallenge(evidence, order.Freshness.Challenge) }.OfType<PolicyReason>().ToImmutableArray();
        return new(reasons.IsEmpty ? claims : null, reasons, judged.Age);
    }

    private static PolicyReason? FindOtherNonce(Passport claims, byte[]? due)
        => due is null || (claims.Nonce is { } found && found.AsSpan().SequenceEqual(due)) ? null
            : new PolicyReason(nameof(PassportFault.Nonce), $"{(claims.Nonce is { } other ? Hex.Format(other.AsSpan()) : "none")} found, {Hex.Format(due)} expected");

    private static PolicyReason? FindOtherChallenge(EnclaveEvidence evidence, byte[]? due)
    {
        var found = evidence.Binding.Nonce.Span[Passport.NonceBytes..];
        return due is null || found.SequenceEqual(due) ? null : new PolicyReason(nameof(PassportRefusal.ChallengeOther), $"{Hex.Format(found)} found, {Hex.Format(due)} expected");
    }

    private static PassportPolicy ReadPolicy(string path)
    {
        try
        {
            return VerifierFiles.ReadPolicy(path);
        }
        catch (VerifierFileException e)
        {
            throw Wrong($"--policy: {e.Message}");
        }
    }

    // Files that are not there are wrong input; what is there and is no evidence is refused by its name, as anyone's evidence is.
    private static async Task<(EnclaveEvidence? Evidence, PolicyReason? Malformed)> ReadEvidenceAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path)) return ReadFolder(path);

        var bytes = await VerifyCommand.ReadAsync(path, cancellationToken) ?? throw Wrong($"--evidence: {path}: evidence in a file or folder expected");
        var error = EnclaveEvidence.Decode(bytes, out var evidence);
        return error == CborError.None ? (evidence, null) : (null, Malformed($"{bytes.Length} bytes that are no evidence: {error}"));
    }

    private static (EnclaveEvidence? Evidence, PolicyReason? Malformed) ReadFolder(string folder)
    {
        string[] due = [EvidenceFolder.QuoteFile, EnclaveEvidenceFolder.BindingFile];
        if (due.FirstOrDefault(name => !File.Exists(Path.Combine(folder, name))) is { } missing) throw Wrong($"--evidence: {Path.Combine(folder, missing)}: no such file");

        try
        {
            return (EnclaveEvidenceFolder.Read(folder), null);
        }
        catch (InvalidDataException e)
        {
            return (null, Malformed(e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong($"--evidence: {e.Message}");
        }
    }

    // Under its name it is whole or not there at all, and never instead of something else.
    private static void Write(string path, byte[] passport)
    {
        var fullPath = Path.GetFullPath(path);
        var unfinished = $"{fullPath}.{Path.GetRandomFileName()}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(fullPath)!);
            using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(passport);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, fullPath, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(unfinished);
            throw Wrong($"--out: {e.Message}");
        }
    }

    private static JsonObject ToJson(Verdict verdict, PassportSigner signer) => new()
    {
        ["verdict"] = verdict.Claims is null ? "Refused" : "Issued",
        ["freshness"] = verdict.Claims is null ? null : FreshnessOf(verdict.Age),
        ["quotedNotBefore"] = verdict.Claims is not null && verdict.Age.NotBefore is { } at ? at.ToUnixTimeSeconds() : null,
        ["reasons"] = Texts(verdict.Reasons.Select(reason => reason.Name).Distinct(StringComparer.Ordinal)),
        ["details"] = Texts(verdict.Reasons.Select(reason => $"{reason.Name}: {reason.Detail}")),
        ["verifierKey"] = Hex.Format(signer.PublicKey.Span),
        ["passport"] = verdict.Claims is null ? null : PassportShow.ToJson(verdict.Claims),
    };

    private static string ToText(Verdict verdict, PassportSigner signer, string path)
    {
        List<string> lines = [verdict.Claims is null ? "passport: Refused" : $"passport: Issued, in {path}", .. verdict.Reasons.Select(reason => $"  {reason.Name}: {reason.Detail}")];
        if (verdict.Claims is not { } claims) return string.Join(Environment.NewLine, lines);

        lines.Add(verdict.Age.NotBefore is { } at
            ? $"freshness: Challenged, quoted {at:u} or later"
            : "freshness: StaleAllowed, the quote may be of any age and its keys may be in anybody's hands");
        lines.AddRange([.. PassportShow.ToLines(claims), $"verifier key: {Hex.Format(signer.PublicKey.Span)}"]);
        return string.Join(Environment.NewLine, lines);
    }

    private static string FreshnessOf(QuoteAge age) => age.NotBefore is null ? "StaleAllowed" : "Challenged";

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static PolicyReason Malformed(string detail) => new(nameof(PassportRefusal.EvidenceMalformed), detail);

    private static StartException Wrong(string message) => new(message, SiloCommandLine.WrongInput);
}
