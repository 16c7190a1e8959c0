using System.Text.Json.Nodes;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.OpenApi;

/// <summary>The parts of the OpenAPI document that are the same for all routes.</summary>
internal static class ApiTexts
{
    public static readonly ApiParameter IfNoneMatch = new("If-None-Match", "header", "text", "ETags that the caller has (RFC 9110 section 13.1.2).");

    public static JsonObject Info() => new()
    {
        ["title"] = "Orleans.Pythia",
        ["version"] = "1",
        ["summary"] = "Devices, consents and policies on Ethereum: read, prepare, submit, follow.",
        ["description"] = "Views say what the ledger says as far as the follower has come. They are not proven: a device asks an enclave. "
            + "Refusals are problem details (RFC 9457) whose type is stable.",
        ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
    };

    public static JsonArray Tags() => new(
        Tag("catalogue", "Chains, contracts and acts."),
        Tag("acts", "Prepare, sign, submit and follow an act."),
        Tag("views", "What the ledger says of one thing."),
        Tag("lists", "What belongs to an address, in pages."),
        Tag("history", "What happened to one thing, newest first, in pages."),
        Tag("operation", "Health, followers and lanes."),
        Tag("endorsers", "Keys of enclaves that endorsers are about to register."),
        Tag("devices", "A device's questions to an enclave, as opaque bytes."));

    /// <summary>The form of a path parameter and its meaning.</summary>
    public static (string Form, string Meaning) PathParameter(string name, string path) => name switch
    {
        "chain" => ("chainId", "EIP-155 chain id, decimal."),
        "act" => ("ActName", "EIP-712 primary type of the act."),
        "digest" => ("anyCaseHash", "EIP-712 digest of the act."),
        "address" => ("anyCaseAddress", "An address."),
        "grantee" => ("anyCaseAddress", "Who was granted something."),
        "enclave" => ("enclave", "Name of an enclave."),
        "id" => ("anyCaseHash", path.Contains("devices", StringComparison.Ordinal) ? "Device id."
            : path.Contains("consents", StringComparison.Ordinal) ? "Consent id." : "Policy id."),
        _ => throw new InvalidOperationException($"parameter {name} of {path} has no meaning in the OpenAPI document"),
    };

    public static JsonObject SecuritySchemes() => new()
    {
        ["clientSignature"] = new JsonObject
        {
            ["type"] = "apiKey",
            ["in"] = "header",
            ["name"] = "Signature",
            ["description"] = "HTTP Message Signature (RFC 9421), ecdsa-p256-sha256, keyid the client's id. Covered: @method, @target-uri (or "
                + "@authority, @path and @query) and, with a body, content-digest (RFC 9530); created, expires and, where state changes, nonce.",
        },
        ["ownerSignature"] = new JsonObject
        {
            ["type"] = "apiKey",
            ["in"] = "header",
            ["name"] = "Signature",
            ["description"] = "The same signature base signed by an Ethereum account (ERC-8128): keyid eip155:<chain>:<address> with tag erc8128, or "
                + "erc8128:<chain>:<address>; EIP-191; a nonce always; no alg.",
        },
    };

    public static JsonArray? SecurityOf(ApiAccess access)
    {
        JsonObject Client() => new() { ["clientSignature"] = new JsonArray() };
        JsonObject Owner() => new() { ["ownerSignature"] = new JsonArray() };

        return access switch
        {
            ApiAccess.SignatureOptional => new(new JsonObject(), Client(), Owner()),
            ApiAccess.OwnerOrClient => new(Client(), Owner()),
            ApiAccess.Client => new(Client()),
            _ => null,
        };
    }

    public static JsonObject Headers(int status, bool hasTag)
    {
        JsonObject Header(string description) => new() { ["description"] = description, ["schema"] = new JsonObject { ["type"] = "string" } };

        var headers = new JsonObject { ["Cache-Control"] = Header("Who may keep it, and how long.") };
        if (hasTag) headers["ETag"] = Header("Strong validator of these bytes.");
        if (status is 429 or 503) headers["Retry-After"] = Header("Seconds after which the same request may do better.");
        if (status == 401)
        {
            headers["WWW-Authenticate"] = Header("Signature");
            headers["Accept-Signature"] = Header("What a signature must cover (RFC 9421 section 5.1).");
        }

        if (status is 429 or 202)
        {
            headers["RateLimit-Policy"] = Header("The quotas (draft-ietf-httpapi-ratelimit-headers).");
            headers["RateLimit"] = Header("What is left of them, and the seconds until they are whole again.");
        }

        return headers;
    }

    public static JsonObject ConciseProblem(IEnumerable<ProblemType> types) => new()
    {
        ["description"] = string.Join("; ", types.Select(type => $"{type.Name}: {type.Title}")),
        ["content"] = new JsonObject { [Problems.ConciseProblem.MediaType] = new JsonObject { ["schema"] = new JsonObject() } },
    };

    private static JsonObject Tag(string name, string description) => new() { ["name"] = name, ["description"] = description };
}
