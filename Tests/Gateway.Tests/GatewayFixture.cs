using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pythia.Gateway.Tests.OpenApi;
using Pythia.Grains.Clients;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Tests;

/// <summary>The gateway on a test server, before scripted grains.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    public const ulong ChainId = 31337;
    public const string DeviceRegistry = "0x00000000000000000000000000000000000000d1";
    public const string ConsentRegistry = "0x00000000000000000000000000000000000000c1";
    public const string PolicyRegistry = "0x00000000000000000000000000000000000000b1";
    public const string PythiaRegistry = "0x00000000000000000000000000000000000000e1";

    private readonly WebApplication _app;

    private GatewayFixture(WebApplication app, ScriptedGrains grains) => (_app, Grains, Client) = (app, grains, ClientOf(app));

    public ScriptedGrains Grains { get; }

    public HttpClient Client { get; }

    /// <summary>Every route that is mapped.</summary>
    public IEnumerable<RouteEndpoint> Routes => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    /// <summary>Where the operators' pages are.</summary>
    public Uri OperationsUrl => _app.Services.GetRequiredService<OperationsServer>().Url;

    public IServiceProvider Services => _app.Services;

    public static Task<GatewayFixture> StartAsync(params (string Key, string Value)[] settings) => StartAsync(_ => { }, settings);

    public static async Task<GatewayFixture> StartAsync(Action<IServiceCollection> configure, params (string Key, string Value)[] settings)
    {
        var grains = new ScriptedGrains();
        grains.On<IClientGrain>("ReserveAsync", _ => Task.FromResult(new QuotaReceipt(true, 0, [])));
        grains.On<IPythiaDirectoryGrain>("ListAsync", _ => Task.FromResult(System.Collections.Immutable.ImmutableArray<EnclaveReport>.Empty));
        grains.On<IClientGrain>("GiveBackAsync", _ => Task.CompletedTask);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Gateway:Chains:0:ChainId"] = $"{ChainId}",
            ["Gateway:Chains:0:DeviceRegistry"] = DeviceRegistry,
            ["Gateway:Chains:0:ConsentRegistry"] = ConsentRegistry,
            ["Gateway:Chains:0:PolicyRegistry"] = PolicyRegistry,
            ["Gateway:Chains:0:PythiaRegistry"] = PythiaRegistry,
            ["Gateway:RequestBurst"] = "1000000",
            ["Gateway:RequestsPerSecond"] = "1000000",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)));
        builder.Services.AddSingleton(grains.Factory);
        builder.Services.AddPythiaOperations();
        builder.Services.AddPythiaGateway(builder.Configuration);
        configure(builder.Services);
        var app = builder.Build();
        app.UsePythiaGateway();
        await app.StartAsync();
        return new(app, grains);
    }

    /// <summary>Says that the gateway is to stop, as SIGTERM does.</summary>
    public void BeginStop() => _app.Lifetime.StopApplication();

    private static HttpClient ClientOf(WebApplication app)
    {
        var server = app.GetTestServer();
        return new HttpClient(new JudgedHandler(server.CreateHandler(), () => server.CreateClient().GetStringAsync("/openapi/v1.json"))) { BaseAddress = server.BaseAddress };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
