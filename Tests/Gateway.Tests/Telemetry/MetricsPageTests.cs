using System.Net.Http.Headers;
using Pythia.Grains.Pythia;
using Shouldly;

namespace Pythia.Gateway.Tests.Telemetry;

/// <summary><c>/metrics</c> is on the operators' address alone, in the format that is asked for.</summary>
public sealed class MetricsPageTests : IAsyncLifetime
{
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData(null, "text/plain", "0.0.4")]
    [InlineData("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", "application/openmetrics-text", "1.0.0")]
    public async Task Metrics_ByAccept_IsOfThatFormat(string? accept, string mediaType, string version)
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult(System.Collections.Immutable.ImmutableArray<string>.Empty));
        (await _gateway.Client.GetAsync("/v1/chains/31337/devices/0x77777777777777777777777777777777777777777777777777777777777777aa")).Dispose();

        using var operators = new HttpClient { BaseAddress = _gateway.OperationsUrl };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await operators.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.EnsureSuccessStatusCode();
        response.Content.Headers.ContentType!.MediaType.ShouldBe(mediaType);
        response.Content.Headers.ContentType.Parameters.ShouldContain(new NameValueHeaderValue("version", version));

        var page = Exposition.Read(text, openMetrics: mediaType != "text/plain");
        page.Samples.ShouldContain(s => s.Name == "http_server_request_duration_seconds_count" && s.Labels["http_route"] == "/v1/chains/{chain}/devices/{id}");
        text.ShouldNotContain("777777", customMessage: "a device's id in a label");
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/operations")]
    public async Task Metrics_OnThePublicAddress_AreNotThere(string path)
    {
        using var response = await _gateway.Client.GetAsync(path);
        ((int)response.StatusCode).ShouldBe(404);
    }
}
