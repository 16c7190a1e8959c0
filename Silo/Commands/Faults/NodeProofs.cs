using System.Collections.Immutable;
using Pythia.Contracts.JsonRpc;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;

namespace Pythia.Silo.Commands.Faults;

/// <summary>Headers and proofs from nodes that nobody trusts: what comes is checked against the hash that the answer names.</summary>
internal sealed class NodeProofs(IJsonRpc rpc)
{
    /// <exception cref="StartException">The nodes do not know the block, or give another.</exception>
    public async Task<BlockHeader> HeaderAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        var block = await rpc.CallAsync(new RpcRequest("eth_getBlockByHash", hash, false), cancellationToken);
        if (block.ValueKind is System.Text.Json.JsonValueKind.Null)
            throw new StartException($"block {hash}: no node of Chain:Rpc knows it; one that does, or --proof FILE, is needed");

        return HeaderJson.Check(block, hash).TryGet(out var header, out var damage) ? header : throw Unproven("header", damage);
    }

    /// <summary>The state that a fact rests on, as one account proof for each contract.</summary>
    /// <exception cref="StartException">The nodes do not keep the block's state any more, or what they give does not hold.</exception>
    public async Task<ImmutableArray<AccountProof>> FetchAsync(
        BlockHeader header, EnclaveConfiguration configuration, Hash32 device, Fact fact, CancellationToken cancellationToken)
    {
        var slots = new Dictionary<ContractRole, List<Hash32>>();
        var proofs = new Dictionary<ContractRole, AccountProof>();
        var plan = FactPlan.Start(device, fact, header.UnixSeconds);
        while (!plan.IsDone)
        {
            foreach (var contract in plan.Needs.GroupBy(need => need.Contract))
            {
                if (!slots.TryGetValue(contract.Key, out var wanted)) slots[contract.Key] = wanted = [];
                wanted.AddRange(contract.Select(need => need.Slot));
                proofs[contract.Key] = await FetchAsync(header.Hash, AddressOf(configuration, contract.Key), wanted, cancellationToken);
            }

            var state = new ProvenState(header, configuration.Contracts, [.. proofs.Values]);
            plan = plan.Supply([.. plan.Needs.Select(need => state.Read(need).TryGet(out var slot, out var damage) ? slot.Value : throw Unproven(need.Contract.ToString(), damage))]);
        }

        return [.. proofs.Values];
    }

    private async Task<AccountProof> FetchAsync(Hash32 block, Address account, List<Hash32> slots, CancellationToken cancellationToken)
    {
        var request = new RpcRequest("eth_getProof", account, slots.Select(slot => slot.ToString()).ToArray(), new Dictionary<string, object?> { ["blockHash"] = block });
        var answer = await rpc.CallAsync(request, cancellationToken);
        return AccountProof.Read(answer).TryGet(out var proof, out var damage) ? proof : throw Unproven($"account {account}", damage);
    }

    private static Address AddressOf(EnclaveConfiguration configuration, ContractRole role)
        => configuration.Contracts.FirstOrDefault(contract => contract.Name == role.ToString())?.Address
            ?? throw new StartException($"the configuration names no {role}: its keys can't be held to the chain");

    private static StartException Unproven(string thing, Damage damage) => new($"{thing}: what the nodes of Chain:Rpc gave does not hold ({damage.Reason}): {damage.Detail}");
}
