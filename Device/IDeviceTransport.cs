using System.Net;
using System.Net.Http.Headers;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Passports;

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

/// <summary>Whose passport, or evidence, a device asks for.</summary>
/// <param name="KeyId">8 bytes: the <c>kid</c> of an answer; whoever carries it finds the enclave by it.</param>
/// <param name="Nonce">8 bytes that must be in what comes; null takes what is stored.</param>
public sealed record PassportQuery(ReadOnlyMemory<byte> KeyId, ReadOnlyMemory<byte>? Nonce);

/// <summary>Carries a request to an enclave, through whomever, and brings back what came.</summary>
public interface IDeviceTransport
{
    /// <summary>A silent or broken way is a reply with trouble; only the caller's cancellation throws.</summary>
    Task<TransportReply> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default);

    /// <summary>Brings a passport, at most <see cref="SignedPassport.MaxBytes"/>. Not every way can.</summary>
    /// <inheritdoc cref="AskAsync" path="/summary"/>
    Task<TransportReply> FetchPassportAsync(PassportQuery query, CancellationToken cancellationToken = default)
        => Task.FromResult(TransportReply.None("this way brings no passports"));

    /// <summary>Brings evidence, at most <see cref="EnclaveEvidence.MaxBytes"/>. Not every way can.</summary>
    /// <inheritdoc cref="AskAsync" path="/summary"/>
    Task<TransportReply> FetchEvidenceAsync(PassportQuery query, CancellationToken cancellationToken = default)
        => Task.FromResult(TransportReply.None("this way brings no evidence"));
}

/// <summary>The gateway's device endpoint over HTTP: <c>application/cbor</c> up, <c>application/cose</c> or problem details down.</summary>
/// <param name="http">Its time limit is the longest wait for an answer, to its last byte.</param>
/// <param name="endpoint">Where to post: <c>…/answer</c>; passports are fetched from <c>…/passport</c> beside it, evidence from <c>…/evidence</c>.</param>
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
        return await SendAsync(message, AnswerMediaType, MaxBytes, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TransportReply> FetchPassportAsync(PassportQuery query, CancellationToken cancellationToken = default)
        => FetchAsync("passport", query, SignedPassport.MediaType, MaxBytes, cancellationToken);

    /// <inheritdoc/>
    public Task<TransportReply> FetchEvidenceAsync(PassportQuery query, CancellationToken cancellationToken = default)
        => FetchAsync("evidence", query, EnclaveEvidence.MediaType, EnclaveEvidence.MaxBytes, cancellationToken);

    private async Task<TransportReply> FetchAsync(string what, PassportQuery query, string mediaType, int maxBytes, CancellationToken cancellationToken)
    {
        var nonce = query.Nonce is { } bytes ? $"&nonce={Convert.ToHexStringLower(bytes.Span)}" : "";
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, $"{what}?kid={Convert.ToHexStringLower(query.KeyId.Span)}{nonce}"));
        return await SendAsync(message, mediaType, maxBytes, cancellationToken);
    }

    private async Task<TransportReply> SendAsync(HttpRequestMessage message, string mediaType, int maxBytes, CancellationToken cancellationToken)
    {
        message.Headers.Accept.ParseAdd(mediaType);
        message.Headers.Accept.ParseAdd(ConciseProblem.MediaType);

        // The client's own limit ends with the headers; a body may trickle in for ever.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(http.Timeout);
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await ReadAsync(response, mediaType, maxBytes, limit.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return TransportReply.None($"{message.RequestUri}: {failure.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TransportReply.None($"{message.RequestUri}: no whole reply within {http.Timeout}");
        }
    }

    private static async Task<TransportReply> ReadAsync(HttpResponseMessage response, string expected, int maxBytes, CancellationToken cancellationToken)
    {
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        var body = await ReadBodyAsync(response.Content, maxBytes, cancellationToken);
        return body is null ? TransportReply.None($"more than {maxBytes} bytes found")
            : Is(mediaType, expected) && response.StatusCode == HttpStatusCode.OK ? TransportReply.Answered(body)
            : Is(mediaType, ConciseProblem.MediaType) ? TransportReply.Refused(body)
            : TransportReply.None($"HTTP status {(int)response.StatusCode} with {mediaType ?? "no media type"} found, 200 with {expected} expected");
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpContent content, int maxBytes, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[maxBytes + 1];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return read > maxBytes ? null : buffer[..read];
    }

    private static bool Is(string? found, string expected) => string.Equals(found, expected, StringComparison.OrdinalIgnoreCase);
}
