using Pythia.Enclave.Hosting;
using Pythia.Gateway.Health;

namespace Pythia.Silo.Health;

/// <summary>An enclave's process that is away, or that does not stay up.</summary>
internal sealed class EnclaveProcessHealth(EnclaveSupervisor supervisor) : IHealthPart
{
    public string Name => "enclave process";

    public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
    {
        var status = supervisor.Status;
        if (status.Restarts >= supervisor.RestartLimit) return new([new(HealthCodes.EnclaveProcessFails, null, null, $"{status.Restarts} restarts in a row, the last one since {status.Trouble}")]);

        return new(status.IsConnected ? [] : [new(HealthCodes.EnclaveProcessAway, null, null, status.Trouble ?? "it starts")]);
    }
}
