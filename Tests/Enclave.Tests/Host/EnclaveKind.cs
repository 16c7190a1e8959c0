namespace Pythia.Enclave.Tests.Host;

/// <summary>Where the enclave of a test runs: the same must hold in both.</summary>
public enum EnclaveKind
{
    /// <summary>In the test's process.</summary>
    InProcess,

    /// <summary>As pythia-enclave, a child process behind its socket.</summary>
    Process,
}
