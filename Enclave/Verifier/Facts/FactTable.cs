using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>One argument: its name and exact length. Addresses have 20 bytes, ids and hashes 32.</summary>
public sealed record FactArgument(string Name, int Bytes);

/// <summary>One line of the table.</summary>
public sealed class FactDefinition
{
    internal FactDefinition(
        FactKind kind, ImmutableArray<FactArgument> arguments, string result, int maxSlots, ImmutableArray<ContractRole> contracts, Func<FactQuestion, FactPlan> start)
        => (Kind, Arguments, Result, MaxSlots, Contracts, Start) = (kind, arguments, result, maxSlots, contracts, start);

    /// <summary>Number on the wire.</summary>
    public FactKind Kind { get; }

    /// <summary>What it takes, in order.</summary>
    public ImmutableArray<FactArgument> Arguments { get; }

    /// <summary>What it gives other than null, for people.</summary>
    public string Result { get; }

    /// <summary>Most storage slots it reads.</summary>
    public int MaxSlots { get; }

    /// <summary>The contracts whose account is proven for it.</summary>
    public ImmutableArray<ContractRole> Contracts { get; }

    internal Func<FactQuestion, FactPlan> Start { get; }
}

/// <summary>
/// Every fact there is (architecture section 11): number, arguments, slots, result. A new one is a new line at the end and its rule in
/// <see cref="FactRules"/>. Null is the result of whatever is absent, zero or dead, and permits nothing.
/// </summary>
public static class FactTable
{
    /// <summary>Most slots of one fact (architecture section 5).</summary>
    public const int MaxSlotsOfAFact = 4;

    private static readonly FactArgument Grantee = new("grantee", Address.Size);
    private static readonly FactArgument Commander = new("commander", Address.Size);
    private static readonly FactArgument Scope = new("scope", Hash32.Size);
    private static readonly FactArgument Policy = new("policy", Hash32.Size);
    private static readonly FactArgument KeyId = new("key id", Hash32.Size);

    /// <summary>The table, by ascending number from 1 without gaps.</summary>
    public static ImmutableArray<FactDefinition> Definitions { get; } =
    [
        new(FactKind.OwnerOf, [], "owner bstr 20", 1, [ContractRole.DeviceRegistry], FactRules.OwnerOf),
        new(FactKind.DeviceStatus, [], "[status, epoch, security counter]", 1, [ContractRole.DeviceRegistry], FactRules.DeviceStatus),
        new(
            FactKind.Consent, [Grantee, Scope], "[status, kind, not-before, not-after, policy bstr 32]", 4,
            [ContractRole.DeviceRegistry, ContractRole.ConsentRegistry], FactRules.Consent),
        new(
            FactKind.CommandAllowed, [Commander, Scope], "[1, not-after]", 3,
            [ContractRole.DeviceRegistry, ContractRole.ConsentRegistry], FactRules.CommandAllowed),
        new(FactKind.PolicyStatus, [Policy], "[status]", 1, [ContractRole.PolicyRegistry], FactRules.PolicyStatus),
        new(
            FactKind.PythiaKey, [KeyId], "[status, not-after, measurement bstr 32, operator bstr 16]", 3,
            [ContractRole.PythiaRegistry], FactRules.PythiaKey),
    ];

    /// <summary>The line of a number from the wire; null where there is none.</summary>
    public static FactDefinition? Find(ulong number) => number is >= 1 && number <= (ulong)Definitions.Length ? Definitions[(int)number - 1] : null;

    /// <exception cref="ArgumentOutOfRangeException">No such fact.</exception>
    public static FactDefinition Of(FactKind kind)
        => Find((ulong)kind) ?? throw new ArgumentOutOfRangeException(nameof(kind), $"{kind} found, 1 to {Definitions.Length} expected");
}
