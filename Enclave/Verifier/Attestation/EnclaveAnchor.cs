using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Verifier.Attestation;

/// <summary>
/// Where an enclave's trust in heads begins. It ages out within days, so it stands beside the configuration in the quote, and whoever issues the
/// passport appraises it (architecture section 6).
/// </summary>
/// <param name="Level">The assurance of the heads that follow from it, 0 development to 3 finalized.</param>
/// <param name="Checkpoint">The beacon block root that it began from; empty where a level needs none.</param>
public sealed record EnclaveAnchor(byte Level, ReadOnlyMemory<byte> Checkpoint)
{
    /// <summary>At level development a node's word is taken from the first head on, so there is nothing to begin from.</summary>
    public static EnclaveAnchor Development { get; } = new(0, ReadOnlyMemory<byte>.Empty);

    /// <summary>SHA-256 of deterministic CBOR <c>["pythia/anchor/1", level, checkpoint bstr]</c>: 32 bytes.</summary>
    public byte[] ComputeHash()
        => SHA256.HashData(new CborWriter().Array(3).Text("pythia/anchor/1").Unsigned(Level).Bytes(Checkpoint.Span).Written);
}
