namespace Pythia.EndToEnd;

/// <summary>Tests that need silo, enclave and gateway in one process.</summary>
internal static class InOneProcess
{
    /// <summary>Why they are skipped: they are not.</summary>
    public const string? Skip = null;
}
