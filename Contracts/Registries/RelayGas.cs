using System.Reflection;
using System.Text.Json;

namespace Pythia.Contracts.Registries;

/// <summary>How much gas the parts of a relayed batch get, from the measured figures in <c>Contracts/snapshots/gas.json</c>.</summary>
/// <remarks>A batch that tolerates failures must not be priced by eth_estimateGas, which finds the least gas at which the batch as a whole
/// returns (known from Across #3662). Unused gas comes back. The contracts' own floors stand below these figures: with less, an item reverts
/// and consumes nothing.</remarks>
public static class RelayGas
{
    /// <summary>Most of a transaction since Osaka (EIP-7825).</summary>
    public const ulong MostOfTransaction = 1 << 24;

    // EIP-2028.
    private const ulong TransactionBase = 21_000;

    // Relay and SignedActs, before and behind the act: EIP-150's 64th, the call, the outcome's event with the longest reason.
    private const ulong OutcomeReserve = 24_000;

    // SignedActs.ERC1271_GAS.
    private const ulong WalletSignature = 200_000;

    // Signature, nonce's first use, two calls and two events: what the signed form adds (measured: 16,000 to 19,000).
    private const ulong SignedForm = 20_000;

    private static readonly Dictionary<string, ulong> Measured = Load();

    /// <summary>For one act's signed call, as <c>gas</c> of its relay item: the contract's own floor for the act, and what comes before it.</summary>
    public static uint LimitOf(SignedAct act)
    {
        var floor = FloorOf(act);
        var bytes = (ulong)act.EncodeSignedCall([]).Length;
        return checked((uint)(floor + (floor / 63) + OutcomeReserve + WalletSignature + 60_000 + (12 * bytes)));
    }

    /// <summary>What the act takes of a batch at most, as measured, and a quarter more.</summary>
    /// <param name="signerIsWallet">The signer has code, whose ERC-1271 answer may cost up to its cap.</param>
    public static ulong UsageOf(SignedAct act, bool signerIsWallet = false)
    {
        var direct = act switch
        {
            RegisterBatchAct batch => Measured["register a batch of 1,000"] + (40 * (ulong)batch.Uri.Length),
            ClaimAct claim => Measured["claim"] + (700 * (ulong)claim.Evidence.Proof.Length),
            TransferAct => Measured["transfer to a new holder, bound to epochs"],
            RotateKeyAct => Measured["rotate a device key"],
            StartRecoveryAct => Measured["start recovery"],
            SetRecoveryAct => Measured["start recovery"],
            GrantAct => Measured["grant data with a bond"],
            AcceptAct => Measured["accept with a bond"],
            RevokeAct => Measured["revoke one"],
            RevokeGranteeAct => Measured["revoke a grantee"] + 20_000, // a grantee that was never listed
            RevokeAllAct all => Measured["revoke a grantee"] + (all.Max * Measured["revoke all of 100 grantees, each"]),
            WithdrawAct => Measured["withdraw"] + 75_000, // a receiver that takes all it may, or does not exist yet
            PublishAct publish => Measured["publish a policy of 500 bytes"] + (40 * (ulong)publish.Content.Length),
            _ => Measured["end all consents of a device"] + 20_000,
        };
        return ((direct + SignedForm) * 5 / 4) + (signerIsWallet ? WalletSignature : 0);
    }

    /// <summary>For the transaction that carries these acts: what they take, and room for the most demanding one's floor whenever it comes.</summary>
    public static ulong TransactionLimit(IReadOnlyCollection<SignedAct> acts, Func<SignedAct, bool>? signerIsWallet = null)
    {
        if (acts.Count == 0) return TransactionBase;

        var usage = acts.Aggregate(0UL, (sum, act) => sum + UsageOf(act, signerIsWallet?.Invoke(act) ?? false));
        var mostDemanding = acts.Max(act => (ulong)act.GasLimit);
        return TransactionBase + usage + mostDemanding + (mostDemanding / 63) + OutcomeReserve;
    }

    // The constants of the contracts (…_GAS), at which they give the act its gas.
    private static ulong FloorOf(SignedAct act) => act switch
    {
        RegisterBatchAct batch => 60_000 + (20 * 3 * (ulong)batch.Uri.Length),
        ClaimAct => 550_000,
        RotateKeyAct => 800_000,
        GrantAct => 220_000,
        RevokeAllAct all => 100_000 + (15_000 * (ulong)Math.Min(all.Max, 1_000)),
        WithdrawAct => 140_000,
        PublishAct publish => 60_000 + (20 * (ulong)publish.Content.Length),
        _ => 100_000,
    };

    private static Dictionary<string, ulong> Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("gas.json")
            ?? throw new InvalidOperationException("resource gas.json not found in the assembly, expected from Contracts/snapshots");
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateObject().ToDictionary(act => act.Name, act => act.Value.GetProperty("gas").GetUInt64());
    }
}
