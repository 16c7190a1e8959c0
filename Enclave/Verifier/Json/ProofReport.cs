using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>What an <c>eth_getProof</c> answer proves.</summary>
/// <param name="Account">The account; its values are proven, not claimed.</param>
/// <param name="Slots">One for each slot, in the order asked or, where nothing was asked, in that of the answer.</param>
public sealed record ProofReport(AccountFinding Account, IReadOnlyList<SlotFinding> Slots)
{
    /// <summary>True when nothing in it is invalid.</summary>
    public bool Holds => Account.Verdict != Verdict.Invalid && Slots.All(slot => slot.Verdict != Verdict.Invalid);
}

/// <summary>The account's part of a report.</summary>
/// <param name="Detail">What was found and expected, or null.</param>
/// <param name="Account">All zero unless included.</param>
public sealed record AccountFinding(Address Address, Verdict Verdict, InvalidReason Reason, string? Detail, Account Account);

/// <summary>A slot's part of a report.</summary>
/// <param name="Detail">What was found and expected, or null.</param>
/// <param name="Value">The proven word; zero unless included.</param>
public sealed record SlotFinding(Hash32 Slot, Verdict Verdict, InvalidReason Reason, string? Detail, Hash32 Value);
