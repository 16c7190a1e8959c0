namespace Pythia.Enclave;

/// <summary>
/// What may be asked of one enclave. The in-process host implements it; a process of its own can do so behind a socket, since
/// everything that crosses is bytes, numbers and text. Safe for concurrent calls.
/// </summary>
/// <remarks>
/// A bad request, a lying or silent node and a wrong contract are answers with a named <see cref="RefusalReason"/>. An exception
/// means that the enclave itself can't be asked (<see cref="EnclaveException"/> with its <see cref="EnclaveFault"/>,
/// <see cref="ObjectDisposedException"/> after its end) or that the caller cancelled.
/// </remarks>
public interface IEnclave
{
    /// <summary>Who this is: what a device pins, and what a passport is issued for. Keys change when they rotate and at a restart.</summary>
    ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default);

    /// <summary>A quote over one generation of its keys, its configuration, its anchor and <paramref name="nonce"/>.</summary>
    /// <param name="nonce">32 bytes of whoever asks; empty for none, which is bound as zeros.</param>
    /// <param name="keyId">8 bytes of <see cref="EnclaveIdentity.Current"/> or <see cref="EnclaveIdentity.Next"/>; empty: the current ones.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EnclaveException"><see cref="EnclaveFault.NotAttested"/> where nothing here makes quotes,
    /// <see cref="EnclaveFault.QuoteFailed"/> where it could not, <see cref="EnclaveFault.UnknownKey"/> for keys that are gone or never were.</exception>
    /// <exception cref="ArgumentException">The nonce or key id has another length.</exception>
    ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default);

    /// <summary>A quote over the keys that sign now.</summary>
    /// <inheritdoc cref="AttestAsync(ReadOnlyMemory{byte}, ReadOnlyMemory{byte}, CancellationToken)"/>
    ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, CancellationToken cancellationToken = default)
        => AttestAsync(nonce, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>Ends one generation of its keys for good: it signs for PythiaRegistry that it ends, and nothing after that. Others take its place at once,
    /// the announced ones where there are some. Nothing of the caller's is signed.</summary>
    /// <param name="keyId">8 bytes of <see cref="EnclaveIdentity.Current"/> or <see cref="EnclaveIdentity.Next"/>. Asked again for the same keys it says the
    /// same, for as long as it lives and has ended few others since; what is lost with it ends keys that nobody has any more.</param>
    /// <param name="cancellationToken">Stops waiting; the keys may have ended.</param>
    /// <exception cref="EnclaveException"><see cref="EnclaveFault.UnknownKey"/> for keys that are gone or never were.</exception>
    /// <exception cref="ArgumentException">The key id has another length.</exception>
    ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default);

    /// <summary>Proves and signs the answer to one device's request at the newest verified head.</summary>
    /// <param name="request">Deterministic CBOR <c>[question, nonce, min-level]</c>, architecture section 7; not trusted.</param>
    /// <param name="cancellationToken">Stops waiting; what was fetched for others goes on.</param>
    /// <returns>COSE_Sign1 bytes, or a refusal. A refusal is never signed and permits nothing.</returns>
    ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default);

    /// <summary>The raw proof behind the answer to <paramref name="request"/> at the newest verified head, for whoever doubts it.</summary>
    /// <returns>UTF-8 JSON: <c>{"header":"0x…rlp","proofs":[…]}</c>, each proof as <c>eth_getProof</c> returns it (EIP-1186);
    /// or a refusal.</returns>
    ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default);

    /// <summary>The newest verified head; null before the first one.</summary>
    ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default);

    /// <summary>Completes when a head with a number above <paramref name="afterBlock"/> is verified; at once if it already is.</summary>
    ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default);

    /// <summary>
    /// All logs that the configured contracts emitted in one block, in order and complete: read from receipts whose root is the header's.
    /// </summary>
    /// <param name="block">Number of a block not above the verified head.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The logs, none being a proven statement too; or a refusal. A block that a re-org replaced comes with another hash than
    /// before: compare <see cref="VerifiedBlock.ParentHash"/> with the hash kept for the block below.</returns>
    ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default);

    /// <summary>Whether it can answer now, and what it thinks of the nodes it reads from.</summary>
    ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default);
}
