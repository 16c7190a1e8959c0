using System.Text.Json.Nodes;
using Pythia.Gateway.Acts;
using Pythia.Gateway.Catalogue;
using Pythia.Gateway.Devices;
using Pythia.Gateway.Health;
using Pythia.Gateway.Passports;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Views;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Registry;
using static Pythia.Gateway.OpenApi.ApiExamples;

namespace Pythia.Gateway.OpenApi;

/// <summary>What the OpenAPI document says of each route.</summary>
internal static partial class ApiOperations
{
    public static readonly ApiOperation Document = new("getOpenApi", "catalogue", "This document")
    {
        Replies = [new(200, "The OpenAPI 3.1 document.", "application/openapi+json", typeof(JsonObject), HasTag: true)],
    };

    public static readonly ApiOperation Chains = new("listChains", "catalogue", "The chains that are served, with their contracts")
    {
        Replies = [new(200, "All of them.", Schema: typeof(ChainsJson), Example: new ChainsJson([ApiExamples.Chain]), HasTag: true)],
    };

    public static readonly ApiOperation Chain = new("getChain", "catalogue", "One chain and its contracts")
    {
        Replies = [new(200, "The chain.", Schema: typeof(ChainJson), Example: ApiExamples.Chain, HasTag: true)],
    };

    public static readonly ApiOperation Acts = new("listActs", "catalogue", "The acts that can be prepared and submitted, with their fields")
    {
        Replies = [new(200, "All of them.", Schema: typeof(ActsJson), HasTag: true)],
    };

    public static readonly ApiOperation Prepare = new("prepareAct", "acts", "Completes an act and gives the document that a wallet signs")
    {
        Description = "Fills in contract, a nonce of a fresh random key, a deadline and the ledger's counters where they are left out. Nothing is stored.",
        Request = new("application/json", "ActFields", ActEndpoints.LongestBodyBytes, "The act's own fields and its signer."),
        Replies = [new(200, "The act, its digest and the document to sign.", Schema: "PreparedAct", Example: Prepared)],
        Problems =
        [
            ProblemTypes.UnknownAct, ProblemTypes.MalformedAct, ProblemTypes.MalformedJson, ProblemTypes.BadId, ProblemTypes.WrongContract, ProblemTypes.NothingOffered,
        ],
    };

    public static readonly ApiOperation Submit = new("submitIntent", "acts", "Takes a signed act", ApiAccess.SignatureOptional)
    {
        Description = "Accepted is stored: it will be carried out once or reported failed. The digest is the intent's natural idempotency key: the same "
            + "signed act may be sent again and counts once.",
        Parameters = [new(IdempotentAnswers.Field, "header", "idempotencyKey", "The same request under the same key gets the same answer again, for a day.")],
        Request = new("application/json", "SignedAct", ActEndpoints.LongestBodyBytes, "The act as it was prepared and its signature."),
        Replies =
        [
            new(202, "Stored.", Schema: typeof(SubmittedJson), Example: new SubmittedJson(Digest, IntentVerdict.Accepted)),
            new(200, "The same digest was accepted before.", Schema: typeof(SubmittedJson), Example: new SubmittedJson(Digest, IntentVerdict.AlreadyAccepted)),
        ],
        Problems =
        [
            ProblemTypes.MalformedJson, ProblemTypes.UnknownField, ProblemTypes.MissingField, ProblemTypes.MalformedAct, ProblemTypes.MalformedSignature,
            ProblemTypes.WrongContract, ProblemTypes.WrongSubject, ProblemTypes.BadSignature, ProblemTypes.Expired, ProblemTypes.NotAllowed, ProblemTypes.StaleEpoch,
            ProblemTypes.WrongState, ProblemTypes.Busy, ProblemTypes.BadHeader, ProblemTypes.IdempotencyKeyInUse, ProblemTypes.IdempotencyKeyReused,
            ProblemTypes.SignatureRequired, ProblemTypes.Forbidden, ProblemTypes.QuotaExceeded,
        ],
    };

    public static readonly ApiOperation Follow = new("getIntent", "acts", "Where an intent is; waits for news when asked to")
    {
        Description = "With wait, the answer comes when the version is greater than after, or when the seconds are over, whichever is first.",
        Parameters =
        [
            new("after", "query", "after", "A version that the caller knows."),
            new("wait", "query", "wait", "Seconds to wait for a newer one; default 0."),
        ],
        Replies = [new(200, "The intent.", Schema: typeof(IntentView), Example: Intent, HasTag: true)],
        Problems = [ProblemTypes.BadId, ProblemTypes.BadNumber, ProblemTypes.NotFound],
    };

    public static readonly ApiOperation FollowEvents = new("streamIntent", "acts", "An intent's way as server-sent events")
    {
        Description = "An event `intent` for each version that is seen: its id is the version, its data the intent as JSON. A comment comes while nothing "
            + "changes. The stream ends after final or failed, and when the gateway stops; come back with Last-Event-ID.",
        Parameters = [new("Last-Event-ID", "header", "after", "The last event that was received.")],
        Replies =
        [
            new(200, "The events.", IntentEvents.MediaType, "eventStream", "retry: 1000\n\nid: 12\nevent: intent\ndata: {\"digest\":\"0x…\",\"stage\":\"mined\",…}\n\n"),
            new(204, "Nothing will come after Last-Event-ID: do not come back."),
        ],
        Problems = [ProblemTypes.BadId, ProblemTypes.BadHeader, ProblemTypes.NotFound, ProblemTypes.TooManyStreams],
    };

    public static readonly ApiOperation Device = View("getDevice", "One device", typeof(DeviceView), ApiExamples.Device);
    public static readonly ApiOperation Consent = View("getConsent", "One consent", typeof(ConsentView), ApiExamples.Consent);
    public static readonly ApiOperation Owner = View("getOwner", "An owner's counters", typeof(OwnerView), new OwnerView(OwnerAddress, 5, 2, 0, 1));
    public static readonly ApiOperation Grantee = View("getGrantee", "What an owner has ended of one grantee", typeof(GranteeJson), new GranteeJson(OwnerAddress, GranteeAddress, 4));
    public static readonly ApiOperation Manufacturer = View("getManufacturer", "A manufacturer's counts; its batches are a list", typeof(ManufacturerView), ApiExamples.Manufacturer);
    public static readonly ApiOperation Policy = View("getPolicy", "A policy without its bytes", typeof(PolicyJson), new PolicyJson(PolicyId, PolicyStatus.Published, OwnerAddress, 312, Position, 0));

    public static readonly ApiOperation PythiaKey = View("getPythiaKey", "Whether an enclave's key is in force, as the ledger has it", typeof(EnclaveKeyView), ApiExamples.PythiaKey);
    public static readonly ApiOperation PythiaRegistry = View(
        "getPythiaRegistry", "Measurements and configurations that endorsers stand for", typeof(PythiaRegistryView), ApiExamples.PythiaRegistry);

    public static readonly ApiOperation PolicyDocument = new("getPolicyDocument", "views", "A policy's exact bytes")
    {
        Description = "keccak256 of the bytes is the policy's id. They are somebody else's: never show them as a page.",
        Replies = [new(200, "The bytes, as a download.", "application/octet-stream", "binary", HasTag: true)],
        Problems = [ProblemTypes.BadId, ProblemTypes.NotFound],
    };

    public static readonly ApiOperation Ledger = new("getLedger", "operation", "How far the follower has come")
    {
        Replies = [new(200, "The follower.", Schema: typeof(LedgerView), Example: new LedgerView(1204, BlockHash, 1_766_000_000, 1204, 1204, 1_766_000_000, 0, ""), HasTag: true)],
    };

    public static readonly ApiOperation Live = new("getLive", "operation", "The process answers")
    {
        Replies = [new(200, "It does.", Schema: typeof(HealthJson))],
    };

    public static readonly ApiOperation Ready = new("getReady", "operation", "Each chain has an enclave that answers and a follower that goes on")
    {
        Replies =
        [
            new(200, "Ready.", Schema: typeof(HealthJson)),
            new(503, "Not ready, and why.", Schema: typeof(HealthJson)),
        ],
    };

    public static readonly ApiOperation Ask = Question("askAny", "Passes a device's question to an enclave that answers");
    public static readonly ApiOperation AskOne = Question("askOne", "Passes a device's question to one enclave", ProblemTypes.BadId, ProblemTypes.UnknownEnclave, ProblemTypes.EnclaveDrained);

    public static readonly ApiOperation Enclaves = new("listEnclaves", "devices", "The enclaves that answer, with what a device pins, and those that are drained")
    {
        ForDevices = true,
        Replies = [new(200, "All of them.", Schema: typeof(EnclavesJson), Example: ApiExamples.Enclaves)],
    };

    public static readonly ApiOperation AnyPassport = PassportOf("getPassport", "A passport of the enclave that signs with a key", ProblemTypes.UnknownEnclave);
    public static readonly ApiOperation OnePassport = PassportOf("getEnclavePassport", "A passport of one enclave", ProblemTypes.UnknownEnclave);
    public static readonly ApiOperation AnyEvidence = EvidenceOf("getEvidence", "The whole evidence of the enclave that signs with a key");
    public static readonly ApiOperation OneEvidence = EvidenceOf("getEnclaveEvidence", "The whole evidence of one enclave");

    public static readonly ApiOperation IssuePassport = new("issuePassport", "verifier", "Judges evidence and signs a passport")
    {
        Description = "For whoever takes this gateway's operator for a verifier. The policy is the operator's; every reason against the evidence is named. The nonce of the quote "
            + "ends with a challenge of this verifier that holds still.",
        Request = new(PassportEndpoints.EvidenceMediaType, "binary", PassportEndpoints.LongestEvidenceBytes, "The evidence (docs/passports.md)."),
        Replies = [new(200, "The passport (a CWT in COSE_Sign1).", PassportEndpoints.PassportMediaType, "binary")],
        Problems = [ProblemTypes.NoVerifier, ProblemTypes.EvidenceRefused, ProblemTypes.MediaType, ProblemTypes.TooLarge],
    };

    public static readonly ApiOperation PassportChallenge = new("getPassportChallenge", "verifier", "A challenge for evidence that this verifier is to judge")
    {
        Description = "16 hex digits of a device's nonce, or zeros, and these 48 are the nonce to ask …/evidence for. So a passport rests on no older quote.",
        Replies = [new(200, "The challenge.", Schema: typeof(ChallengeJson), Example: new ChallengeJson(new string('6', 48), 120))],
        Problems = [ProblemTypes.NoVerifier],
    };

    private static ApiOperation PassportOf(string id, string summary, params IReadOnlyList<ProblemType> problems) => new(id, "devices", summary)
    {
        ForDevices = true,
        Description = "With a nonce it is made anew and carries it; without, a stored one may come. Believe it for what your own check of it says.",
        Parameters = [KeyIdParameter, NonceParameter("passportNonce")],
        Replies = [new(200, "The passport (a CWT in COSE_Sign1).", PassportEndpoints.PassportMediaType, "binary")],
        Problems = [ProblemTypes.BadId, ProblemTypes.NotAttested, ProblemTypes.NoVerifier, ProblemTypes.EvidenceRefused, .. problems],
    };

    private static ApiOperation EvidenceOf(string id, string summary) => new(id, "devices", summary)
    {
        ForDevices = true,
        Description = "Quote, what it binds and collateral, for whoever checks them without a verifier. Each call makes a quote.",
        Parameters = [KeyIdParameter, NonceParameter("evidenceNonce")],
        Replies = [new(200, "The evidence (docs/passports.md).", PassportEndpoints.EvidenceMediaType, "binary")],
        Problems = [ProblemTypes.BadId, ProblemTypes.NotAttested, ProblemTypes.UnknownEnclave],
    };

    private static ApiParameter KeyIdParameter => new("kid", "query", "keyId", "The key id of an answer: whose keys. Default: those that sign now.");

    private static ApiParameter NonceParameter(string schema) => new("nonce", "query", schema, "Random bytes of the caller, bound by the quote.");

    private static ApiOperation View(string id, string summary, Type type, object example) => new(id, "views", summary)
    {
        Replies = [new(200, "As far as the follower has come.", Schema: type, Example: example, HasTag: true)],
        Problems = [ProblemTypes.BadId, ProblemTypes.NotFound],
    };

    private static ApiOperation Question(string id, string summary, params IReadOnlyList<ProblemType> problems) => new(id, "devices", summary)
    {
        ForDevices = true,
        Description = "CBOR as of the device protocol, opaque here. A refusal is the enclave's own (concise problem details, RFC 9290).",
        Request = new(DeviceEndpoints.RequestMediaType, "binary", DeviceEndpoints.LongestRequestBytes, "The question."),
        Replies =
        [
            new(200, "The enclave's answer (COSE_Sign1).", DeviceEndpoints.AnswerMediaType, "binary"),
            .. RefusalStatus.All.Where(status => status is not (400 or 500 or 503)).Select(status => new ApiReply(status, "The enclave refuses the question.", ConciseProblem.MediaType, "binary")),
        ],
        Problems = problems,
    };
}
