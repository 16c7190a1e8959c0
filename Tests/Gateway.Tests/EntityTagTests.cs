using System.Net;
using Pythia.Grains.Devices;
using Pythia.Grains.Policies;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>Whoever has the bytes of a view is told so, and nobody else.</summary>
public sealed class EntityTagTests : IAsyncLifetime
{
    private static readonly string DeviceId = "0x" + new string('a', 64);
    private static readonly string Path = $"/v1/chains/31337/devices/{DeviceId}";

    private GatewayFixture _gateway = null!;
    private DeviceView _device = new(DeviceId, DeviceStatus.Active, null, null, null, 1, null, null, 0);

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
        _gateway.Grains.On<IDeviceGrain>("GetAsync", _ => Task.FromResult(_device));
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task View_SameBytes_AreNotSentAgain()
    {
        using var first = await _gateway.Client.GetAsync(Path);
        using var second = await GetAsync(first.Headers.ETag!.ToString());

        first.Headers.ETag.IsWeak.ShouldBeFalse();
        first.Headers.CacheControl!.ToString().ShouldBe("no-cache");
        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        second.Headers.ETag.ShouldBe(first.Headers.ETag);
        (await second.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task View_ChangedWithoutANewPosition_IsSentAgain()
    {
        using var first = await _gateway.Client.GetAsync(Path);
        _device = _device with { Pending = 1 };
        using var second = await GetAsync(first.Headers.ETag!.ToString());

        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        second.Headers.ETag.ShouldNotBe(first.Headers.ETag);
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("W/{0}", true)]
    [InlineData("\"other\", {0}", true)]
    [InlineData("\"other\"", false)]
    [InlineData("not a tag", false)]
    public async Task IfNoneMatch_Forms_AreReadAsRfc9110Says(string form, bool isKnown)
    {
        using var first = await _gateway.Client.GetAsync(Path);
        using var second = await GetAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, form, first.Headers.ETag));

        second.StatusCode.ShouldBe(isKnown ? HttpStatusCode.NotModified : HttpStatusCode.OK);
    }

    [Fact]
    public async Task PolicyDocument_NeverChanges_AndSaysSo()
    {
        _gateway.Grains.On<IPolicyGrain>("GetAsync", _ => Task.FromResult(new PolicyView(DeviceId, PolicyStatus.Published, null, [1], null, 0)));
        using var response = await _gateway.Client.GetAsync($"/v1/chains/31337/policies/{DeviceId}/document");

        response.Headers.ETag!.Tag.ShouldBe($"\"{DeviceId}\"");
        response.Headers.CacheControl!.ToString().ShouldContain("immutable");
    }

    [Fact]
    public async Task Refusal_IsNeverKept()
    {
        using var response = await _gateway.Client.GetAsync("/v1/chains/31337/devices/0x12");

        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.ETag.ShouldBeNull();
    }

    private Task<HttpResponseMessage> GetAsync(string ifNoneMatch)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch).ShouldBeTrue();
        return _gateway.Client.SendAsync(request);
    }
}
