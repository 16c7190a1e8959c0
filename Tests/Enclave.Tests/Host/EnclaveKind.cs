namespace Pythia.Enclave.Tests.Host;

/// <summary>Where the enclave of a test runs: the same must hold in each.</summary>
public enum EnclaveKind
{
    /// <summary>In the test's process.</summary>
    InProcess,

    /// <summary>In the test's process, behind the server of pythia-enclave and its socket: all of the way but the process, so that many tests can take it.</summary>
    Socket,

    /// <summary>As pythia-enclave, a child process behind its socket.</summary>
    Process,
}
