namespace Pythia.Enclave.Hosting;

/// <summary>A further enclave beside a silo, an entry of <see cref="EnclaveProcessOptions.Instances"/>. What is not here is as for the first one.</summary>
public sealed class EnclaveInstanceOptions
{
    /// <summary>Its name, as <c>Enclave:Id</c> is the first one's: 1 to 40 lower-case letters, digits and hyphens, unlike all others. No default.</summary>
    public string Id { get; set => field = value ?? ""; } = "";

    /// <summary>InProcess, Process or Connect. Default Process.</summary>
    public EnclaveMode Mode { get; set; } = EnclaveMode.Process;

    /// <inheritdoc cref="EnclaveProcessOptions.Program"/>
    public string Program { get; set => field = value ?? ""; } = "";

    /// <inheritdoc cref="EnclaveProcessOptions.EndPoint"/>
    public string EndPoint { get; set => field = value ?? ""; } = "";

    /// <inheritdoc cref="EnclaveProcessOptions.Attester"/>
    public string Attester { get; set => field = value ?? ""; } = "";

    /// <inheritdoc cref="EnclaveProcessOptions.SimulatedPlatform"/>
    public string SimulatedPlatform { get; set => field = value ?? ""; } = "";
}
