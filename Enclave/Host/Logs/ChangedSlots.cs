using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Logs;

/// <summary>
/// Slots that a block may have changed, learnt from the topics of its verified logs: every topic is taken as a key of each mapping that facts
/// rest on. It may name a slot too many, and one that no event names is simply not fetched ahead: what an answer says never depends on it.
/// </summary>
internal static class ChangedSlots
{
    /// <summary>The slots of one contract that the logs of a block name.</summary>
    /// <param name="contract">Name in the configuration.</param>
    /// <param name="logs">Logs of all contracts: a transfer in one ends consents in another.</param>
    public static IEnumerable<Hash32> Find(string contract, IEnumerable<VerifiedLog> logs)
        => !Enum.TryParse<ContractRole>(contract, out var role) ? [] : logs.SelectMany(log => Of(role, Keys(log)));

    private static Hash32[] Keys(VerifiedLog log) => [.. log.Topics.Skip(1).Select(topic => Hash32.FromSpan(topic.Span))];

    private static IEnumerable<Hash32> Of(ContractRole role, Hash32[] keys) => role switch
    {
        ContractRole.DeviceRegistry => keys.Select(key => SlotMath.OfMapping(key, StorageLayout.Device.MappingSlot)),
        ContractRole.ConsentRegistry => keys.SelectMany(ConsentSlots).Concat(GranteeSlots(keys)),
        ContractRole.PolicyRegistry => keys.Select(key => SlotMath.OfMapping(key, StorageLayout.Policy.MappingSlot)),
        ContractRole.PythiaRegistry => keys.SelectMany(PythiaSlots),
        _ => [],
    };

    // A key id, or a place in one of the lists.
    private static IEnumerable<Hash32> PythiaSlots(Hash32 key)
        => new[] { StorageLayout.EnclaveKey.MappingSlot, StorageLayout.Measurement.MappingSlot, StorageLayout.Configuration.MappingSlot }
            .Select(mapping => SlotMath.OfMapping(key, mapping));

    private static IEnumerable<Hash32> ConsentSlots(Hash32 key)
    {
        var first = SlotMath.OfMapping(key, StorageLayout.Consent.MappingSlot);
        return Enumerable.Range(0, StorageLayout.Consent.Slots).Select(word => SlotMath.Add(first, word));
    }

    private static IEnumerable<Hash32> GranteeSlots(Hash32[] keys)
        => from owner in keys
           from grantee in keys
           where owner != grantee
           let ofOwner = SlotMath.OfMapping(owner, StorageLayout.Grantee.MappingSlot)
           select SlotMath.Add(SlotMath.OfMapping(grantee, ofOwner), StorageLayout.Grantee.Floor.Slot);
}
