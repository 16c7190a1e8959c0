using Pythia.Gateway.Passports;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>The way to another operator's verifier, in memory.</summary>
internal sealed class ForwardedVerifier(GatewayFixture gateway) : IVerifierWay
{
    public HttpMessageHandler CreateHandler() => new Forward(gateway.Client);

    private sealed class Forward(HttpClient client) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Get) return await client.GetAsync(request.RequestUri!.AbsolutePath, cancellationToken);

            request.RequestUri!.AbsolutePath.ShouldBe("/v1/passports");
            var content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
            content.Headers.ContentType = request.Content.Headers.ContentType;
            return await client.PostAsync("/v1/passports", content, cancellationToken);
        }
    }
}
