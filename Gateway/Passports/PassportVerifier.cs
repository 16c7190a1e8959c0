using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Gateway.Passports;

/// <summary>What a verifier made of evidence: a passport, a refusal in words, or neither when it can't be reached.</summary>
internal sealed record VerifierReply(byte[]? Passport, string? Refusal, string? Trouble);

/// <summary>
/// The verifier that this gateway was given: its own key, somebody else's endpoint, or none. It keeps nothing; where it is its own, whoever reaches it may
/// hand it evidence.
/// </summary>
internal sealed class PassportVerifier : IDisposable
{
    private readonly HttpClient? _http;
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly PassportSigner? _signer;

    public PassportVerifier(IOptions<PassportOptions> options, TimeProvider time, IVerifierWay? handlers = null)
    {
        var settings = options.Value;
        (_time, _limit) = (time, TimeSpan.FromSeconds(settings.VerifierSeconds));
        if (settings is { KeyFile: { Length: > 0 } key, PolicyFile: { Length: > 0 } policy })
        {
            _signer = VerifierFiles.ReadKey(key);
            Own = new PassportIssuer(VerifierFiles.ReadPolicy(policy), _signer, TimeSpan.FromMinutes(settings.LifetimeMinutes), time);
        }
        else if (settings.VerifierUrl is { Length: > 0 } url)
        {
            // Evidence goes where the operator said and nowhere else; the time limit is over the whole exchange, so it is not the client's.
            _http = new HttpClient(handlers?.CreateHandler() ?? new SocketsHttpHandler { AllowAutoRedirect = false });
            (_http.BaseAddress, _http.Timeout) = (new Uri(url), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Null where the verifier is somebody else's, or there is none.</summary>
    public PassportIssuer? Own { get; }

    public bool IsThere => Own is not null || _http is not null;

    public async Task<VerifierReply> VerifyAsync(byte[] evidence, CancellationToken cancellationToken)
    {
        if (Own is { } own)
        {
            var outcome = own.Issue(evidence);
            return outcome.IsIssued ? new(outcome.Passport, null, null) : new(null, outcome.Describe(), null);
        }

        using var message = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = new ByteArrayContent(evidence) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(EnclaveEvidence.MediaType);
        using var limit = new CancellationTokenSource(_limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await _http!.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await ReadAsync(response, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, null, $"no whole reply within {_limit}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new(null, null, e.Message);
        }
    }

    public void Dispose()
    {
        _http?.Dispose();
        _signer?.Dispose();
    }

    private static async Task<VerifierReply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4_096];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.OK when read <= SignedPassport.MaxBytes => new(buffer[..read], null, null),
            HttpStatusCode.UnprocessableEntity => new(null, System.Text.Encoding.UTF8.GetString(buffer, 0, read), null),
            _ => new(null, null, $"status {(int)response.StatusCode} with {read} bytes found, 200 with a passport expected"),
        };
    }
}

/// <summary>For tests: where the way to somebody else's verifier leads.</summary>
internal interface IVerifierWay
{
    HttpMessageHandler CreateHandler();
}
