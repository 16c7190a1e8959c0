namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>No quote could be made here and now.</summary>
public sealed class AttestationException(string message, Exception? inner = null) : Exception(message, inner);
