using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Enclave;
using Pythia.Enclave.Hosting;
using Pythia.Gateway;
using Pythia.Gateway.Health;

namespace Pythia.Silo.Health;

/// <summary>Waits for each verified head of each enclave, so that a head which stands and a clock that is wrong are seen.</summary>
internal sealed partial class HeadWatch(EnclaveFleet fleet, IOptions<OperationsOptions> options, TimeProvider time, ILogger<HeadWatch> logger) : BackgroundService, IHealthPart
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ImmutableArray<Watched> _watched = [.. fleet.Members.Select(member => new Watched(member))];

    public string Name => "heads";

    // A node and the clock are the same for all.
    public async ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
        => [.. (await Task.WhenAll(_watched.Select(watched => FindAsync(watched, cancellationToken)))).SelectMany(found => found).DistinctBy(reason => (reason.Code, reason.Chain, reason.Name))];

    private async Task<IReadOnlyList<HealthReason>> FindAsync(Watched watched, CancellationToken cancellationToken)
    {
        // That it is away is said where its process is watched.
        if (watched.Member.Trouble is not null) return [];

        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await FindOfEnclaveAsync(watched, either.Token).WaitAsync(either.Token);
        }
        catch (Exception e) when (e is EnclaveException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            var words = e is EnclaveException ? e.Message : $"no reply within {Patience.TotalSeconds:0} s";
            return [new(HealthCodes.EnclaveProcessAway, null, watched.Member.Id, $"enclave {watched.Member.Id}: {words}")];
        }
    }

    private async Task<IReadOnlyList<HealthReason>> FindOfEnclaveAsync(Watched watched, CancellationToken cancellationToken)
    {
        var enclave = watched.Member.Enclave;
        var identity = await enclave.IdentifyAsync(cancellationToken);
        var health = await enclave.HealthAsync(cancellationToken);
        var reasons = new List<HealthReason>();
        if (JudgeHead(watched, health) is { } head) reasons.Add(new(head.Code, identity.ChainId, identity.Id, $"enclave {identity.Id}: {head.Words}"));
        if (JudgeClock(watched) is { } clock) reasons.Add(new(HealthCodes.ClockSkewed, identity.ChainId, null, clock));
        foreach (var node in health.Nodes.Where(n => n.SetAside))
        {
            reasons.Add(new(HealthCodes.EnclaveNodeSetAside, identity.ChainId, node.Url, $"node {node.Url}: {node.LastTrouble?.Reason}, {node.LastTrouble?.Detail}"));
        }

        return reasons;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_watched.Select(watched => WatchAsync(watched, stoppingToken)));

    private async Task WatchAsync(Watched watched, CancellationToken stoppingToken)
    {
        try
        {
            while (true) await WatchOneAsync(watched, stoppingToken);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The silo stops, or the enclave did.
        }
    }

    private async Task WatchOneAsync(Watched watched, CancellationToken stoppingToken)
    {
        try
        {
            var head = await watched.Member.Enclave.WaitForHeadAsync(watched.Newest?.Block ?? 0, stoppingToken);

            // The first head may have stood there for long before we came; only one that follows says what time it is.
            var skew = watched.Newest is null ? 0 : time.GetUtcNow().ToUnixTimeSeconds() - (long)head.UnixSeconds;
            watched.Newest = new(head.Block, head.UnixSeconds, skew, time.GetTimestamp());
        }
        catch (EnclaveException e)
        {
            // Whatever is wrong with the enclave, the silo goes on: a service that fails would stop it.
            if (e.Fault != EnclaveFault.OtherEnclave) LogNotWatched(watched.Member.Id, e.Fault, e);
            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    private (HealthCode Code, string Words)? JudgeHead(Watched watched, EnclaveHealth health)
    {
        if (health.Trouble is { } trouble)
        {
            var stands = health.Head is { } head ? $"its head stands at block {head.Block}" : "no head is verified";
            return (CodeOf(trouble.Reason), $"{stands}: {trouble.Reason}, {trouble.Detail}{(trouble.Node is { } node ? $" (node {node})" : "")}");
        }

        if (watched.Newest is not { } newest) return null;

        var age = time.GetElapsedTime(newest.At);
        return age.TotalSeconds > options.Value.HeadAgeSeconds
            ? (HealthCodes.HeadOld, $"its head stands at block {newest.Block} for {age.TotalSeconds:0} s; at most {options.Value.HeadAgeSeconds} s expected")
            : null;
    }

    private string? JudgeClock(Watched watched)
        => watched.Newest is { } newest && Math.Abs(newest.SkewSeconds) > options.Value.ClockToleranceSeconds
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

    [LoggerMessage(EventId = 6001, Level = LogLevel.Warning, Message = "The heads of enclave {Enclave} can't be watched: {Fault}; tried again after a pause")]
    private partial void LogNotWatched(string enclave, EnclaveFault fault, Exception exception);

    private sealed record Arrival(ulong Block, ulong UnixSeconds, long SkewSeconds, long At);

    private sealed class Watched(EnclaveMember member)
    {
        private Arrival? _newest;

        public EnclaveMember Member => member;

        public Arrival? Newest
        {
            get => Volatile.Read(ref _newest);
            set => Volatile.Write(ref _newest, value);
        }
    }
}
