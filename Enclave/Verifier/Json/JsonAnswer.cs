using System.Text.Json;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>An answer of a JSON-RPC node, with or without its envelope (JSON-RPC 2.0, section 5).</summary>
internal static class JsonAnswer
{
    /// <summary>Largest answer read. A block's receipts are the largest that is asked for.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    // A document takes 12 bytes for each value beside the bytes themselves: [0,0,0,…] would be six times its length. What nodes say has 20 bytes a value or more.
    private const int UncountedBytes = 64 * 1024;
    private const int BytesAValue = 12;

    private static readonly JsonDocumentOptions Options = new()
    {
        MaxDepth = 16,
        AllowTrailingCommas = false,
        AllowDuplicateProperties = false,
        CommentHandling = JsonCommentHandling.Disallow,
    };

    /// <summary>Parses the bytes, opens the envelope if there is one, and hands the result on.</summary>
    /// <param name="utf8">One JSON value.</param>
    /// <param name="maxBytes">Most bytes.</param>
    /// <param name="read">Reads the result; the element lives only during the call.</param>
    public static Checked<T> Read<T>(ReadOnlyMemory<byte> utf8, int maxBytes, Func<JsonElement, Checked<T>> read)
        where T : class
    {
        if (utf8.Length > maxBytes) return new Damage(InvalidReason.JsonTooLarge, $"{utf8.Length} bytes found, at most {maxBytes} expected");

        if (HasTooManyValues(utf8.Span)) return new Damage(InvalidReason.JsonTooLarge, $"more than {utf8.Length / BytesAValue} values in {utf8.Length} bytes found");

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, Options);
        }
        catch (JsonException problem)
        {
            return new Damage(InvalidReason.BadJson, problem.Message);
        }

        using (document)
        {
            try
            {
                return Open(document.RootElement).TryGet(out var result, out var damage) ? read(result.Element) : damage;
            }
            catch (InvalidOperationException problem)
            {
                // System.Text.Json finds only on reading that a string is no UTF-8 or holds half a surrogate pair.
                return new Damage(InvalidReason.BadJson, problem.Message);
            }
        }
    }

    private static bool HasTooManyValues(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= UncountedBytes) return false;

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
        try
        {
            for (var left = utf8.Length / BytesAValue; reader.Read(); left--)
            {
                if (left == 0) return true;
            }
        }
        catch (JsonException)
        {
            // It is said when the document is read.
        }

        return false;
    }

    private static Checked<Result> Open(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return Checked<Result>.Valid(new Result(root));
        if (root.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
            return new Damage(InvalidReason.NodeError, $"the node says: {JsonMembers.Shorten(error)}");

        var enveloped = root.TryGetProperty("result", out var result);
        if (!enveloped && root.TryGetProperty("jsonrpc", out _)) return new Damage(InvalidReason.MissingMember, "result is missing");
        if (!enveloped) return Checked<Result>.Valid(new Result(root));

        return result.ValueKind == JsonValueKind.Null
            ? new Damage(InvalidReason.NodeError, "the node says: null, it doesn't know what was asked")
            : Checked<Result>.Valid(new Result(result));
    }

    private sealed record Result(JsonElement Element);
}
