using System.Globalization;
using System.Text.Json.Nodes;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Silo.Commands;

/// <summary>Prints what a quote and its collateral state, and whether a policy accepts them at a time.</summary>
internal static class VerifyQuote
{
    public static async Task<int> RunAsync(string folder, DateTimeOffset at, string? policyFile, bool? areCrlsRequired, bool json, CancellationToken cancellationToken)
    {
        if (await ReadPolicyAsync(policyFile, cancellationToken) is not { } policy) return SiloCommandLine.WrongInput;
        if (await VerifyCommand.ReadAsync(Path.Combine(folder, EvidenceFolder.QuoteFile), cancellationToken) is not { } quote) return SiloCommandLine.WrongInput;
        if (await ReadCollateralAsync(folder) is not { } collateral) return SiloCommandLine.WrongInput;

        if (areCrlsRequired is { } required) policy = policy with { CrlsRequired = required };
        var appraisal = QuoteVerifier.Verify(quote, collateral, policy.Trust, at);
        var verdict = policy.Judge(appraisal);
        await Console.Out.WriteLineAsync(json ? ToJson(verdict, appraisal.Facts).ToJsonString() : ToText(verdict, appraisal.Facts));
        return verdict.IsAccepted ? SiloCommandLine.AllHolds : SiloCommandLine.DoesNotHold;
    }

    /// <summary>RFC 3339, or seconds since 1970.</summary>
    public static bool TryParseTime(string text, out DateTimeOffset time)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        string[] forms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
        time = default;
        return text.Length > 0 && (text[^1] == 'Z' || text.AsSpan(Math.Min(10, text.Length)).ContainsAny('+', '-'))
            && DateTimeOffset.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time);
    }

    private static async Task<QuotePolicy?> ReadPolicyAsync(string? file, CancellationToken cancellationToken)
    {
        if (file is null) return QuotePolicy.Strict;
        if (await VerifyCommand.ReadAsync(file, cancellationToken) is not { } bytes) return null;

        try
        {
            return QuotePolicy.Read(bytes);
        }
        catch (QuotePolicyException e)
        {
            await Console.Error.WriteLineAsync($"{file}:{Environment.NewLine}{e.Message}");
            return null;
        }
    }

    // A piece that is not there is missing evidence, which the verdict names; one that can't be read stops the command.
    private static async Task<QuoteCollateral?> ReadCollateralAsync(string folder)
    {
        try
        {
            return EvidenceFolder.ReadCollateral(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return null;
        }
    }

    private static JsonObject ToJson(PolicyVerdict verdict, QuoteFacts? facts) => new()
    {
        ["verdict"] = Word(verdict),
        ["reasons"] = Texts(verdict.Reasons.Select(reason => reason.Name).Distinct(StringComparer.Ordinal)),
        ["tcbStatus"] = facts?.Status?.ToString(),
        ["qeStatus"] = facts?.Qe?.Status.ToString(),
        ["advisoryIds"] = Texts(facts?.AdvisoryIds ?? []),
        ["mrenclave"] = Hex(facts?.Sgx?.MrEnclave),
        ["mrsigner"] = Hex(facts?.Sgx?.MrSigner),
        ["isvProdId"] = facts?.Sgx?.IsvProdId,
        ["isvSvn"] = facts?.Sgx?.IsvSvn,
        ["debug"] = facts?.Debug,
        ["reportData"] = Hex(facts?.ReportData),
        ["details"] = Texts(verdict.Reasons.Select(reason => $"{reason.Name}: {reason.Detail}")),
        ["measurement"] = verdict.Measurement?.Name,
        ["version"] = facts?.Version,
        ["tee"] = facts?.Tee.ToString().ToUpperInvariant(),
        ["mrtd"] = Hex(facts?.Tdx?.MrTd),
        ["rtmrs"] = facts?.Tdx is { } tdx ? Texts(Enumerable.Range(0, TdxReport.RtmrCount).Select(i => Convert.ToHexStringLower(tdx.Rtmr(i).Span))) : null,
        ["mrservicetd"] = Hex(facts?.Tdx?.MrServiceTd),
        ["platformTcbStatus"] = facts?.Platform?.Status.ToString(),
        ["tdxModuleStatus"] = facts?.TdxModule?.Status.ToString(),
        ["platformAdvisoryIds"] = facts?.Platform is { } platform ? Texts(platform.AdvisoryIds) : null,
        ["qeAdvisoryIds"] = facts?.Qe is { } qe ? Texts(qe.AdvisoryIds) : null,
        ["tcbDate"] = Time(facts?.Platform?.Date),
        ["qeTcbDate"] = Time(facts?.Qe?.Date),
        ["tcbEvaluationNumber"] = facts?.TcbEvaluationNumber,
        ["qeEvaluationNumber"] = facts?.QeEvaluationNumber,
        ["fmspc"] = Hex(facts?.Pck?.Fmspc),
        ["pceId"] = Hex(facts?.Pck?.PceId),
        ["ppid"] = Hex(facts?.Pck?.Ppid),
        ["pckComponents"] = facts?.Pck is { } pck ? new JsonArray([.. pck.Components.ToArray().Select(svn => (JsonNode)svn)]) : null,
        ["pceSvn"] = facts?.Pck?.PceSvn,
        ["pckCa"] = facts?.Pck?.Ca,
        ["pckNotBefore"] = Time(facts?.Pck?.Validity.NotBefore),
        ["pckNotAfter"] = Time(facts?.Pck?.Validity.NotAfter),
        ["rootKey"] = Hex(facts?.Pck?.RootKey),
        ["validFrom"] = Time(facts?.Validity?.NotBefore),
        ["validUntil"] = Time(facts?.Validity?.NotAfter),
        ["trailingBytes"] = facts?.TrailingBytes,
    };

    private static string ToText(PolicyVerdict verdict, QuoteFacts? facts)
    {
        var lines = new List<string> { $"quote: {Word(verdict)}{(verdict.Measurement?.Name is { } name ? $" as {name}" : "")}" };
        lines.AddRange(verdict.Reasons.Select(reason => $"  {reason.Name}: {reason.Detail}"));
        if (facts is null) return string.Join(Environment.NewLine, lines);

        lines.Add($"status: {facts.Status?.ToString() ?? "unknown"}, quoting enclave {facts.Qe?.Status.ToString() ?? "unknown"}, advisories: {string.Join(' ', facts.AdvisoryIds)}");
        lines.Add(facts.Sgx is { } sgx
            ? $"enclave: MRENCLAVE {Hex(sgx.MrEnclave)}, MRSIGNER {Hex(sgx.MrSigner)}, product {sgx.IsvProdId}, SVN {sgx.IsvSvn}, debug {facts.Debug}"
            : $"trust domain: MRTD {Hex(facts.Tdx!.MrTd)}, debug {facts.Debug}");
        lines.Add($"report data: {Hex(facts.ReportData)}");
        if (facts.Pck is { } pck) lines.Add($"platform: PPID {Hex(pck.Ppid)}, FMSPC {Hex(pck.Fmspc)}, {pck.Ca}");
        if (facts.Validity is { } window) lines.Add($"valid from {window.NotBefore:u} until {window.NotAfter:u}");
        return string.Join(Environment.NewLine, lines);
    }

    private static string Word(PolicyVerdict verdict) => verdict.IsAccepted ? "Accepted" : "Refused";

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static string? Hex(ReadOnlyMemory<byte>? bytes) => bytes is { } found ? Convert.ToHexStringLower(found.Span) : null;

    private static string? Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
