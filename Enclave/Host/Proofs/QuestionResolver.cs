using System.Collections.Immutable;
using Pythia.Enclave.Host.Heads;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Proofs;

/// <summary>The results of a question under one head, in the order of its facts, and the slots that they rest on.</summary>
internal sealed record Resolved(ImmutableArray<FactResult> Results, IReadOnlySet<SlotRequest> Slots);

/// <summary>Takes a question from its facts over the slots they rest on to its results: all words are proven under one head.</summary>
internal sealed class QuestionResolver(SlotReader slots)
{
    /// <summary>The results where all words are proven already, without a call; false where one is missing.</summary>
    public bool TryResolve(HeadState head, Question question, out ImmutableArray<FactResult> results)
    {
        var found = ImmutableArray.CreateBuilder<FactResult>(question.Facts.Length);
        results = [];
        foreach (var fact in question.Facts)
        {
            if (!TryResolve(head, question.Device, fact, out var result))
            {
                return false;
            }

            found.Add(result);
        }

        results = found.MoveToImmutable();
        return true;
    }

    /// <summary>The results, and the slots that they rest on; what is not proven yet is fetched.</summary>
    public async ValueTask<Outcome<Resolved>> ResolveAsync(HeadState head, Question question, CancellationToken cancellationToken)
    {
        var plans = question.Facts.Select(fact => FactPlan.Start(question.Device, fact, head.Header.UnixSeconds)).ToArray();
        var words = new Dictionary<SlotRequest, Hash32>();
        while (plans.Any(plan => !plan.IsDone))
        {
            var needs = plans.SelectMany(plan => plan.Needs).Distinct().Where(need => !words.ContainsKey(need));
            foreach (var contract in needs.GroupBy(need => need.Contract))
            {
                if (await ReadAsync(head, contract.Key, [.. contract.Select(need => need.Slot)], words, cancellationToken) is { } refusal)
                {
                    return refusal;
                }
            }

            plans = [.. plans.Select(plan => plan.IsDone ? plan : plan.Supply([.. plan.Needs.Select(need => words[need])]))];
        }

        return new Resolved([.. plans.Select(plan => plan.Result)], words.Keys.ToHashSet());
    }

    /// <summary>The raw proof behind a question: <c>{"header":"0x… RLP","proofs":[eth_getProof, …]}</c>, a contract each.</summary>
    public async ValueTask<Outcome<byte[]>> ProveAsync(HeadState head, Question question, CancellationToken cancellationToken)
    {
        if (!(await ResolveAsync(head, question, cancellationToken)).TryGet(out var resolved, out var refusal))
        {
            return refusal;
        }

        var proofs = new List<AccountProof>();
        foreach (var contract in resolved.Slots.GroupBy(slot => slot.Contract).OrderBy(contract => contract.Key))
        {
            var wanted = contract.Select(slot => slot.Slot).Order().ToArray();
            if (!(await slots.FetchAsync(head, head.Find(contract.Key), wanted, cancellationToken)).TryGet(out var proven, out refusal))
            {
                return refusal;
            }

            proofs.Add(proven.Proof with { Slots = proven.Proof.Slots[..wanted.Length] });
        }

        return RawProofJson.Write(head.Header.Rlp, proofs);
    }

    private bool TryResolve(HeadState head, Hash32 device, Fact fact, out FactResult result)
    {
        Span<Hash32> words = stackalloc Hash32[FactTable.MaxSlotsOfAFact];
        var plan = FactPlan.Start(device, fact, head.Header.UnixSeconds);
        while (!plan.IsDone)
        {
            for (var i = 0; i < plan.Needs.Length; i++)
            {
                var need = plan.Needs[i];
                if (!slots.TryRead(head.Find(need.Contract), [need.Slot], words.Slice(i, 1)))
                {
                    result = default;
                    return false;
                }
            }

            plan = plan.Supply(words[..plan.Needs.Length]);
        }

        result = plan.Result;
        return true;
    }

    private async ValueTask<EnclaveRefusal?> ReadAsync(
        HeadState head, ContractRole role, Hash32[] wanted, Dictionary<SlotRequest, Hash32> words, CancellationToken cancellationToken)
    {
        var contract = head.Find(role);
        var found = new Hash32[wanted.Length];
        while (!slots.TryRead(contract, wanted, found))
        {
            if (contract.WrongCode is { } wrongCode)
            {
                return wrongCode;
            }

            // What is proven is found by the next TryRead; under a cache too small for one proof it comes from the proof itself.
            if (!(await slots.ProveAsync(head, contract, wanted, cancellationToken)).TryGet(out var proven, out var refusal))
            {
                return refusal;
            }

            foreach (var finding in proven.Report.Slots)
            {
                words[new SlotRequest(role, finding.Slot)] = finding.Value;
            }

            wanted = [.. wanted.Where(slot => !words.ContainsKey(new SlotRequest(role, slot)))];
            found = new Hash32[wanted.Length];
        }

        for (var i = 0; i < wanted.Length; i++)
        {
            words[new SlotRequest(role, wanted[i])] = found[i];
        }

        return null;
    }
}
