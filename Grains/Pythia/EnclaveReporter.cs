using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pythia.Enclave;

namespace Pythia.Grains.Pythia;

/// <summary>Tells the directory every 20 seconds whether the enclaves beside this silo answer.</summary>
internal sealed partial class EnclaveReporter(
    IGrainFactory grains, IEnumerable<IEnclave> enclaves, TimeProvider time, ILogger<EnclaveReporter> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(FirstPeriod, time);
        do
        {
            foreach (var enclave in enclaves)
            {
                ticks.Period = await TryReportAsync(enclave, stoppingToken) ? Period : FirstPeriod;
            }
        }
        while (await WaitAsync(ticks, stoppingToken));
    }

    private async Task<bool> TryReportAsync(IEnclave enclave, CancellationToken stoppingToken)
    {
        try
        {
            var identity = await enclave.IdentifyAsync(stoppingToken);
            var health = await enclave.HealthAsync(stoppingToken);
            var trouble = health.CanAnswer ? "" : health.Trouble?.Reason.ToString() ?? nameof(RefusalReason.NoHead);
            await grains.GetPythiaDirectory(identity.ChainId).ReportAsync(identity.Id, trouble);
            return health.CanAnswer;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotReported(e);
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool> WaitAsync(PeriodicTimer ticks, CancellationToken stoppingToken)
    {
        try
        {
            return await ticks.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false; // the silo stops
        }
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Warning, Message = "An enclave could not be reported")]
    private partial void LogNotReported(Exception exception);
}
