using Pythia.Enclave;
using Pythia.Enclave.Hosting;
using Pythia.Gateway.Health;

namespace Pythia.Silo.Health;

/// <summary>Enclaves of their own process: one that is away, that does not stay up, or that is another one than the settings say.</summary>
internal sealed class EnclaveProcessHealth(EnclaveFleet fleet) : IHealthPart
{
    public string Name => "enclave process";

    public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken) => new([.. fleet.Members.Select(Judge).OfType<HealthReason>()]);

    private static HealthReason? Judge(EnclaveMember member)
    {
        if (member.Trouble is { Fault: EnclaveFault.OtherEnclave } other) return Of(HealthCodes.EnclaveOther, other.Message);
        if (member.Supervisor is not { } supervisor) return member.Trouble is { } trouble ? Of(HealthCodes.EnclaveProcessAway, trouble.Message) : null;

        var status = supervisor.Status;
        return status.Restarts >= supervisor.RestartLimit ? Of(HealthCodes.EnclaveProcessFails, $"{status.Restarts} restarts in a row, the last one since {status.Trouble}")
            : status.IsConnected ? null
            : Of(HealthCodes.EnclaveProcessAway, status.Trouble ?? "it starts");

        HealthReason Of(HealthCode code, string words) => new(code, null, member.Id, $"enclave {member.Id}: {words}");
    }
}
