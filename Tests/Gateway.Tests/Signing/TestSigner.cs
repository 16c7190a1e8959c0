using System.Security.Cryptography;
using System.Text;
using Pythia.Contracts.Keys;

namespace Pythia.Gateway.Tests.Signing;

/// <summary>Signs requests as RFC 9421 says, by hand: nothing of the gateway's own code.</summary>
internal sealed record TestSigner
{
    public string Label { get; init; } = "sig";

    public string Components { get; init; } = "\"@method\" \"@target-uri\" \"content-digest\"";

    public required string Parameters { get; init; }

    public required Func<byte[], byte[]> Sign { get; init; }

    /// <summary>What is sent, where that is not what was signed.</summary>
    public Func<string, string> Tamper { get; init; } = input => input;

    public static TestSigner Client(ECDsa key, string keyId, long created, string? nonce, string more = "") => new()
    {
        Parameters = $";created={created};expires={created + 60};keyid=\"{keyId}\"{(nonce is null ? "" : $";nonce=\"{nonce}\"")}{more}",
        Sign = text => key.SignData(text, HashAlgorithmName.SHA256),
    };

    public static TestSigner Owner(EthereumKey key, ulong chainId, long created, string? nonce, string form = "eip155", string more = ";tag=\"erc8128\"") => new()
    {
        Components = "\"@method\" \"@target-uri\"",
        Parameters = $";created={created};expires={created + 60};keyid=\"{form}:{chainId}:{key.Address}\"{(nonce is null ? "" : $";nonce=\"{nonce}\"")}{more}",
        Sign = text => key.SignMessage(text).ToArray(),
    };

    public void Apply(HttpRequestMessage request, string body)
    {
        var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}:";
        var uri = request.RequestUri!;
        var lines = Components.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(component => $"{component}: " + component.Trim('"') switch
        {
            "@method" => request.Method.Method,
            "@target-uri" => uri.AbsoluteUri,
            "@authority" => uri.Authority,
            "@path" => uri.AbsolutePath,
            "@query" => uri.Query.Length == 0 ? "?" : uri.Query,
            "content-digest" => digest,
            var field => request.Headers.TryGetValues(field, out var values) ? string.Join(", ", values) : "",
        });
        var text = $"{string.Join('\n', lines)}\n\"@signature-params\": ({Components}){Parameters}";
        request.Headers.TryAddWithoutValidation("Content-Digest", digest);
        request.Headers.TryAddWithoutValidation("Signature-Input", Tamper($"{Label}=({Components}){Parameters}"));
        request.Headers.TryAddWithoutValidation("Signature", $"{Label}=:{Convert.ToBase64String(Sign(Encoding.ASCII.GetBytes(text)))}:");
    }
}
