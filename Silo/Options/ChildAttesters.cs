using Microsoft.Extensions.Configuration;
using Pythia.Enclave.Hosting;
using Pythia.Grains.Pythia;

namespace Pythia.Silo.Options;

/// <summary>
/// What makes the quotes of an enclave that the silo starts itself, where nobody said otherwise: what the silo appraises it by (<c>Attestation:Mode</c>), and the
/// simulated platform of the silo. The only place where either is set. An enclave in the silo is given the same by the program; one that somebody else runs has it
/// in its own files.
/// </summary>
internal static class ChildAttesters
{
    /// <param name="configuration">Checked, so that every value has its form.</param>
    /// <param name="mode">What the silo appraises by.</param>
    /// <param name="platformFolder">Of the silo's simulated platform.</param>
    /// <returns>Settings to add.</returns>
    public static Dictionary<string, string?> Of(IConfiguration configuration, AttestationMode mode, string platformFolder)
    {
        var section = configuration.GetSection(EnclaveProcessOptions.Section);
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var further = section.GetSection(nameof(EnclaveProcessOptions.Instances)).GetChildren();
        foreach (var (path, instance) in further.Select(one => (one.Path, one.Get<EnclaveInstanceOptions>() ?? new())).Prepend((section.Path, (section.Get<EnclaveProcessOptions>() ?? new()).ToFirst())))
        {
            if (instance.Mode != EnclaveMode.Process) continue;

            var attester = instance.Attester.Length > 0 ? instance.Attester : mode switch
            {
                AttestationMode.Simulated => "simulated",
                AttestationMode.Gramine => "gramine",
                _ => "none",
            };
            values[$"{path}:{nameof(EnclaveInstanceOptions.Attester)}"] = attester;
            if (attester == "simulated" && instance.SimulatedPlatform.Length == 0) values[$"{path}:{nameof(EnclaveInstanceOptions.SimulatedPlatform)}"] = platformFolder;
        }

        return values;
    }
}
