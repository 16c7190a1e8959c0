using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Acts;
using Pythia.Gateway.Callers;
using Pythia.Gateway.Catalogue;
using Pythia.Gateway.Devices;
using Pythia.Gateway.Health;
using Pythia.Gateway.Lists;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Passports;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Registry;
using Pythia.Gateway.Requests;
using Pythia.Gateway.Settings;
using Pythia.Gateway.Telemetry;
using Pythia.Gateway.Views;

namespace Pythia.Gateway;

/// <summary>The gateway as part of a web application: it translates, decides nothing and keeps nothing.</summary>
public static class GatewayEndpoints
{
    /// <summary>Registers what the endpoints need; <c>IGrainFactory</c> comes from the silo or the cluster's client.</summary>
    public static IServiceCollection AddPythiaGateway(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddStrictOptions<GatewayOptions>(configuration, GatewayOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddPythiaTelemetry(configuration);
        services.AddStrictOptions<OperationsOptions>(configuration, OperationsOptions.Section);
        services.AddSingleton<ServedChains>();
        services.AddSingleton<IHealthPart, GrainHealth>();
        services.AddSingleton<HealthReporter>();
        services.AddSingleton<EnclaveDirectory>();
        services.AddSingleton<ActPreparer>();
        services.AddSingleton<EventStreams>();
        services.AddSingleton<IntentQuota>();
        services.AddSingleton<CallerFilter>();
        services.AddPassports(configuration);
        services.AddSingleton<IOperationsPage, OwnRevocationPage>();
        services.AddRouting();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(LimitServer);
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<GatewayOptions>>(LimitRate);
        return services;
    }

    /// <summary>Problem details for whatever is refused on the way, the rate limit, and the endpoints.</summary>
    public static WebApplication UsePythiaGateway(this WebApplication app)
    {
        app.UseExceptionHandler(handler => handler.Run(AnswerExceptionAsync));
        app.UseStatusCodePages(context => ProblemResult.WriteAsync(context.HttpContext, Problem.OfStatus(context.HttpContext.Response.StatusCode)));
        app.UseRouting();
        RequestTrace.Use(app);
        app.UseRateLimiter();
        app.MapPythiaGateway();
        return app;
    }

    /// <summary>Only the health pages: for a silo whose gateways are programs of their own.</summary>
    public static WebApplication UsePythiaHealth(this WebApplication app)
    {
        app.UseExceptionHandler(handler => handler.Run(AnswerExceptionAsync));
        app.UseStatusCodePages(context => ProblemResult.WriteAsync(context.HttpContext, Problem.OfStatus(context.HttpContext.Response.StatusCode)));
        HealthEndpoints.Map(app);
        return app;
    }

    /// <summary>The endpoints alone.</summary>
    public static IEndpointRouteBuilder MapPythiaGateway(this IEndpointRouteBuilder endpoints)
    {
        var chains = endpoints.ServiceProvider.GetRequiredService<ServedChains>();
        var devices = endpoints.MapGroup(ProblemResult.DevicePath + "/{chain}");
        devices.AddEndpointFilter(chains.FilterAsync);
        DeviceEndpoints.Map(devices);
        PassportEndpoints.Map(devices);
        PassportEndpoints.MapVerifier(endpoints);

        var rest = endpoints.MapGroup("/v1/chains/{chain}");
        rest.AddEndpointFilter(chains.FilterAsync);
        rest.AddEndpointFilter(endpoints.ServiceProvider.GetRequiredService<CallerFilter>().FilterAsync);
        CatalogueEndpoints.MapChains(endpoints);
        CatalogueEndpoints.Map(rest);
        ActEndpoints.Map(rest);
        ViewEndpoints.Map(rest);
        ListEndpoints.Map(rest);
        RegistrationEndpoints.Map(rest);
        HealthEndpoints.Map(endpoints);
        ApiDocumentEndpoint.Map(endpoints);
        return endpoints;
    }

    private static void LimitServer(KestrelServerOptions server, IOptions<GatewayOptions> options)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = Math.Max(ActEndpoints.LongestBodyBytes, PassportEndpoints.LongestEvidenceBytes);
        server.Limits.MaxRequestHeadersTotalSize = 16 * 1_024;
        server.Limits.MaxConcurrentConnections = options.Value.MaxConnections;
    }

    private static void LimitRate(RateLimiterOptions limiter, IOptions<GatewayOptions> options)
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = (context, _) => new(ProblemResult.WriteAsync(context.HttpContext, Problem.TooMany(1)));
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => context.Request.Path.StartsWithSegments("/health")
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetTokenBucketLimiter(NetworkAddress.Of(context), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = options.Value.RequestBurst,
                TokensPerPeriod = options.Value.RequestsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                AutoReplenishment = true,
            }));
    }

    // What a grain call throws means "try again"; anything else is ours, and only the log hears what it was.
    private static Task AnswerExceptionAsync(HttpContext context)
    {
        var exception = context.Features.Get<IExceptionHandlerFeature>()?.Error ?? new InvalidOperationException("no exception found");
        var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Pythia.Gateway");
        switch (exception)
        {
            case Microsoft.AspNetCore.Http.BadHttpRequestException bad:
                return ProblemResult.WriteAsync(context, Problem.OfStatus(bad.StatusCode));
            case OrleansException or TimeoutException:
                GatewayLog.GrainUnreachable(logger, context.TraceIdentifier, exception);
                return ProblemResult.WriteAsync(context, Problem.TryAgain("the part that decides did not answer; nothing is known to have changed"));
            default:
                GatewayLog.RequestFailed(logger, context.TraceIdentifier, exception);
                return ProblemResult.WriteAsync(context, Problem.OfStatus(StatusCodes.Status500InternalServerError));
        }
    }
}
