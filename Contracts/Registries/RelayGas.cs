namespace Pythia.Contracts.Registries;

/// <summary>How much gas the parts of a relayed batch get.</summary>
/// <remarks>A batch that tolerates failures must not be priced by eth_estimateGas, which finds the least gas at which the batch as a whole returns
/// (known from Across #3662). These are fixed figures; unused gas comes back. The contracts' own floors stand below them: with less, an item
/// reverts and consumes nothing.</remarks>
public static class RelayGas
{
    /// <summary>A transaction's own cost (EIP-2028).</summary>
    public const ulong Transaction = 21_000;

    /// <summary>Most of a transaction since Osaka (EIP-7825).</summary>
    public const ulong MostOfTransaction = 1 << 24;

    // Checks before the act: call data to memory, ERC-1271 at its cap of 200,000, two hashes, the nonce's first use; and the outcome's event.
    private const uint Overhead = 290_000;

    private const uint OverheadPerByte = 12;

    /// <summary>For one act's signed call, as <c>gas</c> of its relay item.</summary>
    public static uint LimitOf(SignedAct act)
    {
        var (actGas, bytes) = act switch
        {
            RegisterBatchAct batch => (60_000u + (20u * (uint)batch.Uri.Length * 3), batch.Uri.Length * 3),
            ClaimAct claim => (550_000u, 1_000 + (claim.Evidence.Proof.Length * 32)),
            RotateKeyAct => (800_000u, 900),
            GrantAct => (220_000u, 700),
            PublishAct publish => (60_000u + (20u * (uint)publish.Content.Length), publish.Content.Length),
            RevokeAllAct all => (100_000u + (15_000u * all.Max), 400),
            WithdrawAct => (140_000u, 400),
            _ => (100_000u, 600),
        };
        return checked(actGas + (actGas / 63) + Overhead + (OverheadPerByte * (uint)bytes));
    }

    /// <summary>For the transaction that carries these items: what they use at most, plus the floor of the most demanding.</summary>
    /// <param name="items">Gas limit and call data of each.</param>
    public static ulong LimitOf(IReadOnlyCollection<(uint Gas, int CallDataBytes)> items)
        => (ulong)items.Sum(item => (long)item.Gas + (item.Gas / 63) + 40_000 + (item.CallDataBytes * 60L)) + Transaction;
}
