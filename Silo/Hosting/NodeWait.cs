using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pythia.Contracts.JsonRpc;
using Pythia.Gateway.Health;
using Pythia.Silo.Health;
using Pythia.Silo.Options;

namespace Pythia.Silo.Hosting;

/// <summary>
/// Waits for the first of the configured nodes that says which chain it is of, as long as none can be reached: a silo that starts while its node is
/// away must not have to be started again. Meanwhile the progress says what is wrong with each, and the health pages stand at their
/// addresses: alive, and not ready, with the nodes' reasons.
/// </summary>
internal sealed class NodeWait(SiloSettings settings, JsonRpcClient rpc, Progress progress, TimeProvider time) : IHealthPart, IHostApplicationLifetime
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public string Name => "nodes";

    // For the reporter: what it tells is that we wait, not that the pages start.
    CancellationToken IHostApplicationLifetime.ApplicationStarted { get; } = new(canceled: true);

    CancellationToken IHostApplicationLifetime.ApplicationStopping => CancellationToken.None;

    CancellationToken IHostApplicationLifetime.ApplicationStopped => CancellationToken.None;

    /// <exception cref="RpcException">A node answers, and refuses to say it.</exception>
    public async Task<ulong> AskChainIdAsync(CancellationToken cancellationToken)
    {
        if (await TryAskAsync(cancellationToken) is { } atOnce) return atOnce;

        await using var pages = Pages(settings.Gateway.Url, HealthEndpoints.Map);
        await using var operatorsPages = Pages(settings.Operations.Url, HealthEndpoints.MapOperators);
        await Task.WhenAll(pages.StartAsync(cancellationToken), operatorsPages.StartAsync(cancellationToken));
        progress.Say($"waiting for a node; health: GET {pages.Urls.First()}/health/ready and {operatorsPages.Urls.First()}/health/ready");
        var said = "";
        while (true)
        {
            var words = string.Join("; ", rpc.Nodes.Select(node => $"{node.Name}: {node.Trouble?.Words ?? "no answer yet"}"));
            if (words != said) progress.Say($"waiting for node {words}");
            said = words;
            await Task.Delay(Pause, time, cancellationToken);
            if (await TryAskAsync(cancellationToken) is not { } found) continue;

            progress.Say("waiting for a node: done");
            return found;
        }
    }

    public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
    {
        var chain = settings.Chain.Id;
        var nodes = rpc.Nodes.Select(node => node.Trouble is { } trouble
            ? new HealthReason(NodeWatch.CodeOf(trouble.Failure), chain, node.Name, $"node {node.Name}: {trouble.Words}", trouble.Since)
            : null).OfType<HealthReason>().ToList();
        return ValueTask.FromResult<IReadOnlyList<HealthReason>>(
            [new(HealthCodes.Starting, chain, null, $"waiting for one of {rpc.Nodes.Count} nodes", nodes.Min(reason => reason.Since)), .. nodes]);
    }

    void IHostApplicationLifetime.StopApplication()
    {
        // Ctrl-C ends the waiting, and with it the pages.
    }

    private async Task<ulong?> TryAskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await rpc.ChainIdAsync(cancellationToken);
        }
        catch (RpcUnavailableException)
        {
            return null; // each node keeps the reason
        }
    }

    private WebApplication Pages(string url, Action<IEndpointRouteBuilder> map)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.AddServerHeader = false).UseUrls(url);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(new HealthReporter([this], this, time));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        var app = builder.Build();
        app.UseRouting();
        map(app);
        app.UseEndpoints(_ => { });
        return app;
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
