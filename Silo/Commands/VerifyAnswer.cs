using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Silo.Commands;

/// <summary>Prints whether bytes answer a request under a key and a configuration, and what they say.</summary>
internal static class VerifyAnswer
{
    private const int UncompressedPoint = 0x04;

    public static async Task<int> RunAsync(string file, string requestFile, byte[] key, byte[] configurationHash, bool json, CancellationToken cancellationToken)
    {
        if (await VerifyCommand.ReadAsync(file, cancellationToken) is not { } answer) return SiloCommandLine.WrongInput;
        if (await VerifyCommand.ReadAsync(requestFile, cancellationToken) is not { } requestBytes) return SiloCommandLine.WrongInput;

        using var enclave = ImportKey(key);
        if (enclave is null)
        {
            await Console.Error.WriteLineAsync("--key: no point of P-256 found, x and y of one expected");
            return SiloCommandLine.WrongInput;
        }

        var error = Request.Decode(requestBytes, out var request, out var detail);
        var verdict = error == RequestError.None
            ? AnswerCheck.Check(answer, request!, enclave, configurationHash)
            : null;
        var reason = verdict is null ? $"Request{error}" : verdict.IsValid ? null : verdict.Fault.ToString();
        var problem = verdict is null ? $"the request: {detail}" : verdict.Detail;
        await Console.Out.WriteLineAsync(json
            ? ToJson(reason, problem, verdict?.Body, request).ToJsonString()
            : ToText(reason, problem, verdict?.Body, request));
        return reason is null ? SiloCommandLine.AllHolds : SiloCommandLine.DoesNotHold;
    }

    /// <summary>x ‖ y, or 04 ‖ x ‖ y; null for no point of P-256.</summary>
    public static Es256Key? ImportKey(byte[] key)
        => key.Length == Es256Key.PublicKeyBytes ? Es256Key.TryImport(key)
            : key[0] == UncompressedPoint ? Es256Key.TryImport(key.AsSpan(1))
            : null;

    private static JsonObject ToJson(string? reason, string detail, AnswerBody? body, Request? request)
    {
        if (reason is not null || body is null) return new() { ["verdict"] = "Invalid", ["reason"] = reason, ["detail"] = detail };

        return new()
        {
            ["verdict"] = "Valid",
            ["reason"] = null,
            ["device"] = request!.Question.Device.ToString(),
            ["block"] = body.Block,
            ["time"] = body.UnixSeconds,
            ["hash"] = body.Hash.ToString(),
            ["level"] = body.Level,
            ["nonce"] = body.Nonce is { } nonce ? Hex.Format(nonce.AsSpan()) : null,
            ["results"] = new JsonArray([.. body.Results.Select((result, i) => new JsonObject
            {
                ["fact"] = request.Question.Facts[i].Kind.ToString(),
                ["result"] = ToJson(result),
            })]),
        };
    }

    private static JsonNode? ToJson(FactResult result) => result.Shape switch
    {
        FactResultShape.Null => null,
        FactResultShape.Array => new JsonArray([.. result.Values.Select(ToJson)]),
        _ => ToJson(result.Values[0]),
    };

    private static JsonNode ToJson(FactValue value) => value.IsNumber ? JsonValue.Create(value.Number) : JsonValue.Create(Hex.Format(value.Bytes.Span));

    private static string ToText(string? reason, string detail, AnswerBody? body, Request? request)
    {
        if (reason is not null || body is null) return $"answer: Invalid ({reason}: {detail})";

        var lines = new List<string> { $"answer: Valid, block {body.Block}, time {body.UnixSeconds}, level {body.Level}, hash {body.Hash}" };
        lines.AddRange(body.Results.Select((result, i) => $"{request!.Question.Facts[i].Kind}: {result}"));
        return string.Join(Environment.NewLine, lines);
    }
}
