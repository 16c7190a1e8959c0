namespace Pythia.Gateway.Problems;

/// <summary>A kind of refusal. The same name has the same status and title wherever it occurs.</summary>
/// <param name="Name">Stable, in kebab case: the last part of the problem's type.</param>
/// <param name="Status">HTTP status, 400 to 599.</param>
/// <param name="Title">The reason in words, the same for each occurrence.</param>
public sealed record ProblemType(string Name, int Status, string Title)
{
    /// <summary>Before the name: names are stable, and no page must be fetched to understand them.</summary>
    public const string Prefix = "urn:pythia:problem:";

    public string Uri => Prefix + Name;
}

/// <summary>Every kind of refusal, in one table; <c>docs/api/problems.md</c> and the OpenAPI document list the same.</summary>
public static class ProblemTypes
{
    public static readonly ProblemType BadId = new("bad-id", 400, "An id is out of form");
    public static readonly ProblemType BadNumber = new("bad-number", 400, "A number is out of form or range");
    public static readonly ProblemType BadCursor = new("bad-cursor", 400, "The cursor is not one of this list");
    public static readonly ProblemType BadHeader = new("bad-header", 400, "A header field is out of form");
    public static readonly ProblemType BadRequest = new("bad-request", 400, "The request can't be read");
    public static readonly ProblemType MalformedJson = new("malformed-json", 400, "The body is no strict JSON");
    public static readonly ProblemType UnknownField = new("unknown-field", 400, "The body has a field that is not expected");
    public static readonly ProblemType MissingField = new("missing-field", 400, "The body lacks a field");
    public static readonly ProblemType MalformedAct = new("malformed-act", 400, "The act can't be read");
    public static readonly ProblemType MalformedSignature = new("malformed-signature", 400, "The act's signature can't be read");
    public static readonly ProblemType SignatureRequired = new("signature-required", 401, "The request must be signed");
    public static readonly ProblemType RequestSignature = new("request-signature", 401, "The request's signature is refused");
    public static readonly ProblemType Forbidden = new("forbidden", 403, "Whoever signed the request may not do this");
    public static readonly ProblemType NotAllowed = new("not-allowed", 403, "The act's signer may not do this");
    public static readonly ProblemType NotFound = new("not-found", 404, "There is no such thing");
    public static readonly ProblemType UnknownAct = new("unknown-act", 404, "There is no such act");
    public static readonly ProblemType UnknownChain = new("unknown-chain", 404, "The chain is not served here");
    public static readonly ProblemType UnknownEnclave = new("unknown-enclave", 404, "There is no such enclave");
    public static readonly ProblemType NotAttested = new("not-attested", 404, "There is no evidence to be had of this enclave");
    public static readonly ProblemType NoVerifier = new("no-verifier", 404, "No verifier of enclaves is configured here");
    public static readonly ProblemType Method = new("method", 405, "The method is not allowed here");
    public static readonly ProblemType NothingOffered = new("nothing-offered", 409, "There is no offer to accept");
    public static readonly ProblemType StaleEpoch = new("stale-epoch", 409, "Something was taken back since this was prepared");
    public static readonly ProblemType WrongState = new("wrong-state", 409, "The state forbids it");
    public static readonly ProblemType IdempotencyKeyInUse = new("idempotency-key-in-use", 409, "A request with this idempotency key is under way");
    public static readonly ProblemType TooLarge = new("too-large", 413, "The body is too large");
    public static readonly ProblemType MediaType = new("media-type", 415, "The body's media type is not the one expected");
    public static readonly ProblemType WrongContract = new("wrong-contract", 422, "The act is for another contract");
    public static readonly ProblemType WrongSubject = new("wrong-subject", 422, "The act is about something else");
    public static readonly ProblemType BadSignature = new("bad-signature", 422, "The signature is not the signer's");
    public static readonly ProblemType Expired = new("expired", 422, "The deadline has passed or is too near");
    public static readonly ProblemType EvidenceRefused = new("evidence-refused", 422, "The verifier does not vouch for this enclave");
    public static readonly ProblemType IdempotencyKeyReused = new("idempotency-key-reused", 422, "The idempotency key belongs to another request");
    public static readonly ProblemType TooMany = new("too-many-requests", 429, "Too many requests");
    public static readonly ProblemType TooManyStreams = new("too-many-streams", 429, "Too many streams of events are open");
    public static readonly ProblemType QuotaExceeded = new("quota-exceeded", 429, "A quota is used up");
    public static readonly ProblemType HeadersTooLarge = new("headers-too-large", 431, "The header fields are too large");
    public static readonly ProblemType Internal = new("internal", 500, "Something went wrong here");
    public static readonly ProblemType TryAgain = new("try-again", 503, "It can't be done now");
    public static readonly ProblemType EnclaveDrained = new("enclave-drained", 503, "No question goes to this enclave");
    public static readonly ProblemType Busy = new("busy", 503, "Too much is waiting");

    /// <summary>All of them, in the order above.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
        [.. typeof(ProblemTypes).GetFields().Where(field => field.FieldType == typeof(ProblemType)).Select(field => (ProblemType)field.GetValue(null)!)];
}
