using Pythia.Embedded;
using Pythia.Gateway.Health;

namespace Pythia.Silo.Engine;

/// <summary>Storage files whose newest commit failed.</summary>
internal sealed class StorageFilesHealth(IStorageFiles files) : IHealthPart
{
    public string Name => "storage files";

    public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
        => ValueTask.FromResult<IReadOnlyList<HealthReason>>(
            [.. files.FindTroubles().Select(f => new HealthReason(HealthCodes.StorageFailed, null, Path.GetFileName(f.Path), $"{f.Path}: {f.Words}"))]);
}
