using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>Checks an <c>eth_getProof</c> answer (EIP-1186): its account, its slots, and that what it claims beside them is what it proves.</summary>
public static class ProofCheck
{
    /// <summary>Checks an answer about whatever it says it is about.</summary>
    /// <param name="stateRoot">From a checked header; never from the answer.</param>
    /// <param name="proof">The answer.</param>
    public static ProofReport Check(in Hash32 stateRoot, AccountProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var verdict = StateProof.CheckAccount(stateRoot, proof.Address, proof.Nodes);
        var account = JudgeAccount(proof, verdict);
        var slots = new SlotFinding[proof.Slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = account.Verdict == Verdict.Invalid
                ? Refuse(proof.Slots[i].Slot, InvalidReason.AccountInvalid, $"account {proof.Address}: {account.Reason}")
                : JudgeSlot(verdict.StorageRoot, proof.Slots[i]);
        }

        return new ProofReport(account, slots);
    }

    /// <summary>Checks an answer to a known question: an answer about another account or other slots proves nothing.</summary>
    /// <param name="stateRoot">From a checked header; never from the answer.</param>
    /// <param name="address">The account that was asked for.</param>
    /// <param name="slots">The slots that were asked for; the answer holds them in that order, and perhaps more behind them.</param>
    /// <param name="proof">The answer.</param>
    public static ProofReport Check(in Hash32 stateRoot, Address address, ReadOnlySpan<Hash32> slots, AccountProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (proof.Address != address) return RefuseAll(address, slots, proof.Address);

        var report = Check(stateRoot, proof);
        var findings = new SlotFinding[slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            var asked = slots[i];
            if (i >= report.Slots.Count) findings[i] = Refuse(asked, InvalidReason.SlotNotAnswered, $"{report.Slots.Count} slots found, {slots.Length} expected");
            else if (report.Slots[i].Slot != asked) findings[i] = Refuse(asked, InvalidReason.WrongSlot, $"slot {report.Slots[i].Slot} found, {asked} expected");
            else findings[i] = report.Slots[i];
        }

        return report with { Slots = findings };
    }

    private static AccountFinding JudgeAccount(AccountProof proof, in AccountVerdict verdict)
    {
        if (verdict.Verdict == Verdict.Invalid) return new AccountFinding(proof.Address, Verdict.Invalid, verdict.Reason, $"account {proof.Address}", default);

        var mismatch = verdict.Verdict == Verdict.Included ? FindMismatch(proof, verdict.Account) : FindMismatchOfAbsent(proof);
        return mismatch is null
            ? new AccountFinding(proof.Address, verdict.Verdict, InvalidReason.None, null, verdict.Account)
            : new AccountFinding(proof.Address, Verdict.Invalid, InvalidReason.ClaimMismatch, mismatch, default);
    }

    private static string? FindMismatch(AccountProof claimed, in Account proven)
        => Compare("nonce", Hash32.FromUInt64(claimed.Nonce), Hash32.FromUInt64(proven.Nonce))
            ?? Compare("balance", claimed.BalanceWei, proven.BalanceWei)
            ?? Compare("storageHash", claimed.StorageRoot, proven.StorageRoot)
            ?? Compare("codeHash", claimed.CodeHash, proven.CodeHash);

    // Nodes write the hashes of an account that isn't there as zero or as those of an empty one.
    private static string? FindMismatchOfAbsent(AccountProof claimed)
        => Compare("nonce", Hash32.FromUInt64(claimed.Nonce), Hash32.Zero)
            ?? Compare("balance", claimed.BalanceWei, Hash32.Zero)
            ?? (claimed.StorageRoot.IsZero ? null : Compare("storageHash", claimed.StorageRoot, TrieWalk.EmptyRoot))
            ?? (claimed.CodeHash.IsZero ? null : Compare("codeHash", claimed.CodeHash, Account.EmptyCodeHash));

    private static SlotFinding JudgeSlot(in Hash32 storageRoot, SlotProof proof)
    {
        var verdict = StateProof.CheckSlot(storageRoot, proof.Slot, proof.Nodes);
        if (verdict.Verdict == Verdict.Invalid) return Refuse(proof.Slot, verdict.Reason, $"slot {proof.Slot}");

        return Compare("value", proof.Value, verdict.Value) is { } mismatch
            ? Refuse(proof.Slot, InvalidReason.ClaimMismatch, mismatch)
            : new SlotFinding(proof.Slot, verdict.Verdict, InvalidReason.None, null, verdict.Value);
    }

    private static string? Compare(string member, in Hash32 claimed, in Hash32 proven)
        => claimed == proven ? null : $"{member}: {claimed} claimed, {proven} proven";

    private static SlotFinding Refuse(in Hash32 slot, InvalidReason reason, string detail) => new(slot, Verdict.Invalid, reason, detail, default);

    private static ProofReport RefuseAll(Address asked, ReadOnlySpan<Hash32> slots, Address found)
    {
        var detail = $"account {found} found, {asked} expected";
        var findings = new SlotFinding[slots.Length];
        for (var i = 0; i < slots.Length; i++) findings[i] = Refuse(slots[i], InvalidReason.AccountInvalid, detail);

        return new ProofReport(new AccountFinding(asked, Verdict.Invalid, InvalidReason.WrongAccount, detail, default), findings);
    }
}
