using Microsoft.Extensions.Options;
using Pythia.Gateway;
using Pythia.Gateway.Health;
using Pythia.Silo.Hosting;

namespace Pythia.Silo.Health;

/// <summary>Whether the data folder takes a write that reaches the disk, and how much room is left.</summary>
internal sealed class FolderHealth(DataFolder folder, IOptions<OperationsOptions> options) : IHealthPart
{
    private const string Probe = "health.probe";

    public string Name => "storage";

    public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
    {
        var reasons = new List<HealthReason>();
        try
        {
            Write(folder.PathOf(Probe));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reasons.Add(new(HealthCodes.StorageFailed, null, folder.FullName, $"{folder.FullName}: {e.Message}"));
        }

        if (FindRoom() is { } room) reasons.Add(room);
        return ValueTask.FromResult<IReadOnlyList<HealthReason>>(reasons);
    }

    private static void Write(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        file.WriteByte(1);
        file.Flush(flushToDisk: true);
    }

    private HealthReason? FindRoom()
    {
        try
        {
            var free = new DriveInfo(folder.FullName).AvailableFreeSpace >> 20;
            return free < options.Value.LeastFreeDiskMegabytes
                ? new(HealthCodes.DiskNearlyFull, null, folder.FullName, $"{folder.FullName}: {free} MiB free found, {options.Value.LeastFreeDiskMegabytes} or more expected")
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // a file system that does not say
        }
    }
}
