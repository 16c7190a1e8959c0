namespace Pythia.Enclave.Host.Keys;

/// <summary>What is left of keys that ended by their own word: nothing of it is secret.</summary>
/// <param name="Generation">Which they were.</param>
/// <param name="KeyId">8 bytes.</param>
/// <param name="SigningKey">x ‖ y, 64 bytes.</param>
/// <param name="Signature">r ‖ s, 64 bytes, over <see cref="Verifier.Answers.OwnRevocation"/>.</param>
internal sealed record EndedKey(ulong Generation, byte[] KeyId, byte[] SigningKey, byte[] Signature);
