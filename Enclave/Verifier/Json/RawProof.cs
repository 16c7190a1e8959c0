using System.Collections.Immutable;
using System.Text.Json;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>The raw proof behind an answer: <c>{"header":"0x… RLP","proofs":[…]}</c>, each proof as <c>eth_getProof</c> gives it.</summary>
/// <param name="HeaderRlp">Not checked yet.</param>
/// <param name="Proofs">Not checked yet.</param>
public sealed record RawProof(ReadOnlyMemory<byte> HeaderRlp, ImmutableArray<AccountProof> Proofs)
{
    /// <summary>Most accounts of one proof.</summary>
    public const int MaxAccounts = 64;

    public static Checked<RawProof> Read(ReadOnlyMemory<byte> utf8) => JsonAnswer.Read(utf8, AccountProof.MaxBytes, Read);

    /// <summary>Checks the header against the hash that the doubted answer names, and makes the state ready to be asked.</summary>
    public Checked<ProvenState> Open(Hash32 blockHash, ImmutableArray<ConfiguredContract> contracts)
        => BlockHeader.Check(HeaderRlp.Span, blockHash).TryGet(out var header, out var damage)
            ? Checked<ProvenState>.Valid(new ProvenState(header, contracts, Proofs))
            : damage;

    private static Checked<RawProof> Read(JsonElement element)
    {
        var members = new JsonMembers(element, "raw");
        var raw = new RawProof(members.Data("header"), [.. members.Array("proofs", MaxAccounts, AccountProof.Read)]);
        return members.Damage is { } damage ? damage : Checked<RawProof>.Valid(raw);
    }
}
