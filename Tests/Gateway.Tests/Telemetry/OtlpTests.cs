using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Gateway.Telemetry;
using Pythia.Grains.Devices;
using Shouldly;

namespace Pythia.Gateway.Tests.Telemetry;

/// <summary>What a real OTLP receiver gets: spans by route within the caller's trace, figures, and nothing personal.</summary>
public sealed class OtlpTests : IAsyncLifetime
{
    private const string DeviceId = "0x77777777777777777777777777777777777777777777777777777777777777aa";
    private const string Route = "GET /v1/chains/{chain}/devices/{id}";

    private OtlpReceiver _receiver = null!;

    public async Task InitializeAsync() => _receiver = await OtlpReceiver.StartAsync();

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    [Fact]
    public async Task Request_WithTraceparent_IsASpanOfThatTraceByItsRoute()
    {
        await using var gateway = await StartAsync(("Telemetry:TraceRatio", "1"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/chains/31337/devices/{DeviceId}");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        request.Headers.Add("baggage", $"device={DeviceId}");
        request.Headers.Add("tracestate", $"x={DeviceId}");
        (await gateway.Client.SendAsync(request)).Dispose();

        Flush(gateway);
        var span = await _receiver.WaitForSpanAsync(Route, "0af7651916cd43dd8448eb211c80319c");
        span.ParentId.ShouldBe("b7ad6b7169203331");
        span.Attributes["http.route"].ShouldBe("/v1/chains/{chain}/devices/{id}");
        span.Attributes.Keys.ShouldContain("http.response.status_code");
        span.Attributes.Values.ShouldAllBe(v => !v.Contains("7777", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Span_WithPersonalAttributes_ComesWithoutThem()
    {
        await using var gateway = await StartAsync(("Telemetry:TraceRatio", "1"));
        using (var source = new ActivitySource("Pythia.Test"))
        using (var activity = source.StartActivity("test")!)
        {
            activity.SetTag("rpc.orleans.target_id", $"device/31337/{DeviceId}").SetTag("exception.message", DeviceId).SetTag("url.path", DeviceId).SetTag("pythia.chain", "31337");
            activity.SetStatus(ActivityStatusCode.Error, DeviceId);
        }

        Flush(gateway);
        var span = await _receiver.WaitForSpanAsync("test");
        span.Attributes.Keys.ShouldBe(["pythia.chain"]);
    }

    [Fact]
    public async Task Request_RatioIsNought_IsNoSpanEvenIfTheCallerWantsOne()
    {
        await using var gateway = await StartAsync(("Telemetry:TraceRatio", "0"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/chains/31337/devices/{DeviceId}");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        var recorded = false;
        gateway.Grains.On<IDeviceGrain>("GetAsync", _ =>
        {
            recorded = Activity.Current?.Recorded ?? false;
            throw new OrleansException("seen");
        });
        (await gateway.Client.SendAsync(request)).Dispose();
        recorded.ShouldBeFalse();
    }

    [Fact]
    public async Task Figures_WithAnAccessKey_AreSentWithIt()
    {
        await using var gateway = await StartAsync(("Telemetry:OtlpHeaders", "x-key=k1"));
        (await gateway.Client.GetAsync("/health/live")).Dispose();

        Flush(gateway);
        var (names, key) = await _receiver.WaitForMetricAsync("http.server.request.duration");
        names.ShouldNotBeEmpty();
        key.ShouldBe("k1");
    }

    [Fact]
    public async Task Export_OverGrpc_BringsSpansAndFiguresWithTheKey()
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: true);
        await using var gateway = await GatewayFixture.StartAsync(
            ("Telemetry:OtlpEndpoint", receiver.Url.ToString()), ("Telemetry:OtlpProtocol", "grpc"), ("Telemetry:TraceRatio", "1"), ("Telemetry:OtlpHeaders", "x-key=k2"));
        (await gateway.Client.GetAsync($"/v1/chains/31337/devices/{DeviceId}")).Dispose();

        Flush(gateway);
        (await receiver.WaitForSpanAsync(Route)).Attributes["http.route"].ShouldBe("/v1/chains/{chain}/devices/{id}");
        (await receiver.WaitForMetricAsync("http.server.request.duration")).Key.ShouldBe("k2");
    }

    [Fact]
    public async Task Settings_WithoutEndpoint_NobodyListensToSpans()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var source = new ActivitySource("Pythia.Silent");
        source.HasListeners().ShouldBeFalse();
    }

    private Task<GatewayFixture> StartAsync(params (string Key, string Value)[] settings)
        => GatewayFixture.StartAsync([("Telemetry:OtlpEndpoint", _receiver.Url.ToString()), .. settings]);

    private static void Flush(GatewayFixture gateway)
        => gateway.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<OtlpExport>().Single().StopAsync(default).GetAwaiter().GetResult();
}
