using System.Collections.Immutable;

namespace Pythia.Grains.Pythia;

/// <summary>Which enclaves answer. In memory only: silos report again within a minute, and a question to one that is gone fails safely.</summary>
[GrainType("pythia-directory")]
public sealed class PythiaDirectoryGrain(TimeProvider time) : Grain, IPythiaDirectoryGrain
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Timestamp, string Trouble)> _reports = [];

    /// <inheritdoc/>
    public Task ReportAsync(string enclaveId, string trouble)
    {
        _reports[enclaveId] = (time.GetTimestamp(), trouble);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> ListHealthyAsync()
    {
        foreach (var old in _reports.Where(r => time.GetElapsedTime(r.Value.Timestamp) > Lifetime).Select(r => r.Key).ToArray())
        {
            _reports.Remove(old);
        }

        return Task.FromResult<ImmutableArray<string>>([.. _reports.Where(r => r.Value.Trouble.Length == 0).Select(r => r.Key)]);
    }
}
