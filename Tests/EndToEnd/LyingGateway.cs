using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Ethereum;
using Pythia.Gateway;
using Pythia.Gateway.Registry;
using Pythia.Grains.Registry;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>A gateway between an endorser and the true one, which alters one thing on the way.</summary>
internal sealed class LyingGateway(string what, ulong chainId, Address registry) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (what == "old evidence" && path.EndsWith("/evidence", StringComparison.Ordinal)) request.RequestUri = new Uri(request.RequestUri, $"{path}?nonce={new string('7', 16)}");

        var response = await base.SendAsync(request, cancellationToken);
        if (request.Method != HttpMethod.Get) return response;
        if (what.StartsWith("terms", StringComparison.Ordinal) && path.EndsWith("/registrations", StringComparison.Ordinal)) await AlterAsync(response, Retell);
        if (what == "evidence" && path.Contains("/registrations/", StringComparison.Ordinal)) await AlterAsync(response, bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);
        if (what == "key ends" && path.Contains("/enclaves/", StringComparison.Ordinal)) await AlterAsync(response, EndSoon);
        if (what == "no enclave" && path.EndsWith("/enclaves", StringComparison.Ordinal)) await AlterAsync(response, _ => """{"enclaves":[null]}"""u8.ToArray());
        if (what == "no registration" && path.EndsWith("/registrations", StringComparison.Ordinal)) await AlterAsync(response, _ => """{"items":[null]}"""u8.ToArray());
        if (what == "no signature" && path.EndsWith("/registrations", StringComparison.Ordinal)) await AlterAsync(response, DropSignatures);
        if (what == "half a letter" && path.EndsWith("/evidence", StringComparison.Ordinal))
        {
            await AlterAsync(response, _ => """{"detail":"\ud800"}"""u8.ToArray());
            response.StatusCode = HttpStatusCode.BadRequest;
        }

        if (what == "no evidence" && path.EndsWith("/evidence", StringComparison.Ordinal)) await AlterAsync(response, bytes => bytes[..^1]);
        return response;
    }

    // The enclave does not sign when it means to end its key.
    private static byte[] EndSoon(byte[] bytes)
    {
        EnclaveEvidence.Decode(bytes, out var evidence).ShouldBe(CborError.None);
        return (evidence! with { KeyEndsUnixSeconds = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 120 }).Encode();
    }

    private static byte[] DropSignatures(byte[] bytes)
    {
        var listed = JsonNode.Parse(bytes)!;
        foreach (var item in listed["items"]!.AsArray()) item!["signatures"] = new JsonArray((JsonNode?)null);
        return Encoding.UTF8.GetBytes(listed.ToJsonString());
    }

    private byte[] Retell(byte[] bytes)
    {
        var listed = JsonSerializer.Deserialize<RegistrationsJson>(bytes, GatewayJson.Options)!;
        return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new RegistrationsJson([.. listed.Items.Select(Alter)]), GatewayJson.Options));
    }

    private RegistrationJson Alter(RegistrationJson item)
    {
        var altered = item.Registration with { NotAfterUnixSeconds = item.Registration.NotAfterUnixSeconds - 1 };
        if (what == "terms") return item with { Registration = altered };

        RegistrationActs.TryRead(altered, registry, out var act);
        return item with { Registration = altered, Digest = act!.Digest(chainId).ToString() };
    }

    private static async Task AlterAsync(HttpResponseMessage response, Func<byte[], byte[]> alter)
    {
        if (!response.IsSuccessStatusCode) return;

        var type = response.Content.Headers.ContentType;
        response.Content = new ByteArrayContent(alter(await response.Content.ReadAsByteArrayAsync())) { Headers = { ContentType = type ?? new MediaTypeHeaderValue("application/json") } };
    }
}
