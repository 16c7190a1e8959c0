using System.Text.Json.Nodes;

namespace Pythia.Gateway.OpenApi;

/// <summary>The forms of texts and numbers on the wire, and what every member of a view means. One word means one thing everywhere.</summary>
internal static class ApiForms
{
    private static readonly Dictionary<string, Func<JsonObject>> Forms = new(StringComparer.Ordinal)
    {
        ["hash"] = () => Text("^0x[0-9a-f]{64}$"),
        ["anyCaseHash"] = () => Text("^0x[0-9a-fA-F]{64}$"),
        ["address"] = () => Text("^0x[0-9a-f]{40}$"),
        ["anyCaseAddress"] = () => Text("^0x[0-9a-fA-F]{40}$"),
        ["publicKey"] = () => Text("^0x[0-9a-f]{128}$"),
        ["bytes"] = () => Text("^0x([0-9a-fA-F]{2})*$"),
        ["signature"] = () => Text("^0x([0-9a-fA-F]{2}){1,4096}$"),
        ["decimal"] = () => Text("^(0|[1-9][0-9]*)$"),
        ["chainId"] = () => Text("^[1-9][0-9]*$"),
        ["enclave"] = () => Text("^[a-z0-9-]{1,64}$"),
        ["text"] = () => new() { ["type"] = "string" },
        ["binary"] = () => [],
        ["after"] = () => Number(0, long.MaxValue),
        ["wait"] = () => Number(0, Acts.ActEndpoints.LongestWaitSeconds),
        ["limit"] = () => Number(1, 200),
        ["keyId"] = () => Text("^[0-9a-fA-F]{16}$"),
        ["passportNonce"] = () => Text("^[0-9a-fA-F]{16}$"),
        ["evidenceNonce"] = () => Text("^([0-9a-fA-F]{2}){8,32}$"),
        ["challenge"] = () => Text("^[0-9a-f]{48}$"),
        ["cursor"] = () => Text("^[A-Za-z0-9_-]{1,200}$"),
        ["idempotencyKey"] = () => new() { ["type"] = "string", ["description"] = "A Structured Fields string (RFC 9651 section 3.3.3) of 1 to 128 characters: \"8e03978e-40d5-43dd-bc93-6894a57f9324\"." },
        ["eventStream"] = () => new() { ["type"] = "string" },
    };

    // Member of a view → form (or null: as its type is) and meaning.
    private static readonly Dictionary<string, (string? Form, string Meaning)> Members = new(StringComparer.Ordinal)
    {
        ["acceptedByNodeUnixMs"] = (null, "When a node took its transaction, by the silo's clock in milliseconds; 0 before, and where that is not known."),
        ["account"] = ("address", "Account that pays for a lane's transactions."),
        ["act"] = (null, "The act, as it is signed for and handed back."),
        ["actName"] = (null, "EIP-712 primary type of the act."),
        ["address"] = ("address", "The address that the view is of."),
        ["agreementKeyHash"] = ("hash", "SHA-256 of x ‖ y of the enclave's key-agreement key."),
        ["batches"] = (null, "How many batches of devices it registered; they are a list of the address."),
        ["beganAnewAt"] = (null, "The branch at the follower's last rebuild: what was mirrored before it is void."),
        ["attestation"] = (null, "What the operator's silo appraised behind the enclave: unattested, simulated or gramine; a device believes its own check only."),
        ["block"] = (null, "Block number."),
        ["blockHash"] = ("hash", "Hash of the block."),
        ["blockUnixSeconds"] = (null, "Time of the block, seconds."),
        ["bondWei"] = ("decimal", "Bond, wei."),
        ["branch"] = (null, "Grows with each step back and each rebuild of the follower."),
        ["chain"] = (null, "EIP-155 chain id, where the reason is about one."),
        ["chainId"] = (null, "EIP-155 chain id."),
        ["challenge"] = ("challenge", "24 bytes that only this verifier can have made, with their time in them; the last bytes of a quote's nonce."),
        ["code"] = (null, "Stable name of the reason."),
        ["configuration"] = ("hash", "SHA-256 of a configuration that endorsers stand for; left out once withdrawn."),
        ["configurationHash"] = ("hash", "SHA-256 of the enclave's configuration."),
        ["configurations"] = (null, "Configurations that endorsers stood for, by place, those withdrawn too."),
        ["consentId"] = ("hash", "keccak256(abi.encode(device id, device epoch, grantee, scope))."),
        ["consentRegistry"] = ("address", "Address of ConsentRegistry."),
        ["contract"] = ("address", "The contract that takes the act."),
        ["count"] = (null, "How many there are in all; of a batch: its devices, as its manufacturer says."),
        ["cursor"] = (null, "Last block whose events were all delivered."),
        ["cursorHash"] = ("hash", "Hash of that block."),
        ["cursorUnixSeconds"] = (null, "Time of that block, seconds."),
        ["detail"] = (null, "The thing, the value found and the value expected; for people."),
        ["deviceEpoch"] = (null, "The device's epoch that the consent was granted in."),
        ["deviceId"] = ("hash", "keccak256(manufacturer 20 ‖ x 32 ‖ y 32)."),
        ["deviceRegistry"] = ("address", "Address of DeviceRegistry."),
        ["devices"] = (null, "How many devices the owner has, or the manufacturer registered as it says."),
        ["digest"] = ("hash", "EIP-712 digest of the act: the intent's id, and its natural idempotency key."),
        ["documentBytes"] = (null, "Length of the policy's bytes."),
        ["drained"] = (null, "Enclaves that no question goes to: their evidence does not hold, or a policy refuses it."),
        ["enclaves"] = (null, "Enclaves that answer."),
        ["endedBy"] = (null, "What ended it: a consent by revocation, grantee revocation, device epoch or time; a key by endorsers, itself, or a fault: contradiction, block, not canonical, storage. Empty while it lives."),
        ["endorsed"] = (null, "Where on the chain it was endorsed."),
        ["endorsers"] = (null, "Addresses of those who stand for enclaves, by their numbers from 0."),
        ["endorsersVersion"] = (null, "Of the set of endorsers: one more with each change."),
        ["epoch"] = (null, "Grows with each transfer and each end of consents."),
        ["event"] = (null, "The contract's event."),
        ["evidence"] = ("hash", "SHA-256 of what the endorsers of a key checked."),
        ["fields"] = (null, "Fields, in order."),
        ["filledIn"] = (null, "Preparation fills it in when it is left out."),
        ["finalBlock"] = (null, "Newest delivered block that is not expected to be replaced."),
        ["finalUnixSeconds"] = (null, "Time of that block, seconds."),
        ["floor"] = (null, "Consents granted at a lower grant epoch are dead."),
        ["gasLimit"] = (null, "What the intent's item may use at most, gas."),
        ["grantEpoch"] = (null, "The owner's grant epoch; every revocation raises it."),
        ["grantee"] = ("address", "Who may read or command."),
        ["hash"] = ("hash", "Hash of the block."),
        ["head"] = (null, "Newest verified head."),
        ["holdsSeconds"] = (null, "For so many seconds from now."),
        ["id"] = (null, "Id of the entry."),
        ["index"] = (null, "Place in the list, from 1; never used twice."),
        ["isFinal"] = (null, "Its block is not expected to be replaced any more."),
        ["items"] = (null, "The entries of this page."),
        ["keyId"] = ("hash", "SHA-256 of the key's x ‖ y."),
        ["kind"] = (null, "What a consent allows."),
        ["level"] = (null, "Of an enclave its assurance: 0 development, 1 sealed, 2 optimistic, 3 finalized; of a reason how bad it is."),
        ["limit"] = (null, "How much there is of the quota in its window."),
        ["logIndex"] = (null, "Index of the log in its block."),
        ["manufacturer"] = ("address", "Who made the device."),
        ["measurement"] = ("hash", "MRENCLAVE of a program that endorsers stand for; left out once withdrawn."),
        ["measurements"] = (null, "Measurements that endorsers stood for, by place, those withdrawn too."),
        ["modelId"] = ("hash", "Model of the device."),
        ["name"] = (null, "Its name."),
        ["next"] = ("cursor", "Cursor of the next page; missing at the end."),
        ["nextNonce"] = (null, "Account nonce that the next transaction takes."),
        ["notAfterUnixSeconds"] = (null, "The window of the consent or of the key ends, seconds."),
        ["notBeforeUnixSeconds"] = (null, "The consent's window begins, seconds."),
        ["oldestSentUnixMs"] = (null, "When a node first took the transaction that holds up the others, ms; 0 if none."),
        ["operator"] = (null, "First 16 bytes of SHA-256 of the name of who runs the enclave, 0x and hex."),
        ["owner"] = ("address", "Owner of the device or of the consent."),
        ["ownerEpoch"] = (null, "DeviceRegistry's own counter of the owner."),
        ["part"] = (null, "Which part says it."),
        ["pending"] = (null, "Acts that are stored and not mined."),
        ["policy"] = ("hash", "Policy id."),
        ["policyId"] = ("hash", "keccak256 of the exact published bytes."),
        ["policyRegistry"] = ("address", "Address of PolicyRegistry."),
        ["position"] = (null, "Where on the chain the last change stands."),
        ["publicKey"] = ("publicKey", "P-256 x ‖ y."),
        ["publisher"] = ("address", "Who published the policy."),
        ["pythiaRegistry"] = ("address", "Address of PythiaRegistry."),
        ["quota"] = (null, "Which limit is used up."),
        ["reason"] = (null, "Why it failed or is refused."),
        ["reasons"] = (null, "Why it is not ready; empty when it is."),
        ["registry"] = (null, "Name of the contract."),
        ["requestId"] = (null, "The operator finds the request by it in the log."),
        ["root"] = ("hash", "Merkle root of the batch."),
        ["scope"] = ("hash", "keccak256 of the scope's name."),
        ["sequence"] = (null, "Number of the entry in its history, from 0."),
        ["signature"] = ("signature", "65 bytes r ‖ s ‖ v of a key, or what an ERC-1271 wallet takes."),
        ["signer"] = ("address", "Who signed the act."),
        ["signingKey"] = ("publicKey", "The enclave's P-256 key that signs answers, x ‖ y."),
        ["since"] = (null, "When it began (ISO 8601, UTC)."),
        ["stage"] = (null, "How far the intent is."),
        ["status"] = (null, "State of the thing; of a problem: the HTTP status."),
        ["threshold"] = (null, "How many endorsers an act needs."),
        ["title"] = (null, "The kind of refusal in words."),
        ["transactionHash"] = ("hash", "The transaction; beside a log it is a node's hint."),
        ["trouble"] = (null, "Why it does not go on; empty if all is well."),
        ["troubleCode"] = (null, "The same, for programs."),
        ["troubleSinceUnixMs"] = (null, "When this trouble began, ms; 0 if all is well."),
        ["type"] = (null, "What it is: of a field its ABI type, of a problem its kind."),
        ["typedData"] = (null, "The document that a wallet shows and signs (EIP-712, as eth_signTypedData_v4 takes it)."),
        ["underWay"] = (null, "Intents in transactions that are not mined."),
        ["unixSeconds"] = (null, "Time of the block, seconds."),
        ["used"] = (null, "How much of the quota is used."),
        ["value"] = (null, "Numbers in decimal, ids, hashes and addresses 0x and hex; of longer bytes their count and keccak256."),
        ["verdict"] = (null, "What became of the submission."),
        ["version"] = (null, "Grows with each change; for after and Last-Event-ID."),
        ["waiting"] = (null, "Intents in no transaction yet."),
        ["withdrawn"] = (null, "Where on the chain it ended; left out while it stands."),
    };

    public static JsonObject Of(string form) => Forms[form]();

    /// <summary>The schema of a member: the form of its name where it is a text, else that of its type, with its meaning.</summary>
    public static JsonObject OfMember(string name, JsonObject ofType)
    {
        if (!Members.TryGetValue(name, out var known)) return ofType; // a test finds it

        var (form, meaning) = known;
        var isText = (string?)ofType["type"] == "string" && !ofType.ContainsKey("enum");
        var schema = isText && form is not null && Forms.TryGetValue(form, out var make) ? make() : ofType;
        schema["description"] = meaning;
        return schema;
    }

    private static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonObject Number(long least, long most) => new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most };
}
