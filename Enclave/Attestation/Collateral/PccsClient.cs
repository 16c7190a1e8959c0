using System.Net;
using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>
/// Asks Intel's service for collateral, or one that caches it (PCS and PCCS, API version 4). Nothing that comes is believed here; sizes, times and forms are
/// bounded, and the address is the configured one only: redirects are not followed.
/// </summary>
/// <remarks>
/// <code>
/// GET {url}/sgx/certification/v4/tcb?fmspc=…             JSON, header TCB-Info-Issuer-Chain                       (tdx: /tdx/…)
/// GET {url}/sgx/certification/v4/qe/identity             JSON, header SGX-Enclave-Identity-Issuer-Chain           (tdx: /tdx/…)
/// GET {url}/sgx/certification/v4/pckcrl?ca=…&amp;encoding=der  DER, header SGX-PCK-CRL-Issuer-Chain
/// GET {url}/sgx/certification/v4/rootcacrl               hexadecimal DER (caching services), or the root certificate's own address
/// </code>
/// Issuer chains are PEM, URL-encoded. Source: Intel SGX and TDX Provisioning Certification Service, API version 4.
/// </remarks>
public sealed class PccsClient : ICollateralSource
{
    private const string IntelHost = "api.trustedservices.intel.com";
    private const string IntelRootCrl = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";

    private readonly HttpClient _http;
    private readonly CollateralOptions _options;
    private readonly TimeProvider _time;
    private readonly string _base;
    private readonly Uri _rootCrl;

    /// <param name="http">For the life of the program; see <see cref="CreateHttp"/>.</param>
    /// <param name="options">With an address, and without mistakes.</param>
    /// <param name="time">For time-outs and pauses.</param>
    /// <exception cref="ArgumentException">An option can't be used; the message names it.</exception>
    public PccsClient(HttpClient http, CollateralOptions options, TimeProvider time)
    {
        if (options.FindMistakes().FirstOrDefault() is { } mistake) throw new ArgumentException(mistake, nameof(options));
        if (options.Url.Length == 0) throw new ArgumentException($"{CollateralOptions.Section}:{nameof(options.Url)}: none found, an address expected", nameof(options));
        (_http, _options, _time) = (http, options, time);
        _base = options.Url.TrimEnd('/');
        var isIntel = string.Equals(new Uri(_base).Host, IntelHost, StringComparison.OrdinalIgnoreCase);
        _rootCrl = new Uri(
            options.RootCrlUrl.Length > 0 ? options.RootCrlUrl
            : isIntel ? IntelRootCrl
            : $"{_base}/sgx/certification/v4/rootcacrl");
    }

    /// <summary>A client that follows no redirect, keeps no cookie, tells no trace id, and bounds the headers.</summary>
    public static HttpClient CreateHttp() => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxResponseHeadersLength = 64, // KiB: an issuer chain takes 2 to 4
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <inheritdoc/>
    public async ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
    {
        if (key.Fmspc.Length != 12 || !key.Fmspc.All(char.IsAsciiHexDigit)) throw new ArgumentException($"FMSPC '{key.Fmspc}' found, 12 hex digits expected", nameof(key));
        var tee = key.Tdx ? "tdx" : "sgx";
        var number = _options.EvaluationNumber > 0 ? $"tcbEvaluationDataNumber={_options.EvaluationNumber}" : "";
        var tcb = await AskAsync($"/{tee}/certification/v4/tcb?fmspc={key.Fmspc}{(number.Length > 0 ? "&" : "")}{number}", "TCB-Info-Issuer-Chain", cancellationToken)
            .ConfigureAwait(false);
        var qe = await AskAsync($"/{tee}/certification/v4/qe/identity{(number.Length > 0 ? "?" : "")}{number}", "SGX-Enclave-Identity-Issuer-Chain", cancellationToken)
            .ConfigureAwait(false);
        var ca = key.PlatformCa ? "platform" : "processor";
        var pckCrl = await AskAsync($"/sgx/certification/v4/pckcrl?ca={ca}&encoding=der", "SGX-PCK-CRL-Issuer-Chain", cancellationToken).ConfigureAwait(false);
        var rootCrl = await AskAsync(_rootCrl, chainHeader: null, cancellationToken).ConfigureAwait(false);
        return new QuoteCollateral
        {
            TcbInfo = tcb.Body,
            TcbInfoIssuerChain = tcb.Chain,
            QeIdentity = qe.Body,
            QeIdentityIssuerChain = qe.Chain,
            PckCrl = PccsForms.Der(pckCrl.Body, "pckcrl"),
            PckCrlIssuerChain = pckCrl.Chain,
            RootCaCrl = PccsForms.Der(rootCrl.Body, "root CRL"),
        };
    }

    private Task<Piece> AskAsync(string path, string chainHeader, CancellationToken cancellationToken)
        => AskAsync(new Uri(_base + path), chainHeader, cancellationToken);

    // Repeats what may go better another time; half of the pause is chance, so that silos that failed together do not come back together.
    private async Task<Piece> AskAsync(Uri address, string? chainHeader, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await AskOnceAsync(address, chainHeader, cancellationToken).ConfigureAwait(false);
            }
            catch (CollateralException failed) when (attempt < _options.Retries && IsTransient(failed.Kind))
            {
                var longest = (int)Math.Min(60_000, _options.RetryDelayMs * Math.Pow(2, attempt));
                var pause = TimeSpan.FromMilliseconds((longest / 2) + RandomNumberGenerator.GetInt32((longest / 2) + 1));
                await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsTransient(CollateralTroubleKind kind)
        => kind is CollateralTroubleKind.NotReached or CollateralTroubleKind.TooLate or CollateralTroubleKind.HttpStatus;

    private async Task<Piece> AskOnceAsync(Uri address, string? chainHeader, CancellationToken cancellationToken)
    {
        var name = $"{address.Host}{address.AbsolutePath}";
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.AttemptTimeoutMs), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            CheckStatus(name, (int)response.StatusCode);
            var chain = chainHeader is null ? default : PccsForms.Chain(response, chainHeader, name);
            return new Piece(await ReadAsync(name, response.Content, either.Token).ConfigureAwait(false), chain);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CollateralException(CollateralTroubleKind.TooLate, $"{name}: no whole answer within {_options.AttemptTimeoutMs} ms", late);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            throw new CollateralException(CollateralTroubleKind.NotReached, $"{name}: {broken.Message}", broken);
        }
    }

    private static void CheckStatus(string name, int status)
    {
        if (status == 200) return;
        var kind = status switch
        {
            429 or >= 500 => CollateralTroubleKind.HttpStatus,
            404 or 410 => CollateralTroubleKind.Unknown,
            _ => CollateralTroubleKind.Malformed,
        };
        throw new CollateralException(kind, $"{name}: status {status} found, 200 expected");
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(string name, HttpContent content, CancellationToken cancellationToken)
    {
        var announced = content.Headers.ContentLength;
        if (announced > _options.MaxBytes) throw TooLong(name, announced.Value);
        await using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[_options.MaxBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (length > _options.MaxBytes) throw TooLong(name, length);
        return length > 0 ? buffer.AsMemory(0, length).ToArray() : throw new CollateralException(CollateralTroubleKind.Malformed, $"{name}: nothing found, a body expected");
    }

    private CollateralException TooLong(string name, long bytes)
        => new(CollateralTroubleKind.Malformed, $"{name}: {bytes} bytes or more found, {_options.MaxBytes} at most expected");

    private readonly record struct Piece(ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Chain);
}
