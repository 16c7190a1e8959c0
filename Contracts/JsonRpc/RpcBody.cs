using System.Buffers;
using System.Text.Json;

namespace Pythia.Contracts.JsonRpc;

/// <summary>One or many calls as one HTTP body, and the way back from the answers to them.</summary>
internal sealed class RpcBody
{
    private const int MaxAnswerDepth = 64;

    private readonly IReadOnlyList<RpcRequest> _requests;
    private readonly long _firstId;

    /// <param name="firstId">The id of the first call; the others follow.</param>
    public RpcBody(IReadOnlyList<RpcRequest> requests, long firstId)
    {
        (_requests, _firstId) = (requests, firstId);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            if (requests.Count != 1) writer.WriteStartArray();
            for (var i = 0; i < requests.Count; i++) requests[i].WriteTo(writer, firstId + i);
            if (requests.Count != 1) writer.WriteEndArray();
        }

        Utf8 = buffer.WrittenMemory;
    }

    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>The method of the only call, or <c>batch</c>.</summary>
    public string Method => _requests.Count == 1 ? _requests[0].Method : "batch";

    public bool IsIdempotent => _requests.All(r => r.IsIdempotent);

    /// <summary>Finds each call's answer by its id; answers may come in any order.</summary>
    /// <exception cref="FormatException">An answer is missing, comes twice, or belongs to no call.</exception>
    public RpcAnswer[] ReadAnswers(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxAnswerDepth });
        var root = document.RootElement.Clone();
        if (root.ValueKind == JsonValueKind.Object)
        {
            // One object for a batch is the refusal of all of it.
            if (_requests.Count == 1 && IndexOf(root) != 0) throw new FormatException($"an answer to another call found, id {_firstId} expected");
            return [.. _requests.Select(r => _requests.Count == 1 || root.TryGetProperty("error", out _)
                ? RpcAnswer.Read(r, root)
                : throw new FormatException("one answer found to a batch"))];
        }

        var answers = new RpcAnswer?[_requests.Count];
        foreach (var response in root.EnumerateArray())
        {
            var index = IndexOf(response);
            if (index < 0 || answers[index] is not null) throw new FormatException("an answer that belongs to no call, or comes twice, found");
            answers[index] = RpcAnswer.Read(_requests[index], response);
        }

        return [.. answers.Select((answer, i) => answer ?? throw new FormatException($"no answer to {_requests[i].Method} found"))];
    }

    // Some nodes answer with id null when they could not read the call: that is no answer to it.
    private int IndexOf(JsonElement response)
        => response.ValueKind == JsonValueKind.Object && response.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number
            && id.TryGetInt64(out var number) && number >= _firstId && number < _firstId + _requests.Count
            ? (int)(number - _firstId)
            : -1;
}
