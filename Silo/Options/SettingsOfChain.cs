using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Gateway;
using Pythia.Silo.Hosting;

namespace Pythia.Silo.Options;

/// <summary>The settings of enclave and gateway that follow from the chain: nobody writes an address twice.</summary>
internal static class SettingsOfChain
{
    private const string AnyHash = "0x0000000000000000000000000000000000000000000000000000000000000001";

    /// <summary>What is known when the chain is open.</summary>
    public static Dictionary<string, string?> Of(SiloSettings settings, ChainAccess chain, Uri? proofNode)
    {
        var contracts = chain.Contracts;
        var head = settings.Chain.HeadRpc ?? chain.Nodes[0].ToString();
        var nodes = proofNode is null ? chain.Nodes.Select(node => node.ToString()) : [proofNode.ToString()];
        var values = Write(
            contracts.ChainId,
            contracts.GenesisHash.ToString(),
            head,
            nodes,
            contracts.Contracts.Select(contract => (contract.Name, contract.Address.ToString(), contracts.CodeHashOf(contract.Name).ToString())),
            chain.RelayKeys.Select(key => key.Address.ToString()));

        // Gas of our own development chain costs nothing: whoever tries things out all day must not run into a quota.
        foreach (var quota in settings.OwnChain ? (string[])[nameof(GatewayOptions.AnonymousIntentsPerDay), nameof(GatewayOptions.AnonymousGasPerDay)] : [])
        {
            var key = $"{GatewayOptions.Section}:{quota}";
            if (settings.Configuration[key] is null) values[key] = quota == nameof(GatewayOptions.AnonymousGasPerDay) ? "1000000000000000" : "1000000";
        }

        return values;
    }

    /// <summary>Stand-ins of the right form, so that everything else can be judged before the chain is open.</summary>
    public static Dictionary<string, string?> Any(ChainOptions chain)
        => Write(
            chain.Id,
            AnyHash,
            "http://127.0.0.1",
            ["http://127.0.0.1"],
            Enum.GetNames<ContractRole>().Select((name, i) => (name, $"0x{new string((char)('1' + i), 2 * Address.Size)}", AnyHash)),
            [$"0x{new string('9', 2 * Address.Size)}"]);

    private static Dictionary<string, string?> Write(
        ulong chainId, string genesisHash, string head, IEnumerable<string> nodes, IEnumerable<(string Name, string Address, string CodeHash)> contracts,
        IEnumerable<string> relayAccounts)
    {
        const string Chain = GatewayOptions.Section + ":Chains:0:";
        const string Enclave = EnclaveOptions.Section + ":";
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            [Chain + nameof(GatewayChainOptions.ChainId)] = $"{chainId}",
            [Enclave + nameof(EnclaveOptions.ChainId)] = $"{chainId}",
            [Enclave + nameof(EnclaveOptions.GenesisHash)] = genesisHash,
            [Enclave + nameof(EnclaveOptions.HeadRpc)] = head,
        };
        foreach (var (account, i) in relayAccounts.Select((account, i) => (account, i))) values[$"{Chain}{nameof(GatewayChainOptions.RelayAccounts)}:{i}"] = account;
        foreach (var (node, i) in nodes.Select((node, i) => (node, i))) values[$"{Enclave}{nameof(EnclaveOptions.UntrustedRpc)}:{i}"] = node;
        foreach (var (name, address, codeHash) in contracts)
        {
            if (Enum.TryParse<ContractRole>(name, out _)) values[Chain + name] = address;
            values[$"{Enclave}{nameof(EnclaveOptions.Contracts)}:{name}:Address"] = address;
            values[$"{Enclave}{nameof(EnclaveOptions.Contracts)}:{name}:CodeHash"] = codeHash;
        }

        return values;
    }
}
