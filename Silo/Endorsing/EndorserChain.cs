using System.Collections.Immutable;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;

namespace Pythia.Silo.Endorsing;

/// <summary>PythiaRegistry as an endorser's own node has it.</summary>
/// <param name="rpc">The endorser's own. One that lies can keep it from signing; what it has it sign against the lists, the contract refuses.</param>
/// <param name="contracts">The endorser's own file.</param>
/// <param name="payer">Pays for what is sent.</param>
/// <param name="time">For the wait for a block.</param>
internal sealed class EndorserChain(IJsonRpc rpc, DeploymentManifest contracts, EthereumKey payer, TimeProvider time)
{
    /// <summary>What a transaction may take to its block.</summary>
    private static readonly TimeSpan BlockPatience = TimeSpan.FromMinutes(3);

    private readonly PythiaRegistryReader _reader = new(rpc, contracts.PythiaRegistry);
    private readonly DirectSender _sender = new(rpc, payer, contracts.ChainId, new FeePolicy(), time);

    public ulong ChainId => contracts.ChainId;

    public Address Contract => contracts.PythiaRegistry;

    public async Task<RegistryEndorsers> EndorsersAsync(CancellationToken cancellationToken)
        => (await _reader.EndorsersAsync(cancellationToken: cancellationToken)).Endorsers;

    public async Task<EnclaveKeyStatus> StatusAsync(Hash32 keyId, CancellationToken cancellationToken)
        => (await _reader.KeyAsync(keyId, cancellationToken: cancellationToken)).Status;

    /// <summary>What of the act does not stand in the lists, by name; null for nothing.</summary>
    public async Task<string?> FindNotEndorsedAsync(RegisterKeyAct act, CancellationToken cancellationToken)
        => await _reader.IndexOfMeasurementAsync(act.Measurement, cancellationToken: cancellationToken) == 0 ? $"MeasurementNotEndorsed: {act.Measurement} found, one that stands at PythiaRegistry expected"
            : await _reader.IndexOfConfigurationAsync(act.Configuration, cancellationToken: cancellationToken) == 0 ? $"ConfigurationNotEndorsed: {act.Configuration} found, one that stands at PythiaRegistry expected"
            : null;

    /// <summary>Sends the registration under the places that its measurement and configuration have now, and waits for its block.</summary>
    /// <returns>The block; or why it was refused, before anything was paid where the node can tell.</returns>
    public async Task<(ulong? Block, string Refusal)> RegisterAsync(RegisterKeyAct act, ImmutableArray<Endorsement> endorsements, CancellationToken cancellationToken)
    {
        // A call that waits for its block would be sent beside itself, under the next nonce, to revert and be paid for.
        var mined = await rpc.TransactionCountAsync(payer.Address, BlockTag.Latest, cancellationToken);
        var handedIn = await rpc.TransactionCountAsync(payer.Address, BlockTag.Pending, cancellationToken);
        if (handedIn > mined) return (null, $"transaction {mined} of {payer.Address} waits for its block: nothing is sent beside it");

        var placed = act with
        {
            Registration = act.Registration with
            {
                Measurement = await _reader.IndexOfMeasurementAsync(act.Measurement, cancellationToken: cancellationToken),
                Configuration = await _reader.IndexOfConfigurationAsync(act.Configuration, cancellationToken: cancellationToken),
            },
        };
        using var patience = new CancellationTokenSource(BlockPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var receipt = await _sender.SendAsync(Contract, placed.EncodeCall(endorsements), cancellationToken: either.Token);
            return receipt.Succeeded ? (receipt.BlockNumber, "") : (null, $"refused in transaction {receipt.TransactionHash}");
        }
        catch (RpcException e)
        {
            return (null, e.RevertData() is { Length: > 0 } reason ? RegistryErrors.Describe(reason) : e.Message);
        }
        catch (FeeAboveCapException e)
        {
            return (null, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"sent, and in no block within {BlockPatience}");
        }
    }
}
