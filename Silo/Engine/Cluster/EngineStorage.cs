using Pythia.Silo.Commands;
using Pythia.Silo.Hosting;

namespace Pythia.Silo;

/// <summary>A cluster's storage is a service of its own, which this program can't copy.</summary>
internal static class EngineStorage
{
    private const string Refusal =
        "the Cluster engine found, Embedded expected: grains are in the storage that section Orleans names (Redis, a database); back it up by its own means, while the silos run";

    public static int SchemaVersion => 0;

    public static Task<IReadOnlyList<string>> CopyAsync(string dataFolder, string target, Progress progress, CancellationToken cancellationToken)
        => throw new StartException(Refusal, SiloCommandLine.WrongInput);

    public static void Check(string folder) => throw new StartException(Refusal, SiloCommandLine.WrongInput);
}
