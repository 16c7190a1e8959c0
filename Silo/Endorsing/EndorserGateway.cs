using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Ethereum;
using Pythia.Gateway;
using Pythia.Gateway.Registry;

namespace Pythia.Silo.Endorsing;

/// <summary>The gateway did not do what it was asked for; the message says what came instead.</summary>
internal sealed class EndorserGatewayException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A key that a gateway names: it signs for that enclave, now or next.</summary>
internal sealed record ListedKey(string Enclave, byte[] SigningKey, bool IsNext);

/// <summary>An endorser's way to a gateway. It is trusted for nothing: it can keep things back, and whatever it says is checked elsewhere.</summary>
/// <param name="http">With the gateway's address; its own limits of time and size.</param>
/// <param name="chainId">EIP-155.</param>
internal sealed class EndorserGateway(HttpClient http, ulong chainId)
{
    /// <summary>Largest reply that is read.</summary>
    public const int MostBytes = 4 << 20;

    private const int KeyBytes = 64;
    private const int LongestDetail = 500;

    private static readonly JsonSerializerOptions Strict = new(GatewayJson.Options) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8 };

    /// <summary>The keys of the enclaves that answer, those that are announced too.</summary>
    public async Task<IReadOnlyList<ListedKey>> KeysAsync(CancellationToken cancellationToken)
    {
        var path = $"/pythia/{chainId}/enclaves";
        var enclaves = await GetAsync<ListedEnclaves>(path, cancellationToken);
        var keys = new List<ListedKey>();
        foreach (var enclave in enclaves.Enclaves)
        {
            RefuseNull(enclave, path);
            keys.Add(new(enclave.Id, ReadKey(enclave.SigningKey), IsNext: false));
            if (enclave.NextKey is { } next) keys.Add(new(enclave.Id, ReadKey(next.SigningKey), IsNext: true));
        }

        return keys;
    }

    /// <summary>Evidence of one key of an enclave, made for <paramref name="nonce"/>.</summary>
    public Task<byte[]> EvidenceAsync(string enclave, ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> nonce, CancellationToken cancellationToken)
        => GetBytesAsync(
            $"/pythia/{chainId}/enclaves/{Uri.EscapeDataString(enclave)}/evidence?kid={Convert.ToHexStringLower(keyId)}&nonce={Convert.ToHexStringLower(nonce)}", cancellationToken);

    /// <summary>What endorsers have open.</summary>
    public async Task<IReadOnlyList<RegistrationJson>> RegistrationsAsync(CancellationToken cancellationToken)
    {
        var path = $"/v1/chains/{chainId}/registrations";
        var items = (await GetAsync<RegistrationsJson>(path, cancellationToken)).Items;
        foreach (var item in items)
        {
            RefuseNull(item, path);
            foreach (var signature in item.Signatures) RefuseNull(signature, path);
        }

        return items;
    }

    /// <summary>The evidence that a proposer checked.</summary>
    public Task<byte[]> ProposedEvidenceAsync(Hash32 digest, CancellationToken cancellationToken) => GetBytesAsync($"/v1/chains/{chainId}/registrations/{digest}/evidence", cancellationToken);

    public Task ProposeAsync(ProposedRegistrationJson proposal, CancellationToken cancellationToken) => PostAsync($"/v1/chains/{chainId}/registrations", proposal, cancellationToken);

    public Task SignAsync(Hash32 digest, byte[] signature, CancellationToken cancellationToken)
        => PostAsync($"/v1/chains/{chainId}/registrations/{digest}/signatures", new RegistrationSignatureJson(Hex.Format(signature)), cancellationToken);

    private static byte[] ReadKey(string text)
        => Hex.TryParse(text, out var key) && key.Length == KeyBytes ? key : throw new EndorserGatewayException($"a key of an enclave: 0x and {2 * KeyBytes} hex digits expected");

    // What a reader of JSON can't be told of elements of a list.
    private static void RefuseNull(object? element, string path)
    {
        if (element is null) throw new EndorserGatewayException($"GET {path}: null found in a list, an element expected");
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        var bytes = await GetBytesAsync(path, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Strict) ?? throw new EndorserGatewayException($"GET {path}: null found, {typeof(T).Name} expected");
        }
        catch (JsonException e)
        {
            throw new EndorserGatewayException($"GET {path}: {e.Message}", e);
        }
    }

    private Task<byte[]> GetBytesAsync(string path, CancellationToken cancellationToken) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    private Task<byte[]> PostAsync<T>(string path, T body, CancellationToken cancellationToken)
        => SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, GatewayJson.Options)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            },
            cancellationToken);

    private async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var what = $"{request.Method} {request.RequestUri}";
        try
        {
            using (request)
            {
                using var response = await http.SendAsync(request, cancellationToken);
                var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                return response.IsSuccessStatusCode ? bytes : throw new EndorserGatewayException($"{what}: {(int)response.StatusCode} {DetailOf(bytes)}");
            }
        }
        catch (HttpRequestException e)
        {
            throw new EndorserGatewayException($"{what}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EndorserGatewayException($"{what}: no whole reply within {http.Timeout}", e);
        }
    }

    // For people: what a problem says of itself, or nothing. Whatever it says is no word to a terminal.
    private static string DetailOf(byte[] body)
    {
        if (body.Length > EnclaveEvidence.MaxBytes) return "";

        try
        {
            using var problem = JsonDocument.Parse(body);
            return problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String
                ? Printable(detail.GetString()!)
                : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Printable(Encoding.ASCII.GetString(body)); // no JSON, or text that is no Unicode
        }
    }

    private static string Printable(string text) => new([.. text.Where(c => c is >= ' ' and <= '~').Take(LongestDetail)]);

    // What is read of the page; the rest of it is for devices.
    private sealed record ListedEnclaves(IReadOnlyList<ListedEnclave> Enclaves);

    private sealed record ListedEnclave(string Id, string SigningKey, ListedNextKey? NextKey = null);

    private sealed record ListedNextKey(string SigningKey);
}
