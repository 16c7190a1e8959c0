using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Answers;

namespace Pythia.Silo.Hosting;

/// <summary>What a simulated enclave in this process says that it is.</summary>
internal static class SimulatedEnclaves
{
    /// <summary>Measured over the files of the enclave's own code: it changes when that does.</summary>
    public static SimulatedEnclave OfThisCode()
        => SimulatedEnclave.OfFiles(new[] { typeof(PythiaEnclave), typeof(EnclaveConfiguration), typeof(IAttester), typeof(Ethereum.Address) }
            .Select(type => type.Assembly.Location));
}
