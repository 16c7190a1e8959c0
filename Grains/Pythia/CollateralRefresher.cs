using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Attestation.Collateral;

namespace Pythia.Grains.Pythia;

/// <summary>Sees every few seconds to collateral whose time has come; a service that hangs holds up nothing else.</summary>
internal sealed partial class CollateralRefresher(AttestationSetup setup, TimeProvider time, ILogger<CollateralRefresher> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly Dictionary<CollateralKey, CollateralTroubleKind?> _said = [];
    private readonly Dictionary<CollateralKey, int?> _saidWentBack = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (setup.Collateral is not { } store) return;

        using var ticks = new PeriodicTimer(Period, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken)) await RefreshAsync(store, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the silo stops
        }
    }

    // Whatever it is that fails: what is kept serves on, and no service may stop this silo.
    private async Task RefreshAsync(CollateralStore store, CancellationToken stoppingToken)
    {
        try
        {
            await store.RefreshDueAsync(stoppingToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            LogNotRefreshed(e);
        }

        foreach (var standing in store.Standings) Say(standing);
    }

    private void Say(CollateralStanding standing)
    {
        if (_saidWentBack.GetValueOrDefault(standing.Key) != standing.WentBackFrom)
        {
            _saidWentBack[standing.Key] = standing.WentBackFrom;
            if (standing.WentBackFrom is { } higher) LogWentBack(standing.Key, higher, standing.EvaluationNumber ?? 0);
        }

        if (_said.TryGetValue(standing.Key, out var said) && said == standing.Trouble?.Kind) return;

        _said[standing.Key] = standing.Trouble?.Kind;
        if (standing.Trouble is { } trouble) LogTrouble(standing.Key, trouble.Kind, trouble.Detail);
        else LogGood(standing.Key, standing.EvaluationNumber ?? 0, standing.NotAfter ?? default);
    }

    [LoggerMessage(EventId = 1406, Level = LogLevel.Warning, Message = "Collateral {Collateral}: {Trouble}, {Detail}")]
    private partial void LogTrouble(CollateralKey collateral, CollateralTroubleKind trouble, string detail);

    [LoggerMessage(EventId = 1409, Level = LogLevel.Error, Message = "Collateral could not be asked for anew; what is kept serves on")]
    private partial void LogNotRefreshed(Exception e);

    [LoggerMessage(EventId = 1411, Level = LogLevel.Warning, Message = "Collateral {Collateral} went back from evaluation number {From} to {To}, as Collateral:EvaluationNumber says")]
    private partial void LogWentBack(CollateralKey collateral, int from, int to);

    [LoggerMessage(EventId = 1407, Level = LogLevel.Information, Message = "Collateral {Collateral} is good: evaluation number {Number}, until {Until}")]
    private partial void LogGood(CollateralKey collateral, int number, DateTimeOffset until);
}
