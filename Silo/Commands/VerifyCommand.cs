using System.CommandLine;
using System.CommandLine.Parsing;
using Pythia.Ethereum;

namespace Pythia.Silo.Commands;

/// <summary><c>verify proof</c>, <c>verify answer</c> and <c>verify quote</c>: what enclave, device and attestation verifier check, by hand. Reads files only.</summary>
internal static class VerifyCommand
{
    public static Command Build() => new("verify", "Checks a node's proof, an enclave's answer or its quote from files, without any network.")
    {
        BuildProof(),
        BuildAnswer(),
        BuildQuote(),
    };

    private static Command BuildProof()
    {
        var file = new Argument<string>("FILE") { Description = "An eth_getProof answer (EIP-1186) as JSON, with or without its JSON-RPC envelope; - is standard input." };
        var stateRoot = HexOption("--state-root", "The state root to hold it to, from a header that you trust: 32 bytes.", 32);
        var json = JsonOption();
        var command = new Command("proof", "Says of an account and each of its slots whether the proof includes it, excludes it or is invalid, and why.") { file, stateRoot, json };
        command.SetAction((parsed, cancellationToken) =>
            VerifyProof.RunAsync(parsed.GetRequiredValue(file), Hash32.FromSpan(parsed.GetRequiredValue(stateRoot)), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static Command BuildAnswer()
    {
        var file = new Argument<string>("FILE") { Description = "The COSE_Sign1 bytes of an answer; - is standard input." };
        var request = new Option<string>("--request") { Description = "File with the CBOR bytes of the request that it answers.", Required = true, HelpName = "FILE" };
        var key = HexOption("--key", "The enclave's P-256 key, x and y: 64 bytes, or 65 with 04 before them.", 64, 65);
        var config = HexOption("--config", "The hash of the enclave's configuration: 32 bytes.", 32);
        var json = JsonOption();
        var command = new Command("answer", "Says whether bytes answer a request, signed by this key under this configuration, and what they say.") { file, request, key, config, json };
        command.SetAction((parsed, cancellationToken) => VerifyAnswer.RunAsync(
            parsed.GetRequiredValue(file), parsed.GetRequiredValue(request), parsed.GetRequiredValue(key), parsed.GetRequiredValue(config), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static Command BuildQuote()
    {
        var folder = new Argument<string>("DIR")
        {
            Description = "Folder with quote.bin and, as far as there are any, tcb_info.json, qe_identity.json, their _issuer_chain.pem, root_ca_crl.der, pck_crl.der, pck_chain.pem.",
        };
        var at = TimeOption("The time to check at: RFC 3339, or seconds since 1970.");
        at.Required = true;
        var policy = new Option<string>("--policy") { Description = "Policy file (docs/operations/attestation-policy.md); without one, the strict default.", HelpName = "FILE" };
        var crls = new Option<string>("--crls") { Description = "Overrides the policy. optional: evidence without CRLs is let through, but one that is there must hold.", HelpName = "required|optional" };
        crls.AcceptOnlyFromAmong("required", "optional");
        var json = JsonOption();
        var command = new Command("quote", "Says what a quote and its collateral state, and whether a policy accepts them.") { folder, at, policy, crls, json };
        command.SetAction((parsed, cancellationToken) => VerifyQuote.RunAsync(
            parsed.GetRequiredValue(folder), parsed.GetRequiredValue(at)!.Value, parsed.GetValue(policy), AreCrlsRequired(parsed.GetValue(crls)), parsed.GetValue(json), cancellationToken));
        return command;
    }

    // Null: as the policy says.
    private static bool? AreCrlsRequired(string? word) => word is null ? null : word == "required";

    public static Option<bool> JsonOption() => new("--json") { Description = "One JSON object a line." };

    /// <summary>With or without 0x; another length or another character is an error of the command line.</summary>
    public static Option<byte[]> HexOption(string name, string description, params int[] lengths) => new(name)
    {
        Description = description,
        Required = true,
        HelpName = "HEX",
        CustomParser = result => ParseHex(name, result.Tokens[0].Value, lengths, result),
    };

    /// <summary>As <see cref="HexOption"/>, any number of times; not required.</summary>
    public static Option<byte[][]> HexesOption(string name, string description, int length) => new(name)
    {
        Description = description,
        HelpName = "HEX",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => ParseHex(name, token.Value, [length], result)).OfType<byte[]>()],
    };

    /// <summary><c>--at</c>; not required.</summary>
    public static Option<DateTimeOffset?> TimeOption(string description) => new("--at")
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (VerifyQuote.TryParseTime(text, out var time)) return time;

            result.AddError($"--at: '{text}' found, a time like 2025-08-15T05:45:00Z or seconds since 1970 expected");
            return null;
        },
    };

    private static byte[]? ParseHex(string name, string text, int[] lengths, ArgumentResult result)
    {
        if (Hex.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text : "0x" + text, out var bytes) && lengths.Contains(bytes.Length)) return bytes;

        result.AddError($"{name}: '{text}' found, 0x and {string.Join(" or ", lengths.Select(length => 2 * length))} hex digits expected");
        return null;
    }

    /// <summary>A file's bytes, or those of standard input for <c>-</c>; null after saying why not.</summary>
    public static async Task<byte[]?> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            if (file != "-") return await File.ReadAllBytesAsync(file, cancellationToken);

            using var buffer = new MemoryStream();
            await using var input = Console.OpenStandardInput();
            await input.CopyToAsync(buffer, cancellationToken);
            return buffer.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{file}: can't be read: {e.Message}");
            return null;
        }
    }
}
