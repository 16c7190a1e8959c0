using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Enclave;

namespace Pythia.Grains.Pythia;

/// <summary>
/// Tells the directory how the enclaves beside this silo stand: whether they answer, and whether their evidence is accepted. Each has a loop of its own: it looks at
/// its enclave every ReportSeconds, each second while it is not well, and at once when the directory does not know it, as after the directory's restart.
/// </summary>
internal sealed partial class EnclaveReporter(
    IGrainFactory grains, IEnumerable<IEnclave> enclaves, EnclaveAppraiser appraiser, IOptions<AttestationOptions> options, TimeProvider time, ILogger<EnclaveReporter> logger)
    : BackgroundService
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (appraiser.Attestation == "unattested") LogUnattested();
        return Task.WhenAll(enclaves.Select(enclave => ReportAsync(enclave, stoppingToken)));
    }

    private async Task ReportAsync(IEnclave enclave, CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Second, time);
        (ulong Chain, EnclaveReport Report)? last = null;
        long? reportedAt = null;
        var fails = false;
        do
        {
            try
            {
                if (!IsDue(last?.Report, reportedAt) && await grains.GetPythiaDirectory(last!.Value.Chain).KnowsAsync(last.Value.Report.EnclaveId))
                {
                    fails = false;
                    continue;
                }

                last = await LookAsync(enclave, last, stoppingToken);
                if (last is not { } found) continue;

                await grains.GetPythiaDirectory(found.Chain).ReportAsync(found.Report);
                (reportedAt, fails) = (time.GetTimestamp(), false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!fails) LogNotReported(e); // once, until it is well again
                fails = true;
            }
            catch (Exception)
            {
                return; // the silo stops
            }
        }
        while (await WaitAsync(ticks, stoppingToken));
    }

    private bool IsDue(EnclaveReport? last, long? reportedAt)
        => last is not { State: EnclaveState.Healthy } || reportedAt is not { } at || time.GetElapsedTime(at) >= TimeSpan.FromSeconds(options.Value.ReportSeconds);

    // Null while it has not yet said once who it is.
    private async Task<(ulong Chain, EnclaveReport Report)?> LookAsync(IEnclave enclave, (ulong Chain, EnclaveReport Report)? last, CancellationToken stoppingToken)
    {
        (ulong Chain, EnclaveReport Report) found;
        try
        {
            var identity = await WithinAsync(enclave.IdentifyAsync, stoppingToken);
            found = (identity.ChainId, await FindAsync(enclave, identity, stoppingToken));
        }
        catch (Exception gone) when (gone is EnclaveException or ObjectDisposedException)
        {
            if (last is not { } known) return null;
            var name = gone is EnclaveException { Fault: var fault } ? fault.ToString() : nameof(EnclaveFault.Gone);
            found = (known.Chain, known.Report with { State = EnclaveState.Silent, Reasons = [new(name, gone.Message)], SinceUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds() });
        }

        LogNext(last?.Report, found.Report);
        if (last?.Report is { } before && before.State == found.Report.State && Names(before).SequenceEqual(Names(found.Report), StringComparer.Ordinal))
        {
            return found with { Report = found.Report with { SinceUnixMs = before.SinceUnixMs } };
        }

        Log(found.Report);
        return found;
    }

    private async Task<EnclaveReport> FindAsync(IEnclave enclave, EnclaveIdentity identity, CancellationToken stoppingToken)
    {
        // Judged although it may not answer now: what is wrong with its evidence is worth knowing before it does.
        var standing = await appraiser.AppraiseAsync(enclave, identity, stoppingToken);
        var health = await WithinAsync(enclave.HealthAsync, stoppingToken);
        var (state, reasons) = standing.IsAccepted ? (EnclaveState.Healthy, ImmutableArray<EnclaveReason>.Empty) : (EnclaveState.Drained, standing.Reasons);
        if (state == EnclaveState.Healthy && !health.CanAnswer)
        {
            (state, reasons) = (EnclaveState.Silent, [new((health.Trouble?.Reason ?? RefusalReason.NoHead).ToString(), health.Trouble?.Detail ?? "no head is verified")]);
        }

        return new EnclaveReport(
            identity.Id, state, appraiser.Attestation, reasons, time.GetUtcNow().ToUnixTimeMilliseconds(), standing.HoldsUntil?.ToUnixTimeMilliseconds() ?? 0, standing.NextReasons);
    }

    private Task<T> WithinAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken stoppingToken)
        => EnclaveReplies.WithinAsync(TimeSpan.FromSeconds(options.Value.ReplySeconds), time, ask, stoppingToken);

    private static IEnumerable<string> Names(EnclaveReport report) => report.Reasons.Select(r => r.Name);

    private static IEnumerable<string> NextNames(EnclaveReport report) => report.NextReasons.Select(r => r.Name);

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

    private void LogNext(EnclaveReport? before, EnclaveReport report)
    {
        if (report.NextReasons.Length > 0 && (before is null || !NextNames(before).SequenceEqual(NextNames(report), StringComparer.Ordinal)))
            LogNextRefused(report.EnclaveId, string.Join("; ", report.NextReasons.Select(r => $"{r.Name}, {r.Detail}")));
    }

    private void Log(EnclaveReport report)
    {
        if (report.State == EnclaveState.Drained) LogDrained(report.EnclaveId, string.Join("; ", report.Reasons.Select(r => $"{r.Name}, {r.Detail}")));
        else if (report.State == EnclaveState.Healthy) LogListed(report.EnclaveId, report.Attestation);
        else LogSilent(report.EnclaveId, string.Join("; ", report.Reasons.Select(r => $"{r.Name}, {r.Detail}")));
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Warning, Message = "An enclave could not be reported")]
    private partial void LogNotReported(Exception exception);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Warning, Message = "Enclave {Enclave} is drained, no question goes to it: {Reasons}")]
    private partial void LogDrained(string enclave, string reasons);

    [LoggerMessage(EventId = 1404, Level = LogLevel.Information, Message = "Enclave {Enclave} gets questions ({Attestation})")]
    private partial void LogListed(string enclave, string attestation);

    [LoggerMessage(EventId = 1408, Level = LogLevel.Warning, Message = "Enclave {Enclave} does not answer: {Reasons}")]
    private partial void LogSilent(string enclave, string reasons);

    [LoggerMessage(EventId = 1410, Level = LogLevel.Warning, Message = "Enclave {Enclave} will be drained when its next keys sign: {Reasons}")]
    private partial void LogNextRefused(string enclave, string reasons);

    [LoggerMessage(EventId = 1405, Level = LogLevel.Warning, Message = "Attestation is off: nothing but this operator's word stands behind the enclaves")]
    private partial void LogUnattested();
}
