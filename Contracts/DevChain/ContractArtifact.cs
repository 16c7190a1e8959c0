using System.Text.Json;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.DevChain;

/// <summary>What the compiler wrote about a contract: <c>Contracts/out/{Name}.json</c>.</summary>
/// <param name="Bytecode">What a creating transaction carries, constructor arguments not included.</param>
/// <param name="DeployedBytecode">The account's code, immutable values still zero.</param>
/// <param name="Json">All of the file: storage layout, places of immutables, selectors.</param>
public sealed record ContractArtifact(string Name, ContractAbi Abi, ReadOnlyMemory<byte> Bytecode, ReadOnlyMemory<byte> DeployedBytecode, JsonElement Json)
{
    /// <summary>Reads one; <see cref="ContractCompiler.EnsureAsync"/> writes them.</summary>
    /// <exception cref="FileNotFoundException">It was not compiled.</exception>
    /// <exception cref="FormatException">The file is no such artifact.</exception>
    public static ContractArtifact Load(ContractsFolder contracts, string name)
    {
        var path = contracts.Combine("out", $"{name}.json");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path} not found: compile with node tools/compile.mjs", path);

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var json = document.RootElement.Clone();
            return new ContractArtifact(
                name,
                ContractAbi.Parse(json.GetProperty("abi")),
                Hex.Parse(json.GetProperty("bytecode").GetString()!),
                Hex.Parse(json.GetProperty("deployedBytecode").GetString()!),
                json);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The data of a transaction that creates the contract.</summary>
    /// <exception cref="ArgumentException">The values are not the constructor's.</exception>
    public byte[] EncodeDeployment(params ReadOnlySpan<object?> constructorValues)
        => [.. Bytecode.Span, .. AbiCodec.Encode(Abi.Constructor, constructorValues)];
}
