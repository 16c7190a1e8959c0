using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>The contracts whose storage facts rest on, by their place in the configuration.</summary>
public enum ContractRole
{
    DeviceRegistry = 1,
    ConsentRegistry = 2,
    PolicyRegistry = 3,
    PythiaRegistry = 4,
}

/// <summary>One storage slot of one contract: the key before it is hashed, as <c>eth_getProof</c> takes it.</summary>
public readonly record struct SlotRequest(ContractRole Contract, Hash32 Slot);

/// <summary>
/// The way from a question to its result: asks for slots, takes their proven words, and either asks for more (which consent it is
/// depends on the device's epoch) or is done. Immutable and pure; whoever drives it brings only words that were proven under the root
/// of one header.
/// </summary>
/// <example><code>
/// var plan = FactPlan.Start(deviceId, fact, header.UnixSeconds);
/// while (!plan.IsDone) plan = plan.Supply(ProvenWords(plan.Needs));
/// return plan.Result;
/// </code></example>
public sealed class FactPlan
{
    private readonly Continuation? _next;
    private readonly FactResult _result;

    private FactPlan(ImmutableArray<SlotRequest> needs, Continuation? next, FactResult result)
        => (Needs, _next, _result) = (needs, next, result);

    /// <summary>Goes on with one word for each slot asked.</summary>
    internal delegate FactPlan Continuation(ReadOnlySpan<Hash32> words);

    /// <summary>The slots wanted next, 1 to 4; none when done.</summary>
    public ImmutableArray<SlotRequest> Needs { get; }

    public bool IsDone => _next is null;

    /// <exception cref="InvalidOperationException">Slots are still wanted.</exception>
    public FactResult Result => IsDone ? _result : throw new InvalidOperationException($"{Needs.Length} slots are still wanted");

    /// <summary>The plan for one fact about <paramref name="device"/>.</summary>
    /// <param name="device">Device id.</param>
    /// <param name="fact">What is asked.</param>
    /// <param name="unixSeconds">Time of the block under whose state root the words are proven.</param>
    public static FactPlan Start(Hash32 device, Fact fact, ulong unixSeconds)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return FactTable.Of(fact.Kind).Start(new FactQuestion(device, fact, unixSeconds));
    }

    /// <summary>Goes one step on.</summary>
    /// <param name="words">One for each of <see cref="Needs"/>, in that order; zero for a slot proven absent.</param>
    /// <exception cref="ArgumentException">Another number of words than asked.</exception>
    public FactPlan Supply(ReadOnlySpan<Hash32> words)
    {
        if (_next is null) throw new InvalidOperationException("no slots are wanted any more");
        if (words.Length != Needs.Length) throw new ArgumentException($"{words.Length} words found, {Needs.Length} expected", nameof(words));

        return _next(words);
    }

    internal static FactPlan Ask(Continuation next, params ReadOnlySpan<SlotRequest> needs) => new([.. needs], next, default);

    internal static FactPlan Done(FactResult result) => new([], null, result);
}

/// <summary>One fact about one device at one block's time.</summary>
internal readonly record struct FactQuestion(Hash32 Device, Fact Fact, ulong UnixSeconds);
