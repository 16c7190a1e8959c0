namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>No quote could be made here and now.</summary>
public sealed class AttestationException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when none was begun because too many are asked for at once: later there may be one.</summary>
    public bool IsBusy { get; init; }
}
