using System.Collections.Immutable;

namespace Pythia.Grains.Pythia;

/// <summary>The way to one enclave. The key is {chain id}/{enclave id}; it lives only on the silo beside that enclave.</summary>
[Alias("pythia.IPythiaGrain")]
public interface IPythiaGrain : IGrainWithStringKey
{
    /// <summary>Passes a device's question to the enclave and its answer back; both are opaque here.</summary>
    /// <param name="request">CBOR as of architecture section 7, at most 1,024 bytes.</param>
    [Alias("Answer")]
    Task<PythiaReply> AnswerAsync(ImmutableArray<byte> request, CancellationToken cancellationToken = default);

    /// <summary>Who the enclave says it is, and the newest head that it has verified.</summary>
    [Alias("Identify")]
    Task<PythiaIdentity> IdentifyAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Complete evidence of one generation of the enclave's keys: a fresh quote, what it binds, and the collateral that this silo keeps for its platform, so that
    /// whoever passes it on needs none. It costs some 40 ms of the platform: whoever lets others ask limits them.
    /// </summary>
    /// <param name="nonce">32 bytes, or none.</param>
    /// <param name="keyId">8 bytes, of the keys that sign now or of those that sign next; none for the former.</param>
    [Alias("Attest")]
    Task<PythiaEvidence> AttestAsync(ImmutableArray<byte> nonce, ImmutableArray<byte> keyId, CancellationToken cancellationToken = default);

    /// <summary>Has the enclave end one generation of its keys by its own word, which PythiaRegistry takes: those keys sign nothing more, others are in their
    /// place at once. Asked again for the same keys it says the same, while the enclave lives.</summary>
    /// <param name="keyId">8 bytes, of the keys that sign now or of the next ones.</param>
    [Alias("RevokeOwnKey")]
    Task<PythiaRevocation> RevokeOwnKeyAsync(ImmutableArray<byte> keyId, CancellationToken cancellationToken = default);
}

/// <summary>The enclaves of a chain. The key is {chain id}/0.</summary>
[Alias("pythia.IPythiaDirectoryGrain")]
public interface IPythiaDirectoryGrain : IGrainWithStringKey
{
    /// <summary>A silo says how an enclave beside it stands. Entries that are not renewed within a minute are dropped.</summary>
    [Alias("Report")]
    Task ReportAsync(EnclaveReport report);

    /// <summary>
    /// True while a report of this enclave is held. The directory keeps nothing: one that was activated anew knows nobody, and whoever asks each second and reports
    /// when he is not known has it know all within a second.
    /// </summary>
    [Alias("Knows")]
    Task<bool> KnowsAsync(string enclaveId);

    /// <summary>Ids of the enclaves that answer, in no order that means anything.</summary>
    [Alias("ListHealthy")]
    Task<ImmutableArray<string>> ListHealthyAsync();

    /// <summary>All enclaves that silos reported within a minute, those that get no questions too, by name.</summary>
    [Alias("List")]
    Task<ImmutableArray<EnclaveReport>> ListAsync();
}

/// <summary>An answer, or why there is none.</summary>
/// <param name="Answer">COSE_Sign1 bytes; empty when refused.</param>
/// <param name="Problem">Concise problem details (RFC 9290, CBOR); empty when answered.</param>
/// <param name="Reason">The name of the refusal, for logs and metrics; empty when answered.</param>
[GenerateSerializer, Immutable, Alias("pythia.PythiaReply")]
public sealed record PythiaReply(
    [property: Id(0)] ImmutableArray<byte> Answer,
    [property: Id(1)] ImmutableArray<byte> Problem,
    [property: Id(2)] string Reason);

/// <summary>An enclave's public facts.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 64 bytes.</param>
/// <param name="ConfigurationHash">32 bytes, architecture section 11.</param>
/// <param name="Level">0 development, 1 sealed, 2 optimistic, 3 finalized.</param>
/// <param name="NextSigningKey">P-256 x ‖ y, 64 bytes, of the keys that sign after these, once they are announced; empty before.</param>
/// <param name="NextSignsInSeconds">Until they do, by the enclave's own timer; 0 where none are announced.</param>
[GenerateSerializer, Immutable, Alias("pythia.PythiaIdentity")]
public sealed record PythiaIdentity(
    [property: Id(0)] string EnclaveId,
    [property: Id(1)] ImmutableArray<byte> SigningKey,
    [property: Id(2)] ImmutableArray<byte> ConfigurationHash,
    [property: Id(3)] int Level,
    [property: Id(4)] ulong HeadBlock,
    [property: Id(5)] ulong HeadUnixSeconds,
    [property: Id(6)] string HeadHash,
    [property: Id(7)] ImmutableArray<byte> NextSigningKey,
    [property: Id(8)] long NextSignsInSeconds);

/// <summary>Evidence, or why there is none.</summary>
/// <param name="Evidence">CBOR <c>["pythia/evidence/1", …]</c> (docs/passports.md), at most 64 KiB; empty with trouble.</param>
/// <param name="Trouble">The name of the enclave's fault, then what was found; <c>Collateral</c> and the kind of trouble, alone, where collateral is what lacks. Empty with evidence.</param>
[GenerateSerializer, Immutable, Alias("pythia.PythiaEvidence")]
public sealed record PythiaEvidence([property: Id(0)] ImmutableArray<byte> Evidence, [property: Id(1)] string Trouble);

/// <summary>A key's own word that it ends, or why there is none.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 64 bytes; empty with trouble.</param>
/// <param name="Signature">r ‖ s, 64 bytes, as <c>revokeOwnKey</c> of PythiaRegistry takes them.</param>
/// <param name="Trouble">The name of the enclave's fault, then what was found; empty with a word.</param>
[GenerateSerializer, Immutable, Alias("pythia.PythiaRevocation")]
public sealed record PythiaRevocation(
    [property: Id(0)] ImmutableArray<byte> SigningKey,
    [property: Id(1)] ImmutableArray<byte> Signature,
    [property: Id(2)] string Trouble);
