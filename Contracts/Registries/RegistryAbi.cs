using System.Reflection;
using Pythia.Contracts.Abi;

namespace Pythia.Contracts.Registries;

/// <summary>The interfaces of our contracts, from the reviewed snapshots in <c>Contracts/snapshots</c>, which travel in the assembly.</summary>
public static class RegistryAbi
{
    public static ContractAbi DeviceRegistry { get; } = Load("DeviceRegistry");

    public static ContractAbi ConsentRegistry { get; } = Load("ConsentRegistry");

    public static ContractAbi PolicyRegistry { get; } = Load("PolicyRegistry");

    public static ContractAbi Relay { get; } = Load("Relay");

    public static ContractAbi PythiaRegistry { get; } = Load("PythiaRegistry");

    public static ContractAbi ProvenFacts { get; } = Load("ProvenFacts");

    /// <summary>Errors and events of all: what a receipt of a relayed batch may hold.</summary>
    public static ContractAbi All { get; } = new(
        [],
        [.. DeviceRegistry.Events, .. ConsentRegistry.Events, .. PolicyRegistry.Events, .. Relay.Events, .. PythiaRegistry.Events],
        [.. DeviceRegistry.Errors, .. ConsentRegistry.Errors, .. PolicyRegistry.Errors, .. Relay.Errors, .. PythiaRegistry.Errors, .. ProvenFacts.Errors],
        []);

    internal static ContractAbi Of(RegistryKind registry) => registry switch
    {
        RegistryKind.DeviceRegistry => DeviceRegistry,
        RegistryKind.ConsentRegistry => ConsentRegistry,
        RegistryKind.PolicyRegistry => PolicyRegistry,
        _ => throw new ArgumentOutOfRangeException(nameof(registry), registry, "a registry with signed acts expected"),
    };

    private static ContractAbi Load(string name)
    {
        var resource = $"{name}.abi.json";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"resource {resource} not found in the assembly, expected from Contracts/snapshots");
        using var reader = new StreamReader(stream);
        return ContractAbi.Parse(reader.ReadToEnd());
    }
}

/// <summary>A contract that takes signed acts. The name is the contract's; its EIP-712 domain is <c>Pythia {name}</c>.</summary>
public enum RegistryKind
{
    DeviceRegistry = 1,
    ConsentRegistry = 2,
    PolicyRegistry = 3,
}
