using System.Collections.Immutable;

namespace Pythia.Grains.Pythia;

/// <summary>
/// Which enclaves answer. In memory only: silos ask each second whether they are known and report again when they are not, and a question to one that is gone fails
/// safely. An entry whose evidence ends
/// meanwhile is drained here, whether its silo comes to say so or not.
/// </summary>
[GrainType("pythia-directory")]
public sealed class PythiaDirectoryGrain(TimeProvider time) : Grain, IPythiaDirectoryGrain
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Timestamp, EnclaveReport Report)> _reports = [];

    /// <inheritdoc/>
    public Task ReportAsync(EnclaveReport report)
    {
        _reports[report.EnclaveId] = (time.GetTimestamp(), report);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> KnowsAsync(string enclaveId)
        => Task.FromResult(_reports.TryGetValue(enclaveId, out var held) && time.GetElapsedTime(held.Timestamp) <= Lifetime);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> ListHealthyAsync()
        => Task.FromResult<ImmutableArray<string>>([.. Current().Where(r => r.State == EnclaveState.Healthy).Select(r => r.EnclaveId)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<EnclaveReport>> ListAsync()
        => Task.FromResult<ImmutableArray<EnclaveReport>>([.. Current().OrderBy(r => r.EnclaveId, StringComparer.Ordinal)]);

    private IEnumerable<EnclaveReport> Current()
    {
        foreach (var old in _reports.Where(r => time.GetElapsedTime(r.Value.Timestamp) > Lifetime).Select(r => r.Key).ToArray())
        {
            _reports.Remove(old);
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return _reports.Values.Select(r => r.Report).Select(r => r.State == EnclaveState.Healthy && r.HoldsUntilUnixMs > 0 && now >= r.HoldsUntilUnixMs ? Ended(r) : r);
    }

    private static EnclaveReport Ended(EnclaveReport report)
    {
        var end = DateTimeOffset.FromUnixTimeMilliseconds(report.HoldsUntilUnixMs);
        return report with
        {
            State = EnclaveState.Drained,
            Reasons = [new("EvidenceEnded", $"evidence of enclave {report.EnclaveId} ended {end:u} and was not renewed")],
            SinceUnixMs = report.HoldsUntilUnixMs,
        };
    }
}
