using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Health;

namespace Pythia.Gateway;

/// <summary>The operators' address: health in words and figures, apart from what the public reaches. It is a server of its own that starts
/// before everything else and stops after it, so that it can say what a process is at that is starting or draining.</summary>
public sealed class OperationsServer(
    IOptions<OperationsOptions> options, HealthReporter reporter, IEnumerable<IOperationsPage> pages, ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private const int MostConnections = 64;

    private WebApplication? _app;

    /// <summary>Where it listens.</summary>
    /// <exception cref="InvalidOperationException">It is not started.</exception>
    public Uri Url => new(_app?.Urls.First() ?? throw new InvalidOperationException("the operators' address is not open"));

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(options.Value.Url);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(reporter);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<KestrelServerOptions>(Limit);
        _app = builder.Build();
        _app.UseRouting();
        HealthEndpoints.MapOperators(_app);
        foreach (var page in pages) page.Map(_app);
        _app.UseEndpoints(_ => { });
        await _app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }

    private static void Limit(KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = 0;
        server.Limits.MaxConcurrentConnections = MostConnections;
    }

    // Signals are the outer host's.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>A page of the operators' address beside health.</summary>
public interface IOperationsPage
{
    void Map(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder endpoints);
}

/// <summary>Puts the operators' address into a program.</summary>
public static class OperationsHosting
{
    /// <summary>Call it before whatever else is hosted: it then starts first and stops last.</summary>
    public static IServiceCollection AddPythiaOperations(this IServiceCollection services)
    {
        services.AddSingleton<OperationsServer>();
        services.AddHostedService(provider => provider.GetRequiredService<OperationsServer>());
        return services;
    }
}
