using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Pythia.Contracts.JsonRpc;

/// <summary>One node: sends a body, reads the answers, with its own time limit and circuit.</summary>
/// <remarks>Either every call has its answer, or <see cref="RpcUnavailableException"/> says why there is none.</remarks>
public sealed class JsonRpcNode
{
    // Asked too often: the one error of a node that another node, or a later moment, may not give (EIP-1474).
    private const int LimitExceeded = -32005;

    // Room is made at once for no more than this, whatever length a node announces.
    private const int MaxTrustedLength = 1 << 20;

    private const string CircuitIsOpen = "circuit open after failures";

    private readonly HttpClient _http;
    private readonly JsonRpcOptions _options;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<IReadOnlyList<RpcAnswer>> _pipeline;
    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly Lock _gate = new();
    private (string Reason, DateTimeOffset Until)? _setAside;
    private DateTimeOffset _openUntil;
    private NodeTrouble? _trouble;

    internal JsonRpcNode(HttpClient http, Uri address, JsonRpcOptions options, TimeProvider time)
    {
        (_http, Address, _options, _time) = (http, address, options, time);
        _pipeline = new ResiliencePipelineBuilder<IReadOnlyList<RpcAnswer>> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<IReadOnlyList<RpcAnswer>>
            {
                ShouldHandle = new PredicateBuilder<IReadOnlyList<RpcAnswer>>().Handle<RpcUnavailableException>().Handle<TimeoutRejectedException>(),
                FailureRatio = options.BreakAtFailurePercent / 100.0,
                MinimumThroughput = options.BreakAfterAttempts,
                SamplingDuration = TimeSpan.FromMilliseconds(options.BreakWindowMs),
                BreakDuration = TimeSpan.FromMilliseconds(options.BreakDurationMs),
                StateProvider = _circuit,
                OnOpened = opened =>
                {
                    _openUntil = time.GetUtcNow() + opened.BreakDuration;
                    return default;
                },
            })
            .AddTimeout(TimeSpan.FromMilliseconds(options.AttemptTimeoutMs))
            .Build();
    }

    public Uri Address { get; }

    /// <summary>Host and port: what logs and messages call it. A path or a user name may hold an access key and is left out.</summary>
    public string Name => Address.Authority[(Address.Authority.IndexOf('@') + 1)..];

    /// <summary>What is wrong with it at the moment, whether it is asked or not; null if its newest answer was good.</summary>
    public NodeTrouble? Trouble
    {
        get
        {
            lock (_gate) return _trouble;
        }
    }

    /// <summary>Why it is not asked at the moment, or null.</summary>
    public string? WhyNotAsked()
    {
        var reason = FindWhyNotAsked();
        JsonRpcTelemetry.Show(Name, reason is null);
        return reason;
    }

    private string? FindWhyNotAsked()
    {
        lock (_gate)
        {
            if (_setAside is { } aside)
            {
                if (_time.GetUtcNow() < aside.Until) return aside.Reason;
                _setAside = null;
            }
        }

        // An open circuit only learns by a call that its time is over: somebody has to ask.
        return _circuit.CircuitState is CircuitState.Open && _time.GetUtcNow() < _openUntil ? CircuitIsOpen : null;
    }

    /// <summary>Keeps the node from being asked: it lags, lies, or serves another chain.</summary>
    public void SetAside(string reason, TimeSpan duration)
    {
        lock (_gate)
        {
            _setAside = (reason, _time.GetUtcNow() + duration);
            _trouble = Continue(RpcFailure.SetAside, reason);
        }
    }

    /// <summary>Ends what <see cref="SetAside"/> began.</summary>
    public void TakeBack()
    {
        lock (_gate)
        {
            _setAside = null;
            _trouble = null;
        }
    }

    internal async ValueTask<IReadOnlyList<RpcAnswer>> SendAsync(RpcBody body, CancellationToken cancellationToken)
    {
        using var activity = JsonRpcTelemetry.Begin(Name, body.Method);
        var started = JsonRpcTelemetry.Now();
        try
        {
            var answers = await SendOverCircuitAsync(body, cancellationToken);
            JsonRpcTelemetry.End(activity, started, Name, body.Method, answers);
            Note(null);
            return answers;
        }
        catch (RpcUnavailableException e)
        {
            JsonRpcTelemetry.Fail(activity, started, Name, body.Method, e.Failure);
            Note(e);
            throw;
        }
    }

    private async ValueTask<IReadOnlyList<RpcAnswer>> SendOverCircuitAsync(RpcBody body, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(static (state, token) => state.Node.SendOnceAsync(state.Body, token), (Node: this, Body: body), cancellationToken);
        }
        catch (TimeoutRejectedException e)
        {
            throw new RpcUnavailableException(Name, $"no answer within {_options.AttemptTimeoutMs} ms", e, RpcFailure.TooLate);
        }
        catch (BrokenCircuitException e)
        {
            throw new RpcUnavailableException(Name, CircuitIsOpen, e, RpcFailure.CircuitOpen);
        }
    }

    // An open circuit says nothing new: what opened it stays the trouble.
    private void Note(RpcUnavailableException? failure)
    {
        lock (_gate)
        {
            // Whoever looks at it all the time ends its being set aside, too: nobody else may ask why it is not asked.
            if (_setAside is { } aside && _time.GetUtcNow() >= aside.Until) _setAside = null;
            if (failure is null) _trouble = _setAside is null ? null : _trouble;
            else if (failure.Failure != RpcFailure.CircuitOpen || _trouble is null) _trouble = Continue(failure.Failure, failure.Reason);
        }
    }

    private NodeTrouble Continue(RpcFailure failure, string words) => new(failure, words, _trouble?.Since ?? _time.GetUtcNow());

    private async ValueTask<IReadOnlyList<RpcAnswer>> SendOnceAsync(RpcBody body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Address);
            request.Content = new ReadOnlyMemoryContent(body.Utf8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

            // Some nodes give an error object with status 4xx; only a body that is none makes the status the reason.
            var answers = await ReadAsync(body, response, cancellationToken);
            var limited = answers.FirstOrDefault(a => a.Error?.Code == LimitExceeded)?.Error;
            return limited is null ? answers : throw new RpcUnavailableException(Name, $"limit exceeded: {limited.NodeMessage}", limited, RpcFailure.LimitExceeded);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new RpcUnavailableException(Name, $"not reached: {e.Message}", e, RpcFailure.NotReached);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new RpcUnavailableException(Name, $"answer is no JSON-RPC: {e.Message}", e, RpcFailure.NotJsonRpc);
        }
    }

    private async Task<IReadOnlyList<RpcAnswer>> ReadAsync(RpcBody body, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500)
            throw new RpcUnavailableException(Name, $"HTTP {(int)response.StatusCode}", failure: RpcFailure.HttpStatus);

        var utf8 = await ReadBodyAsync(response.Content, cancellationToken);
        try
        {
            return body.ReadAnswers(utf8);
        }
        catch (Exception e) when (!response.IsSuccessStatusCode && e is JsonException or FormatException or InvalidOperationException)
        {
            throw new RpcUnavailableException(Name, $"HTTP {(int)response.StatusCode}", e, RpcFailure.HttpStatus);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > _options.MaxResponseBytes) throw TooLong(content.Headers.ContentLength.Value);

        var buffer = new ArrayBufferWriter<byte>((int)Math.Min(content.Headers.ContentLength ?? 0, MaxTrustedLength) + 16_384);
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        while (true)
        {
            var read = await stream.ReadAsync(buffer.GetMemory(), cancellationToken);
            if (read == 0) return buffer.WrittenMemory;

            buffer.Advance(read);
            if (buffer.WrittenCount > _options.MaxResponseBytes) throw TooLong(buffer.WrittenCount);
        }
    }

    private RpcUnavailableException TooLong(long bytes) => new(Name, $"answer of {bytes} bytes or more found, at most {_options.MaxResponseBytes} expected", failure: RpcFailure.TooLong);
}
