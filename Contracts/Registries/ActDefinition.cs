using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>What is fixed for one kind of act: its contract, its EIP-712 type and its two functions.</summary>
/// <param name="registry">The contract that takes it.</param>
/// <param name="type">The EIP-712 type up to its own last field: <c>Freeze(bytes32 deviceId,</c>.</param>
/// <param name="function">The direct form; the signed form is <c>{function}Signed</c>.</param>
/// <param name="create">The act of a header and the direct form's arguments.</param>
internal sealed class ActDefinition(RegistryKind registry, string type, string function, Func<ActHeader, AbiValues, SignedAct> create)
{
    private const string CommonFields = "address signer,uint256 nonce,uint64 deadline)";

    public RegistryKind Registry { get; } = registry;

    public TypedDataSchema Schema { get; } = TypedDataSchema.Parse(type + CommonFields);

    public AbiFunction Direct { get; } = RegistryAbi.Of(registry).Function(function);

    public AbiFunction Signed { get; } = RegistryAbi.Of(registry).Function($"{function}Signed");

    public SignedAct Create(ActHeader header, AbiValues arguments) => create(header, arguments);
}
