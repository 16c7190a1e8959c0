namespace Pythia.EndToEnd;

/// <summary>Tests that need silo, enclave and gateway in one process.</summary>
internal static class InOneProcess
{
    /// <summary>Why they are skipped.</summary>
    public const string? Skip = "the Cluster engine's gateways are programs of their own, and its silos need Redis: docker-compose.yml runs them";
}
