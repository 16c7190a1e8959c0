using System.Text.Json;
using System.Text.Json.Serialization;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>One contract of a deployment.</summary>
/// <param name="CodeHash">keccak256 of the account's code, which the enclave checks too; null until it stands.</param>
public sealed record DeployedContract(string Name, Address Address, Hash32? CodeHash);

/// <summary>What was deployed, where: the file <c>contracts.json</c> of a data folder.</summary>
/// <param name="Deployer">Addresses follow from it and <paramref name="FirstNonce"/>, so a start that was interrupted goes on where it was.</param>
/// <param name="DeployedFromBlock">No event of these contracts is older.</param>
public sealed record DeploymentManifest(
    ulong ChainId,
    Hash32 GenesisHash,
    Address Deployer,
    ulong FirstNonce,
    ulong DeployedFromBlock,
    IReadOnlyList<DeployedContract> Contracts)
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    [JsonIgnore]
    public Address DeviceRegistry => AddressOf("DeviceRegistry");

    [JsonIgnore]
    public Address PolicyRegistry => AddressOf("PolicyRegistry");

    [JsonIgnore]
    public Address ConsentRegistry => AddressOf("ConsentRegistry");

    [JsonIgnore]
    public Address Relay => AddressOf("Relay");

    [JsonIgnore]
    public Address ProvenFacts => AddressOf("ProvenFacts");

    [JsonIgnore]
    public Address PythiaRegistry => AddressOf("PythiaRegistry");

    /// <exception cref="KeyNotFoundException">There is no such contract.</exception>
    public Address AddressOf(string name) => Find(name).Address;

    /// <exception cref="KeyNotFoundException">There is no such contract, or it does not stand yet.</exception>
    public Hash32 CodeHashOf(string name) => Find(name).CodeHash ?? throw new KeyNotFoundException($"contract {name} is not deployed yet");

    /// <summary>Which of our registries stands at this address; null for none.</summary>
    public string? NameOf(Address address) => Contracts.FirstOrDefault(c => c.Address == address)?.Name;

    /// <summary>Reads the file; null if there is none.</summary>
    /// <exception cref="FormatException">It is damaged. The message names the file and the place.</exception>
    public static DeploymentManifest? Load(string path)
    {
        if (!File.Exists(path)) return null;

        try
        {
            return JsonSerializer.Deserialize<DeploymentManifest>(File.ReadAllBytes(path), Form) ?? throw new JsonException("null found, an object expected");
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes the file whole or not at all.</summary>
    public void Save(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var draft = $"{path}.new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, this, Form);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }

    private DeployedContract Find(string name)
        => Contracts.FirstOrDefault(c => c.Name == name) ?? throw new KeyNotFoundException($"contract {name} not found among {string.Join(", ", Contracts.Select(c => c.Name))}");
}
