using System.Text;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Silo.Commands;

/// <summary>Configurations of enclaves on the command line: what a configuration hash is made of, from a deployment, a file or an address.</summary>
internal static class RegistryConfiguration
{
    private static readonly string[] Levels = ["development", "sealed", "optimistic", "finalized"];

    /// <summary>The configuration that enclaves over this deployment have: nobody need be asked for it.</summary>
    /// <param name="level">Assurance of their heads, 0 to 3.</param>
    public static EnclaveConfiguration Of(DeploymentManifest contracts, byte level)
        => new(
            contracts.ChainId,
            contracts.GenesisHash,
            [.. contracts.Contracts.Select(contract => new ConfiguredContract(contract.Name, contract.Address, contracts.CodeHashOf(contract.Name)))],
            level);

    /// <summary>Reads what the user names: the CBOR itself as 0x and hex, a file of it (bytes, or hex as text), or an http(s) address of one.</summary>
    /// <exception cref="StartException">Nothing is there, or it is no configuration.</exception>
    public static async Task<EnclaveConfiguration> ReadAsync(string named, CancellationToken cancellationToken)
    {
        var bytes = await BytesOfAsync(named, cancellationToken);
        if (bytes.AsSpan().StartsWith("0x"u8) && Hex.TryParse(Encoding.ASCII.GetString(bytes).Trim(), out var decoded)) bytes = decoded;
        if (bytes.Length == EnclaveConfiguration.HashBytes)
        {
            throw new StartException(
                "32 bytes found, which is a configuration's hash: the configuration itself is expected (the command registry configuration prints it), so that it is seen what is endorsed",
                SiloCommandLine.WrongInput);
        }

        return EnclaveConfiguration.Decode(bytes, out var configuration) is var error and not CborError.None
            ? throw new StartException($"{bytes.Length} bytes that are no configuration of an enclave: {error}", SiloCommandLine.WrongInput)
            : configuration!;
    }

    /// <summary>Says why keys under a configuration have no place in this deployment's registry; null where they have.</summary>
    public static string? FindProblem(EnclaveConfiguration configuration, DeploymentManifest contracts)
    {
        if (configuration.ChainId != contracts.ChainId) return $"chain {configuration.ChainId} found, {contracts.ChainId} expected: what its enclaves say of their chain can't be held to this one";
        if (configuration.GenesisHash != contracts.GenesisHash) return $"genesis {configuration.GenesisHash} found, {contracts.GenesisHash} expected: another chain of the same id";

        foreach (var role in Enum.GetNames<ContractRole>())
        {
            var found = configuration.Contracts.FirstOrDefault(contract => contract.Name == role);
            var expected = (contracts.AddressOf(role), contracts.CodeHashOf(role));
            if (found is null) return $"{role}: nothing found, {expected} expected";
            if ((found.Address, found.CodeHash) != expected) return $"{role}: {(found.Address, found.CodeHash)} found, {expected} of this deployment expected";
        }

        return null;
    }

    /// <summary>For people.</summary>
    public static IEnumerable<string> Describe(EnclaveConfiguration configuration)
    {
        yield return $"configuration {Hex.Format(configuration.ComputeHash())}";
        yield return $"  chain {configuration.ChainId}, genesis {configuration.GenesisHash}";
        foreach (var contract in configuration.Contracts) yield return $"  {contract.Name} {contract.Address}, code {contract.CodeHash}";
        yield return $"  heads: {Levels[configuration.Level]} ({configuration.Level})";
    }

    private static async Task<byte[]> BytesOfAsync(string named, CancellationToken cancellationToken)
    {
        if (named.StartsWith("0x", StringComparison.Ordinal)) return Encoding.ASCII.GetBytes(named);

        try
        {
            if (!Uri.TryCreate(named, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) return await File.ReadAllBytesAsync(named, cancellationToken);

            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = 4 * EnclaveConfiguration.MaxBytes };
            return await http.GetByteArrayAsync(uri, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"{named}: can't be read: {e.Message}", SiloCommandLine.WrongInput);
        }
    }
}
