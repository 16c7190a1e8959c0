using Pythia.Gateway.Passports;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Registry;
using Pythia.Grains.Registry;
using static Pythia.Gateway.OpenApi.ApiExamples;

namespace Pythia.Gateway.OpenApi;

internal static partial class ApiOperations
{
    public static readonly ApiOperation Registrations = new("listRegistrations", "endorsers", "Keys of enclaves that endorsers are about to register")
    {
        Description = "What is open, oldest first, with the signatures that are there. Nothing here is proven: an endorser computes what it signs by itself.",
        Replies = [new(200, "All of them.", Schema: typeof(RegistrationsJson), Example: new RegistrationsJson([ApiExamples.Registration]))],
    };

    public static readonly ApiOperation ProposeRegistration = new("proposeRegistration", "endorsers", "Proposes a key for registration, with the evidence that was checked")
    {
        Description = "The signature is an endorser's over the struct RegisterKey of PythiaRegistry (EIP-712). An endorser has one open proposal a key: a later one takes "
            + "the place of its former.",
        Request = new("application/json", typeof(ProposedRegistrationJson), RegistrationEndpoints.LongestBodyBytes, "Terms, evidence in hex, and the proposer's signature."),
        Replies = [new(200, "Stored, or known.", Schema: typeof(NotedJson), Example: new NotedJson(Digest, DeskVerdict.Accepted))],
        Problems = [.. DeskProblems, ProblemTypes.WrongState],
    };

    public static readonly ApiOperation RegistrationEvidence = new("getRegistrationEvidence", "endorsers", "The evidence that a proposer checked")
    {
        Replies = [new(200, "The evidence (docs/passports.md), whose SHA-256 is signed.", PassportEndpoints.EvidenceMediaType, "binary")],
        Problems = [ProblemTypes.BadId, ProblemTypes.NotFound],
    };

    public static readonly ApiOperation SignRegistration = new("signRegistration", "endorsers", "Adds an endorser's signature to a proposal")
    {
        Request = new("application/json", typeof(RegistrationSignatureJson), 1_024, "The signature."),
        Replies = [new(200, "Stored, or known.", Schema: typeof(NotedJson), Example: new NotedJson(Digest, DeskVerdict.AlreadyAccepted))],
        Problems = [.. DeskProblems, ProblemTypes.BadId, ProblemTypes.NotFound],
    };

    private static IReadOnlyList<ProblemType> DeskProblems =>
    [
        ProblemTypes.MalformedJson, ProblemTypes.UnknownField, ProblemTypes.MissingField, ProblemTypes.MalformedAct, ProblemTypes.MalformedSignature, ProblemTypes.NotAllowed,
        ProblemTypes.Expired,
    ];
}
