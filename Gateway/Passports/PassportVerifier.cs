using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Gateway.Passports;

/// <summary>What a verifier made of evidence: a passport, a refusal in words, or neither when it can't be reached.</summary>
internal sealed record VerifierReply(byte[]? Passport, string? Refusal, string? Trouble);

/// <summary>24 bytes that the verifier wants in the quote, or why there are none.</summary>
internal sealed record VerifierChallenge(byte[]? Challenge, string? Trouble);

/// <summary>What a verifier says who is asked for a challenge.</summary>
/// <param name="Challenge">48 hex digits: they follow the device's 16, or 16 zeros, in the <c>nonce</c> of <c>…/evidence</c>.</param>
/// <param name="HoldsSeconds">Within so many seconds the evidence must be handed in.</param>
public sealed record ChallengeJson(string Challenge, int HoldsSeconds);

/// <summary>
/// The verifier that this gateway was given: its own key, somebody else's endpoint, or none. It keeps nothing; where it is its own, whoever reaches it may
/// hand it evidence. A challenge of somebody else's is used for a quarter of its time, by all who ask meanwhile.
/// </summary>
internal sealed class PassportVerifier : IDisposable
{
    private const int MostReplyBytes = 4_096;

    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(1);

    private readonly HttpClient? _http;
    private readonly Uri? _url;
    private readonly SemaphoreSlim _challengeTurn = new(1);
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly PassportSigner? _signer;
    private volatile HeldChallenge? _held;

    public PassportVerifier(IOptions<PassportOptions> options, TimeProvider time, IVerifierWay? handlers = null)
    {
        var settings = options.Value;
        (_time, _limit) = (time, TimeSpan.FromSeconds(settings.VerifierSeconds));
        if (settings is { KeyFile: { Length: > 0 } key, PolicyFile: { Length: > 0 } policy })
        {
            _signer = VerifierFiles.ReadKey(key);
            Own = new PassportIssuer(VerifierFiles.ReadPolicy(policy), _signer, TimeSpan.FromMinutes(settings.LifetimeMinutes), TimeSpan.FromSeconds(settings.ChallengeSeconds), time);
        }
        else if (settings.VerifierUrl is { Length: > 0 } url)
        {
            // Evidence goes where the operator said and nowhere else; the time limit is over the whole exchange, so it is not the client's.
            _url = new Uri(url);
            _http = new HttpClient(handlers?.CreateHandler() ?? new SocketsHttpHandler { AllowAutoRedirect = false });
            _http.Timeout = Timeout.InfiniteTimeSpan;
        }
    }

    /// <summary>Null where the verifier is somebody else's, or there is none.</summary>
    public PassportIssuer? Own { get; }

    public bool IsThere => Own is not null || _http is not null;

    /// <summary>What the next quote must hold besides a device's nonce.</summary>
    public async Task<VerifierChallenge> ChallengeAsync(CancellationToken cancellationToken)
    {
        if (Own is { } own) return new(own.MakeChallenge(), null);

        await _challengeTurn.WaitAsync(cancellationToken);
        try
        {
            if (_held is { } known && _time.GetElapsedTime(known.At) < known.For) return known.Challenge;

            // Not by the caller's will: what is under way serves those who wait behind it. A challenge is as old as the request for it, trouble is of now.
            var at = _time.GetTimestamp();
            var (challenge, lasts) = await FetchChallengeAsync();
            _held = new(challenge, challenge.Trouble is null ? at : _time.GetTimestamp(), lasts);
            return challenge;
        }
        finally
        {
            _challengeTurn.Release();
        }
    }

    /// <summary>Evidence was refused, perhaps for its challenge: the next one is asked for anew.</summary>
    public void ForgetChallenge()
    {
        if (_held is { Challenge.Challenge: not null }) _held = null;
    }

    public async Task<VerifierReply> VerifyAsync(byte[] evidence, CancellationToken cancellationToken)
    {
        if (Own is { } own)
        {
            var outcome = own.Issue(evidence);
            return outcome.IsIssued ? new(outcome.Passport, null, null) : new(null, outcome.Describe(), null);
        }

        using var message = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(evidence) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(EnclaveEvidence.MediaType);
        var (reply, trouble) = await SendAsync(message, ReadPassport, cancellationToken);
        return reply ?? new(null, null, trouble);
    }

    public void Dispose()
    {
        _http?.Dispose();
        _challengeTurn.Dispose();
        _signer?.Dispose();
    }

    private async Task<(VerifierChallenge Challenge, TimeSpan For)> FetchChallengeAsync()
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, ChallengeUrl(_url!));
        var (read, trouble) = await SendAsync(message, ReadChallenge, CancellationToken.None);
        return read is { } found ? (new(found.Challenge, null), found.Holds / 4) : (new(null, trouble), AfterTrouble);
    }

    // Beside the path, whatever it ends with; a query stays where it is.
    private static Uri ChallengeUrl(Uri url)
    {
        var builder = new UriBuilder(url);
        builder.Path = builder.Path.TrimEnd('/') + "/challenge";
        return builder.Uri;
    }

    // Whatever is sent, no more of it is read than the longest true reply may have; T is null where it is no such reply.
    private async Task<(T? Reply, string? Trouble)> SendAsync<T>(HttpRequestMessage message, Func<HttpStatusCode, byte[], T?> read, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await _http!.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            var buffer = new byte[MostReplyBytes];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, either.Token);
            var reply = read(response.StatusCode, buffer[..length]);
            return (reply, reply is null ? $"status {(int)response.StatusCode} with {length} bytes found, 200 with {(message.Method == HttpMethod.Get ? "a challenge" : "a passport")} expected" : null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (default, $"no whole reply within {_limit}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (default, e.Message);
        }
    }

    // Held as one reference: it is forgotten without the turn.
    private sealed record HeldChallenge(VerifierChallenge Challenge, long At, TimeSpan For);

    private static VerifierReply? ReadPassport(HttpStatusCode status, byte[] body) => status switch
    {
        HttpStatusCode.OK when body.Length <= SignedPassport.MaxBytes => new(body, null, null),
        HttpStatusCode.UnprocessableEntity => new(null, System.Text.Encoding.UTF8.GetString(body), null),
        _ => null,
    };

    private static (byte[] Challenge, TimeSpan Holds)? ReadChallenge(HttpStatusCode status, byte[] body)
    {
        if (status != HttpStatusCode.OK) return null;

        try
        {
            return JsonSerializer.Deserialize<ChallengeJson>(body, GatewayJson.Options) is { Challenge: { Length: 2 * PassportChallenges.ChallengeBytes } text, HoldsSeconds: > 0 and <= 86_400 and var seconds }
                && text.All(char.IsAsciiHexDigit)
                    ? (Convert.FromHexString(text), TimeSpan.FromSeconds(seconds))
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>For tests: where the way to somebody else's verifier leads.</summary>
internal interface IVerifierWay
{
    HttpMessageHandler CreateHandler();
}
