using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains.Subjects;

/// <summary>What every subject grain needs.</summary>
public sealed class SubjectServices(
    LedgerChains chains,
    LedgerBeginnings beginnings,
    LaneDirectory lanes,
    IActReader acts,
    IOptions<MirrorOptions> options,
    MirrorMetrics metrics,
    TimeProvider time,
    ILoggerFactory loggers)
{
    public LedgerChains Chains => chains;

    public LedgerBeginnings Beginnings => beginnings;
    public LaneDirectory Lanes => lanes;

    public IActReader Acts => acts;

    public IOptions<MirrorOptions> Options => options;

    public MirrorMetrics Metrics => metrics;

    public TimeProvider Time => time;

    public ILogger Logger { get; } = loggers.CreateLogger("Pythia.Grains.Subjects");
}
