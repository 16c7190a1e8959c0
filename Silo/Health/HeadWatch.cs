using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Enclave;
using Pythia.Gateway;
using Pythia.Gateway.Health;

namespace Pythia.Silo.Health;

/// <summary>Waits for each verified head, so that a head which stands and a clock that is wrong are seen.</summary>
internal sealed partial class HeadWatch(IEnclave enclave, IOptions<OperationsOptions> options, TimeProvider time, ILogger<HeadWatch> logger) : BackgroundService, IHealthPart
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private Arrival? _newest;

    public string Name => "heads";

    public async ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FindOfEnclaveAsync(cancellationToken);
        }
        catch (EnclaveException e)
        {
            return [new(HealthCodes.EnclaveProcessAway, null, null, e.Message)];
        }
    }

    private async Task<IReadOnlyList<HealthReason>> FindOfEnclaveAsync(CancellationToken cancellationToken)
    {
        var identity = await enclave.IdentifyAsync(cancellationToken);
        var health = await enclave.HealthAsync(cancellationToken);
        var reasons = new List<HealthReason>();
        if (JudgeHead(health) is { } head) reasons.Add(new(head.Code, identity.ChainId, identity.Id, $"enclave {identity.Id}: {head.Words}"));
        if (JudgeClock() is { } clock) reasons.Add(new(HealthCodes.ClockSkewed, identity.ChainId, null, clock));
        foreach (var node in health.Nodes.Where(n => n.SetAside))
        {
            reasons.Add(new(HealthCodes.EnclaveNodeSetAside, identity.ChainId, node.Url, $"node {node.Url}: {node.LastTrouble?.Reason}, {node.LastTrouble?.Detail}"));
        }

        return reasons;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true) await WatchOneAsync(stoppingToken);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The silo stops, or the enclave did.
        }
    }

    private async Task WatchOneAsync(CancellationToken stoppingToken)
    {
        try
        {
            var head = await enclave.WaitForHeadAsync(_newest?.Block ?? 0, stoppingToken);

            // The first head may have stood there for long before we came; only one that follows says what time it is.
            var skew = _newest is null ? 0 : time.GetUtcNow().ToUnixTimeSeconds() - (long)head.UnixSeconds;
            _newest = new(head.Block, head.UnixSeconds, skew, time.GetTimestamp());
        }
        catch (EnclaveException e)
        {
            // Whatever is wrong with the enclave, the silo goes on: a service that fails would stop it.
            LogNotWatched(e.Fault, e);
            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    private (HealthCode Code, string Words)? JudgeHead(EnclaveHealth health)
    {
        if (health.Trouble is { } trouble)
        {
            var stands = health.Head is { } head ? $"its head stands at block {head.Block}" : "no head is verified";
            return (CodeOf(trouble.Reason), $"{stands}: {trouble.Reason}, {trouble.Detail}{(trouble.Node is { } node ? $" (node {node})" : "")}");
        }

        if (_newest is not { } newest) return null;

        var age = time.GetElapsedTime(newest.At);
        return age.TotalSeconds > options.Value.HeadAgeSeconds
            ? (HealthCodes.HeadOld, $"its head stands at block {newest.Block} for {age.TotalSeconds:0} s; at most {options.Value.HeadAgeSeconds} s expected")
            : null;
    }

    private string? JudgeClock()
        => _newest is { } newest && Math.Abs(newest.SkewSeconds) > options.Value.ClockToleranceSeconds
            ? $"block {newest.Block} came with time {newest.UnixSeconds}, {Math.Abs(newest.SkewSeconds)} s {(newest.SkewSeconds > 0 ? "behind" : "ahead of")} this host's clock; "
                + $"at most {options.Value.ClockToleranceSeconds} s expected"
            : null;

    private static HealthCode CodeOf(RefusalReason reason) => reason switch
    {
        RefusalReason.CodeHashMismatch => HealthCodes.EnclaveWrongCode,
        RefusalReason.WrongChain => HealthCodes.HeadWrongChain,
        RefusalReason.HeadWentBack => HealthCodes.HeadWentBack,
        RefusalReason.ProofInvalid or RefusalReason.HeaderInvalid or RefusalReason.ReceiptsInvalid => HealthCodes.HeadDoesNotHold,
        _ => HealthCodes.HeadNoNodeAnswers,
    };

    [LoggerMessage(EventId = 6001, Level = LogLevel.Warning, Message = "The enclave's heads can't be watched: {Fault}; tried again after a pause")]
    private partial void LogNotWatched(EnclaveFault fault, Exception exception);

    private sealed record Arrival(ulong Block, ulong UnixSeconds, long SkewSeconds, long At);
}
