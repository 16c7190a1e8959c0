using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>A result with the slots that it rests on.</summary>
/// <param name="Result">Null permits nothing.</param>
/// <param name="Slots">In the order in which they were asked.</param>
public sealed record ProvenFact(FactResult Result, ImmutableArray<SlotFinding> Slots);

/// <summary>The nodes that lead to slots of one account, as <c>eth_getProof</c> (EIP-1186) gives them: from the root down.</summary>
/// <param name="Contract">Whose account it is.</param>
/// <param name="Account">Under the state root.</param>
/// <param name="Slots">Under the account's storage root, in the order in which they were asked.</param>
public sealed record AccountPath(ContractRole Contract, ImmutableArray<ReadOnlyMemory<byte>> Account, ImmutableArray<ImmutableArray<ReadOnlyMemory<byte>>> Slots);

/// <summary>
/// The state of the configured contracts under one header, as far as some <c>eth_getProof</c> answers prove it. Whoever doubts an answer
/// puts the raw proof behind it in here and asks the same question.
/// </summary>
/// <param name="header">Checked; its hash came from a trusted source.</param>
/// <param name="contracts">From the attested configuration, named as <see cref="ContractRole"/> has them.</param>
/// <param name="proofs">Answers of untrusted nodes, in any order; one account may come several times with different slots.</param>
public sealed class ProvenState(BlockHeader header, ImmutableArray<ConfiguredContract> contracts, IReadOnlyList<AccountProof> proofs)
{
    private readonly Dictionary<AccountProof, ProofReport> _reports = new(ReferenceEqualityComparer.Instance);

    /// <summary>Answers one fact about one device, or says what is missing or wrong in the proofs.</summary>
    public Checked<ProvenFact> Ask(Hash32 device, Fact fact)
        => Follow(device, fact, []).TryGet(out var proven, out var damage) ? Checked<ProvenFact>.Valid(proven) : damage;

    /// <summary>What somebody else needs to come to the same answer by these proofs: each account in the order in which it is first asked,
    /// its slots likewise.</summary>
    public Checked<IReadOnlyList<AccountPath>> Trace(Hash32 device, Fact fact)
    {
        var paths = new List<AccountPath>();
        return Follow(device, fact, paths).TryGet(out _, out var damage) ? Checked<IReadOnlyList<AccountPath>>.Valid(paths) : damage;
    }

    /// <summary>One slot of a configured contract, whose code is proven to be the configured one.</summary>
    public Checked<SlotFinding> Read(SlotRequest request)
        => Find(request).TryGet(out var found, out var damage) ? Checked<SlotFinding>.Valid(found.Slot) : damage;

    /// <summary>Checks that an account is the configured contract: there, and with its code.</summary>
    /// <returns>Null when it is.</returns>
    public static Damage? CheckAccount(ConfiguredContract contract, AccountFinding found)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentNullException.ThrowIfNull(found);
        if (found.Verdict == Verdict.Invalid) return new Damage(found.Reason, $"{contract.Name}: {found.Detail}");
        if (found.Address != contract.Address) return new Damage(InvalidReason.WrongAccount, $"{contract.Name}: account {found.Address} found, {contract.Address} expected");
        if (found.Verdict == Verdict.Absent) return new Damage(InvalidReason.CodeHashMismatch, $"{contract.Name} {contract.Address}: no account found, code {contract.CodeHash} expected");

        return found.Account.CodeHash == contract.CodeHash
            ? null
            : new Damage(InvalidReason.CodeHashMismatch, $"{contract.Name} {contract.Address}: code {found.Account.CodeHash} found, {contract.CodeHash} expected");
    }

    private Checked<ProvenFact> Follow(Hash32 device, Fact fact, List<AccountPath> paths)
    {
        var plan = FactPlan.Start(device, fact, header.UnixSeconds);
        var slots = ImmutableArray.CreateBuilder<SlotFinding>();
        while (!plan.IsDone)
        {
            var words = new Hash32[plan.Needs.Length];
            for (var i = 0; i < words.Length; i++)
            {
                if (!Find(plan.Needs[i]).TryGet(out var found, out var damage)) return damage;

                slots.Add(found.Slot);
                words[i] = found.Slot.Value;
                Note(paths, plan.Needs[i].Contract, found);
            }

            plan = plan.Supply(words);
        }

        return Checked<ProvenFact>.Valid(new ProvenFact(plan.Result, slots.ToImmutable()));
    }

    private static void Note(List<AccountPath> paths, ContractRole contract, FoundSlot found)
    {
        ImmutableArray<ReadOnlyMemory<byte>> nodes = [.. found.Proof.Slots.First(each => each.Slot == found.Slot.Slot).Nodes];
        var at = paths.FindIndex(path => path.Contract == contract);
        if (at < 0) paths.Add(new AccountPath(contract, [.. found.Proof.Nodes], [nodes]));
        else paths[at] = paths[at] with { Slots = paths[at].Slots.Add(nodes) };
    }

    private Checked<FoundSlot> Find(SlotRequest request)
    {
        var name = request.Contract.ToString();
        var contract = contracts.FirstOrDefault(each => each.Name == name);
        if (contract is null) return new Damage(InvalidReason.AccountNotAnswered, $"{name} is not in the configuration");

        var missing = new Damage(InvalidReason.AccountNotAnswered, $"{name} {contract.Address}: no proof of this account is given");
        foreach (var proof in proofs.Where(each => each.Address == contract.Address))
        {
            var report = Report(proof);
            if (CheckAccount(contract, report.Account) is { } damage) return damage;

            var slot = report.Slots.FirstOrDefault(each => each.Slot == request.Slot);
            if (slot is { Verdict: Verdict.Invalid }) return new Damage(slot.Reason, $"{name}: {slot.Detail}");
            if (slot is not null) return Checked<FoundSlot>.Valid(new FoundSlot(proof, slot));

            missing = new Damage(InvalidReason.SlotNotAnswered, $"{name}: no proof of slot {request.Slot} is given");
        }

        return missing;
    }

    private ProofReport Report(AccountProof proof)
    {
        if (!_reports.TryGetValue(proof, out var report)) _reports[proof] = report = ProofCheck.Check(header.StateRoot, proof);

        return report;
    }

    private sealed record FoundSlot(AccountProof Proof, SlotFinding Slot);
}
