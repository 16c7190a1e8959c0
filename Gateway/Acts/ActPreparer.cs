using System.Collections.Frozen;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Gateway.Problems;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Owners;
using ConsentStatus = Pythia.Grains.Consents.ConsentStatus;

namespace Pythia.Gateway.Acts;

/// <summary>
/// Completes an act for its signer: 1. contract and name; 2. a nonce of a fresh random key, so that no intent waits for another; 3. a deadline;
/// 4. the counters that the ledger has now. What a caller gives is taken as it is: the signer decides, grain and contract check.
/// </summary>
public sealed class ActPreparer(TimeProvider time, IOptions<GatewayOptions> options)
{
    private const int NonceKeyBytes = 24;

    /// <summary>What is filled in where an act of this name leaves it out, by path: <c>epochs.deviceEpoch</c>.</summary>
    internal static IReadOnlySet<string> FilledIn(string name) => FilledInByAct.GetValueOrDefault(name) ?? FrozenSet<string>.Empty;

    private static readonly FrozenDictionary<string, FrozenSet<string>> FilledInByAct = new Dictionary<string, FrozenSet<string>>(StringComparer.Ordinal)
    {
        ["Grant"] = ["epochs", "epochs.deviceEpoch", "epochs.grantEpoch", "epochs.ownerEpoch"],
        ["Accept"] = ["key.grantee", "key.deviceEpoch", "termsHash"],
        ["Transfer"] = ["deviceEpoch", "ownerEpoch"],
        ["Unfreeze"] = ["deviceEpoch", "ownerEpoch"],
        ["Retire"] = ["deviceEpoch"],
        ["SetRecovery"] = ["ownerEpoch"],
        ["StartRecovery"] = ["ownerEpoch"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    internal async Task<JsonObject> CompleteAsync(string name, RegistryKind registry, JsonObject fields, GatewayChainOptions chain, IGrainFactory grains)
    {
        // 1. contract and name
        if (fields.ContainsKey("act") || fields.ContainsKey("contract"))
            throw new ActRefusedException(new(ProblemTypes.MalformedAct, "act or contract: a value found, none expected: the path says both"));

        var act = new JsonObject { ["act"] = name, ["contract"] = ActCodec.ContractOf(registry, chain) };
        foreach (var (member, value) in fields) act[member] = value?.DeepClone();
        var signer = ActMembers.ReadAddress(act, "signer");

        // 2. nonce: 192 bits of key, sequence 0 (EIP-4337 form)
        if (!act.ContainsKey("nonce"))
            act["nonce"] = KeyedNonce.Of(new BigInteger(RandomNumberGenerator.GetBytes(NonceKeyBytes), isUnsigned: true), 0).ToString();

        // 3. deadline
        if (!act.ContainsKey("deadline")) act["deadline"] = $"{time.GetUtcNow().ToUnixTimeSeconds() + options.Value.IntentLifetimeSeconds}";

        // 4. counters
        await new Counters(chain.ChainId, grains).FillAsync(name, act, signer);
        return act;
    }

    // What the ledger has, asked for only where the caller left it out.
    private sealed class Counters(ulong chainId, IGrainFactory grains)
    {
        public async Task FillAsync(string name, JsonObject act, Address signer)
        {
            switch (name)
            {
                case "Grant":
                    var terms = ActMembers.ReadObject(act, "terms");
                    var epochs = Child(act, "epochs");
                    await FillDeviceEpochAsync(epochs, terms, "terms.");
                    await FillGrantEpochAsync(epochs, signer);
                    await FillOwnerEpochAsync(epochs, signer);
                    break;
                case "Accept":
                    var key = Child(act, "key");
                    if (!key.ContainsKey("grantee")) key["grantee"] = signer.ToString();
                    await FillDeviceEpochAsync(key, key, "key.");
                    if (!act.ContainsKey("termsHash")) act["termsHash"] = (await FindTermsHashAsync(key)).ToString();
                    break;
                case "Transfer" or "Unfreeze":
                    await FillDeviceEpochAsync(act, act, "");
                    await FillOwnerEpochAsync(act, signer);
                    break;
                case "Retire":
                    await FillDeviceEpochAsync(act, act, "");
                    break;
                case "SetRecovery":
                    await FillOwnerEpochAsync(act, signer);
                    break;
                case "StartRecovery":
                    await FillOwnerEpochAsync(act, ActMembers.ReadAddress(act, "owner"));
                    break;
            }
        }

        private static JsonObject Child(JsonObject act, string name)
        {
            if (!act.ContainsKey(name)) act[name] = new JsonObject();
            return ActMembers.ReadObject(act, name);
        }

        private async Task FillDeviceEpochAsync(JsonObject target, JsonObject device, string path)
        {
            if (target.ContainsKey("deviceEpoch")) return;

            var id = ActMembers.ReadHash(device, "deviceId", path);
            target["deviceEpoch"] = (await grains.GetGrain<IDeviceGrain>(GrainKeys.Of(chainId, id.ToString())).GetAsync()).Epoch;
        }

        private async Task FillGrantEpochAsync(JsonObject target, Address owner)
        {
            if (!target.ContainsKey("grantEpoch")) target["grantEpoch"] = $"{(await ReadOwnerAsync(owner)).GrantEpoch}";
        }

        private async Task FillOwnerEpochAsync(JsonObject target, Address owner)
        {
            if (!target.ContainsKey("ownerEpoch")) target["ownerEpoch"] = (await ReadOwnerAsync(owner)).OwnerEpoch;
        }

        private Task<OwnerView> ReadOwnerAsync(Address owner) => grains.GetGrain<IOwnerGrain>(GrainKeys.Of(chainId, owner.ToString())).GetAsync();

        // What is accepted is the offer as the ledger has it; the grantee reads its terms in the consent's view.
        private async Task<Hash32> FindTermsHashAsync(JsonObject key)
        {
            var (deviceId, scope) = (ActMembers.ReadHash(key, "deviceId", "key."), ActMembers.ReadHash(key, "scope", "key."));
            var grantee = ActMembers.ReadAddress(key, "grantee", "key.");
            var consentId = RegistryIds.ConsentId(deviceId, ActMembers.ReadNumber(key, "deviceEpoch", "key."), grantee, scope);
            var view = await grains.GetGrain<IConsentGrain>(GrainKeys.Of(chainId, consentId.ToString())).GetAsync();
            if (view.Status != ConsentStatus.Offered || view.Policy is null)
                throw new ActRefusedException(new(ProblemTypes.NothingOffered, $"consent {consentId}: status {view.Status} found, Offered expected"));

            var terms = new ConsentTerms(
                deviceId, grantee, scope, (Contracts.Registries.ConsentKind)view.Kind, view.NotBeforeUnixSeconds, view.NotAfterUnixSeconds,
                BigInteger.Parse(view.BondWei), Hash32.Parse(view.Policy));
            return RegistryIds.TermsHash(consentId, terms, view.GrantEpoch);
        }
    }
}
