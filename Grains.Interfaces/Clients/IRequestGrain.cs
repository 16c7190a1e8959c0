namespace Pythia.Grains.Clients;

/// <summary>Remembers requests that must not count twice: nonces of signatures until they expire, and answers to idempotency keys for a day.
/// The key is {chain id}/client/{id}/{part 0…15} or {chain id}/anonymous/{bucket 0…255}, see <see cref="ClientKeys"/>.</summary>
[Alias("pythia.IRequestGrain")]
public interface IRequestGrain : IGrainWithStringKey
{
    /// <summary>Uses a nonce up. Stored before it returns, so that no restart forgets it.</summary>
    /// <param name="nonce">A digest of key id and nonce, hex.</param>
    /// <param name="untilUnixSeconds">Until when a signature with it could be taken.</param>
    /// <exception cref="OrleansException">The store did not take it; the nonce may be used again.</exception>
    [Alias("UseNonce")]
    Task<NonceVerdict> UseNonceAsync(string nonce, long untilUnixSeconds);

    /// <summary>Whether the wallet takes the signature (ERC-1271); a node's word, which opens views and never moves anything.</summary>
    /// <param name="account">0x and 40 hex digits.</param>
    /// <param name="hash">0x and 64 hex digits.</param>
    /// <param name="signature">What the wallet takes.</param>
    /// <exception cref="OrleansException">No node answered.</exception>
    [Alias("AskWallet")]
    Task<bool> AskWalletAsync(string account, string hash, System.Collections.Immutable.ImmutableArray<byte> signature, CancellationToken cancellationToken = default);

    /// <summary>Begins a request under an idempotency key, or says what became of the one before.</summary>
    /// <param name="key">A digest of caller and key, hex.</param>
    /// <param name="fingerprint">A digest of what is asked for, hex.</param>
    [Alias("Begin")]
    Task<IdempotencyStart> BeginAsync(string key, string fingerprint);

    /// <summary>Stores the answer; the same request gets it again for a day. Null: it is not known what became of it, and it may be sent again.</summary>
    [Alias("Complete")]
    Task CompleteAsync(string key, KeptAnswer? answer);
}

/// <summary>What a nonce is. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum NonceVerdict
{
    Fresh = 0,

    /// <summary>It was used before.</summary>
    Used = 1,

    /// <summary>More nonces are remembered than there is room for; they expire within minutes.</summary>
    Full = 2,
}

/// <summary>What a request under an idempotency key is to do. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum IdempotencyVerdict
{
    /// <summary>It is the first: carry it out, then complete it.</summary>
    First = 0,

    /// <summary>It was answered: give that answer.</summary>
    Answered = 1,

    /// <summary>The key belongs to another request.</summary>
    OtherRequest = 2,

    /// <summary>The same request is under way.</summary>
    UnderWay = 3,
}

/// <param name="Answer">What was answered before, with <see cref="IdempotencyVerdict.Answered"/>.</param>
[GenerateSerializer, Immutable, Alias("pythia.IdempotencyStart")]
public sealed record IdempotencyStart(
    [property: Id(0)] IdempotencyVerdict Verdict,
    [property: Id(1)] KeptAnswer? Answer);

/// <summary>An answer to an idempotency key.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Media type of the body.</param>
/// <param name="Location">Header Location, or null.</param>
/// <param name="Body">UTF-8 text, at most 4,096 characters.</param>
[GenerateSerializer, Immutable, Alias("pythia.KeptAnswer")]
public sealed record KeptAnswer(
    [property: Id(0)] int Status,
    [property: Id(1)] string ContentType,
    [property: Id(2)] string? Location,
    [property: Id(3)] string Body);
