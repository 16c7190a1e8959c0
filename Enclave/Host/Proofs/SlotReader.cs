using System.Collections.Concurrent;
using Pythia.Enclave.Host.Heads;
using Pythia.Enclave.Host.Nodes;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Json;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Proofs;

/// <summary>
/// Proven words of storage slots under one head. In this order: what was proven before under the same storage root; a walk over kept
/// nodes; one <c>eth_getProof</c> for all slots of an account that are still wanted.
/// </summary>
internal sealed class SlotReader(UntrustedNodes nodes, TrieNodeCache cache, EnclaveMetrics metrics, CancellationToken stopping)
{
    /// <summary>Slots remembered with their word, about 200 bytes each; all are forgotten when more come.</summary>
    private const int MaxRemembered = 65_536;

    private readonly ConcurrentDictionary<(Address Contract, Hash32 Slot), Remembered> _remembered = new();
    private readonly SingleFlight<string, Outcome<ProvenAccount>> _flights = new();
    private int _rememberedSinceCleared;

    /// <summary>True for a slot that somebody asked for lately.</summary>
    public bool IsRemembered(Address contract, Hash32 slot) => _remembered.ContainsKey((contract, slot));

    /// <summary>Reads what is proven already, without a call; false when something is missing.</summary>
    public bool TryRead(ContractAtHead contract, ReadOnlySpan<Hash32> slots, Span<Hash32> words)
    {
        if (contract.StorageRoot is not { } root)
        {
            return false;
        }

        for (var i = 0; i < slots.Length; i++)
        {
            if (!TryFind(contract.Configured.Address, root, slots[i], out words[i]))
            {
                return false;
            }
        }

        metrics.SlotsCached(slots.Length);
        return true;
    }

    /// <summary>Proves a contract's account and the slots that are not proven yet, in one call.</summary>
    /// <returns>The proof that was fetched; its words are found by <see cref="TryRead"/> from now on.</returns>
    public Task<Outcome<ProvenAccount>> ProveAsync(HeadState head, ContractAtHead contract, IEnumerable<Hash32> slots, CancellationToken cancellationToken)
    {
        var missing = contract.StorageRoot is { } root
            ? slots.Distinct().Where(slot => !TryFind(contract.Configured.Address, root, slot, out _)).Order().ToArray()
            : slots.Distinct().Order().ToArray();
        return FetchAsync(head, contract, missing, cancellationToken);
    }

    /// <summary>Fetches and checks the proof of exactly these slots; identical fetches under way are one.</summary>
    public Task<Outcome<ProvenAccount>> FetchAsync(HeadState head, ContractAtHead contract, Hash32[] slots, CancellationToken cancellationToken)
    {
        var parameters = $$"""["{{contract.Configured.Address}}",[{{string.Join(',', slots.Select(slot => $"\"{slot}\""))}}],{"blockHash":"{{head.Header.Hash}}"}]""";
        return _flights.RunAsync(parameters, () => FetchOnceAsync(head, contract, slots, parameters), cancellationToken);
    }

    private async Task<Outcome<ProvenAccount>> FetchOnceAsync(HeadState head, ContractAtHead contract, Hash32[] slots, string parameters)
    {
        var read = new NodeRead<ProvenAccount>(
            "eth_getProof",
            parameters,
            RefusalReason.ProofInvalid,
            utf8 => ProvenAccount.Check(utf8, head.Header.StateRoot, contract.Configured.Address, slots));
        var outcome = await nodes.ReadAsync(read, stopping);
        if (!outcome.TryGet(out var proven, out _))
        {
            return outcome;
        }

        metrics.SlotsFetched(slots.Length);
        contract.Prove(proven.StorageRoot, proven.CodeHash);
        if (contract.WrongCode is { } wrongCode)
        {
            return wrongCode;
        }

        Keep(contract.Configured.Address, proven, slots.Length);
        return outcome;
    }

    private void Keep(Address contract, ProvenAccount proven, int slots)
    {
        for (var i = 0; i < slots; i++)
        {
            foreach (var node in proven.Proof.Slots[i].Nodes)
            {
                cache.Add(node);
            }

            Remember(contract, proven.StorageRoot, proven.Report.Slots[i].Slot, proven.Report.Slots[i].Value);
        }
    }

    private bool TryFind(Address contract, Hash32 storageRoot, Hash32 slot, out Hash32 word)
    {
        if (_remembered.TryGetValue((contract, slot), out var remembered) && remembered.StorageRoot == storageRoot)
        {
            word = remembered.Word;
            return true;
        }

        var kept = new CachedNodes(cache);
        var found = StateProof.FindSlot(storageRoot, slot, ref kept);
        word = found.Value;
        if (found.Verdict == Verdict.Invalid)
        {
            return false; // a node is not kept; nothing is said about the slot
        }

        Remember(contract, storageRoot, slot, found.Value);
        return true;
    }

    private void Remember(Address contract, Hash32 storageRoot, Hash32 slot, Hash32 word)
    {
        if (Interlocked.Increment(ref _rememberedSinceCleared) > MaxRemembered)
        {
            _remembered.Clear();
            Volatile.Write(ref _rememberedSinceCleared, 0);
        }

        _remembered[(contract, slot)] = new Remembered(storageRoot, word);
    }

    private sealed record Remembered(Hash32 StorageRoot, Hash32 Word);
}

/// <summary>An <c>eth_getProof</c> answer of which everything that was asked holds.</summary>
internal sealed record ProvenAccount(AccountProof Proof, ProofReport Report)
{
    /// <summary>Root of the empty trie for an account that is proven absent.</summary>
    public Hash32 StorageRoot => Report.Account.Verdict == Verdict.Included ? Report.Account.Account.StorageRoot : TrieWalk.EmptyRoot;

    public Hash32 CodeHash => Report.Account.Verdict == Verdict.Included ? Report.Account.Account.CodeHash : Account.EmptyCodeHash;

    /// <summary>The verifier's judgement; the first thing that is wrong is the damage.</summary>
    public static Checked<ProvenAccount> Check(ReadOnlyMemory<byte> utf8, Hash32 stateRoot, Address address, ReadOnlySpan<Hash32> slots)
    {
        if (!AccountProof.Read(utf8).TryGet(out var proof, out var damage))
        {
            return damage;
        }

        var report = ProofCheck.Check(stateRoot, address, slots, proof);
        if (report.Account.Verdict == Verdict.Invalid)
        {
            return new Damage(report.Account.Reason, report.Account.Detail ?? $"account {address}");
        }

        var bad = report.Slots.FirstOrDefault(slot => slot.Verdict == Verdict.Invalid);
        return bad is not null
            ? new Damage(bad.Reason, bad.Detail ?? $"slot {bad.Slot}")
            : Checked<ProvenAccount>.Valid(new ProvenAccount(proof, report));
    }
}
