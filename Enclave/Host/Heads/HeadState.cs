using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Heads;

/// <summary>
/// One verified head and what is proven of the configured contracts under its state root. The header never changes; accounts are filled in
/// as they are proven, each once.
/// </summary>
internal sealed class HeadState
{
    private readonly ContractAtHead[] _contracts;
    private readonly ContractAtHead[] _byRole;
    private StoredAnswers? _answers;

    public HeadState(BlockHeader header, AssuranceLevel level, ImmutableArray<ConfiguredContract> contracts)
    {
        Header = header;
        Head = new VerifiedHead(header.Number, header.UnixSeconds, header.Hash.ToArray(), level);
        _contracts = [.. contracts.Select(contract => new ContractAtHead(contract))];

        // The options' validation saw to it that every role has one.
        _byRole = [.. Enum.GetValues<ContractRole>().Select(role => _contracts.First(contract => contract.Configured.Name == role.ToString()))];
    }

    public BlockHeader Header { get; }

    public VerifiedHead Head { get; }

    public IReadOnlyList<ContractAtHead> Contracts => _contracts;

    /// <summary>What one generation of keys answered under this head to questions without a nonce; null for one that has ended.</summary>
    public StoredAnswers? AnswersBy(ulong generation)
    {
        while (true)
        {
            var stored = _answers;
            if (stored is not null && stored.Generation >= generation) return stored.Generation == generation ? stored : null;

            Interlocked.CompareExchange(ref _answers, new StoredAnswers(generation), stored);
        }
    }

    public ContractAtHead Find(ContractRole role) => _byRole[(int)role - 1];
}

/// <summary>A contract's account under one state root.</summary>
internal sealed class ContractAtHead(ConfiguredContract configured)
{
    private volatile Proven? _proven;

    public ConfiguredContract Configured { get; } = configured;

    /// <summary>Null until the account is proven, or when its code is not the configured one.</summary>
    public Hash32? StorageRoot => _proven is { CodeFound: var code } proven && code == Configured.CodeHash ? proven.StorageRoot : null;

    /// <summary>Set when the account is proven and its code is not the configured one: nothing read from it means anything.</summary>
    public EnclaveRefusal? WrongCode => _proven is { CodeFound: var code } && code != Configured.CodeHash
        ? new EnclaveRefusal(
            RefusalReason.CodeHashMismatch,
            $"{Configured.Name} at {Configured.Address}: code hash {code} found, {Configured.CodeHash} expected")
        : null;

    /// <summary>Takes what an account proof under this head's state root showed.</summary>
    public void Prove(Hash32 storageRoot, Hash32 codeFound) => _proven = new Proven(storageRoot, codeFound);

    private sealed record Proven(Hash32 StorageRoot, Hash32 CodeFound);
}
