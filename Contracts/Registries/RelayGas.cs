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

    /// <summary>Bytes of a transaction that nodes take from each other (geth: four slots of 32 KiB).</summary>
    public const int MostBytesOfTransaction = 128 * 1_024;

    // So that what fits a transaction by its gas fits it by its bytes: more than a byte ever takes (EIP-7623: 40).
    private const ulong WeightOfByte = MostOfTransaction / MostBytesOfTransaction;

    // ConsentRegistry.STEP.
    private const uint RevokeAllStep = 500;

    // EIP-2028.
    private const ulong TransactionBase = 21_000;

    // Relay and SignedActs, before and behind the act: EIP-150's 64th, the call, the outcome's event with the longest reason.
    private const ulong OutcomeReserve = 24_000;

    // SignedActs.ERC1271_GAS.
    private const ulong WalletSignature = 200_000;

    private const int EcdsaSignatureBytes = 65;

    // Offsets, lengths and padding of an item in the relay's call data.
    private const int ItemBytes = 256;

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

    /// <summary>What the act takes of a batch at most: as measured and a quarter more, or by its bytes if that is more. An act that took more
    /// than this could starve the others of its batch.</summary>
    /// <param name="signerIsWallet">The signer has code, whose ERC-1271 answer may cost up to its cap.</param>
    /// <param name="signatureBytes">65, or what the wallet takes.</param>
    public static ulong UsageOf(SignedAct act, bool signerIsWallet = false, int signatureBytes = EcdsaSignatureBytes)
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
            RevokeAllAct all => Measured["revoke a grantee"] + (Math.Min(all.Max, RevokeAllStep) * Measured["revoke all of 100 grantees, each"]),
            WithdrawAct => Measured["withdraw"] + 75_000, // a receiver that takes all it may, or does not exist yet
            PublishAct publish => Measured["publish a policy of 500 bytes"] + (40 * (ulong)publish.Content.Length),
            _ => Measured["end all consents of a device"] + 20_000,
        };
        var bytes = (ulong)(act.EncodeSignedCall([]).Length + signatureBytes + ItemBytes);
        return Math.Max((direct + SignedForm) * 5 / 4, bytes * WeightOfByte) + (signerIsWallet ? WalletSignature : 0);
    }

    /// <summary>Whether a transaction of its own can carry the act. One that none can carry would hold up its lane for good.</summary>
    /// <param name="signatureBytes">65, or what the wallet takes.</param>
    public static bool FitsTransaction(SignedAct act, int signatureBytes)
        => TransactionLimit(UsageOf(act, signerIsWallet: true, signatureBytes), act.GasLimit) <= MostOfTransaction;

    /// <summary>For the transaction that carries these acts: what they take, and room for the most demanding one's floor whenever it comes.</summary>
    public static ulong TransactionLimit(IReadOnlyCollection<SignedAct> acts, Func<SignedAct, bool>? signerIsWallet = null)
    {
        if (acts.Count == 0) return TransactionBase;

        var usage = acts.Aggregate(0UL, (sum, act) => sum + UsageOf(act, signerIsWallet?.Invoke(act) ?? false));
        var mostDemanding = acts.Max(act => (ulong)act.GasLimit);
        return TransactionLimit(usage, mostDemanding);
    }

    private static ulong TransactionLimit(ulong usage, ulong mostDemanding)
        => TransactionBase + usage + mostDemanding + (mostDemanding / 63) + OutcomeReserve;

    // The constants of the contracts (…_GAS), at which they give the act its gas.
    private static ulong FloorOf(SignedAct act) => act switch
    {
        RegisterBatchAct batch => 60_000 + (20 * 3 * (ulong)batch.Uri.Length),
        ClaimAct => 550_000,
        RotateKeyAct => 800_000,
        GrantAct => 220_000,
        RevokeAllAct all => 100_000 + (15_000 * Math.Min(all.Max, RevokeAllStep)),
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
