using System.Net;
using System.Net.Http.Headers;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Device;

/// <summary>What came back for a request: an answer, a refusal, or neither. None of it is trusted.</summary>
/// <param name="Answer">COSE_Sign1 bytes, or null.</param>
/// <param name="Problem">A refusal (RFC 9290), or null.</param>
/// <param name="Trouble">Why there is neither, for people.</param>
public sealed record TransportReply(byte[]? Answer, ConciseProblem? Problem, string? Trouble)
{
    public static TransportReply Answered(byte[] answer) => new(answer, null, null);

    public static TransportReply None(string trouble) => new(null, null, trouble);

    /// <summary>Reads a refusal; bytes that are none are trouble.</summary>
    public static TransportReply Refused(ReadOnlySpan<byte> problem)
    {
        var error = ConciseProblem.Decode(problem, out var read);
        return error == CborError.None ? new(null, read, null) : None($"a refusal of {problem.Length} bytes that can't be read: {error}");
    }
}

/// <summary>Carries a request to an enclave, through whomever, and brings back what came.</summary>
public interface IDeviceTransport
{
    /// <summary>A silent or broken way is a reply with trouble; only the caller's cancellation throws.</summary>
    Task<TransportReply> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default);
}

/// <summary>The gateway's device endpoint over HTTP: <c>application/cbor</c> up, <c>application/cose</c> or problem details down.</summary>
/// <param name="http">Its time limit is the longest wait for an answer.</param>
/// <param name="endpoint">Where to post.</param>
public sealed class HttpDeviceTransport(HttpClient http, Uri endpoint) : IDeviceTransport
{
    public const string RequestMediaType = "application/cbor";

    /// <summary>RFC 9052 §2.</summary>
    public const string AnswerMediaType = "application/cose";

    private const int MaxBytes = ConciseProblem.MaxBytes;

    private static readonly MediaTypeHeaderValue Cbor = new(RequestMediaType);

    /// <inheritdoc/>
    public async Task<TransportReply> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ReadOnlyMemoryContent(request) };
        message.Content.Headers.ContentType = Cbor;
        message.Headers.Accept.ParseAdd(AnswerMediaType);
        message.Headers.Accept.ParseAdd(ConciseProblem.MediaType);
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return await ReadAsync(response, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            return TransportReply.None($"{endpoint}: {failure.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TransportReply.None($"{endpoint}: no reply within {http.Timeout}");
        }
    }

    private static async Task<TransportReply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        var body = await ReadBodyAsync(response.Content, cancellationToken);
        return body is null ? TransportReply.None($"more than {MaxBytes} bytes found")
            : Is(mediaType, AnswerMediaType) && response.StatusCode == HttpStatusCode.OK ? TransportReply.Answered(body)
            : Is(mediaType, ConciseProblem.MediaType) ? TransportReply.Refused(body)
            : TransportReply.None($"HTTP status {(int)response.StatusCode} with {mediaType ?? "no media type"} found, 200 with {AnswerMediaType} expected");
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxBytes + 1];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return read > MaxBytes ? null : buffer[..read];
    }

    private static bool Is(string? found, string expected) => string.Equals(found, expected, StringComparison.OrdinalIgnoreCase);
}
