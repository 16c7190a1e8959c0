using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Verdict = Pythia.Enclave.Verifier.Verdict;

namespace Pythia.Silo.Commands;

/// <summary>Prints what an eth_getProof answer proves under a state root.</summary>
internal static class VerifyProof
{
    public static async Task<int> RunAsync(string file, Hash32 stateRoot, bool json, CancellationToken cancellationToken)
    {
        if (await VerifyCommand.ReadAsync(file, cancellationToken) is not { } bytes) return SiloCommandLine.WrongInput;

        if (!AccountProof.Read(bytes).TryGet(out var proof, out var damage))
        {
            await PrintAsync(json, Unreadable(damage), $"account: Invalid ({damage.Reason}: {damage.Detail})");
            return SiloCommandLine.DoesNotHold;
        }

        var report = ProofCheck.Check(stateRoot, proof);
        await PrintAsync(json, ToJson(report), ToText(report));
        return report.Holds ? SiloCommandLine.AllHolds : SiloCommandLine.DoesNotHold;
    }

    private static JsonObject Unreadable(Damage damage) => new()
    {
        ["account"] = new JsonObject { ["verdict"] = nameof(Verdict.Invalid), ["reason"] = damage.Reason.ToString(), ["detail"] = damage.Detail },
        ["storage"] = new JsonArray(),
    };

    private static JsonObject ToJson(ProofReport report)
    {
        var found = report.Account;
        var account = new JsonObject
        {
            ["verdict"] = found.Verdict.ToString(),
            ["reason"] = Reason(found.Verdict, found.Reason),
            ["detail"] = found.Detail,
            ["address"] = found.Address.ToString(),
        };
        if (found.Verdict == Verdict.Included)
        {
            account["nonce"] = $"0x{found.Account.Nonce:x}";
            account["balance"] = Quantity(found.Account.BalanceWei);
            account["storageHash"] = found.Account.StorageRoot.ToString();
            account["codeHash"] = found.Account.CodeHash.ToString();
        }

        return new() { ["account"] = account, ["storage"] = new JsonArray([.. report.Slots.Select(ToJson)]) };
    }

    // A slot that is proven absent holds zero; of one whose proof is invalid nothing is known.
    private static JsonObject ToJson(SlotFinding slot) => new()
    {
        ["key"] = slot.Slot.ToString(),
        ["verdict"] = slot.Verdict.ToString(),
        ["value"] = slot.Verdict == Verdict.Invalid ? null : Quantity(slot.Value),
        ["reason"] = Reason(slot.Verdict, slot.Reason),
        ["detail"] = slot.Detail,
    };

    private static string? Reason(Verdict verdict, InvalidReason reason) => verdict == Verdict.Invalid ? reason.ToString() : null;

    // As eth_getProof writes numbers: no leading zero.
    private static string Quantity(Hash32 word)
    {
        var digits = word.ToString()[2..].TrimStart('0');
        return digits.Length == 0 ? "0x0" : "0x" + digits;
    }

    private static string ToText(ProofReport report)
    {
        var account = report.Account;
        var lines = new List<string>
        {
            $"account {account.Address}: {Show(account.Verdict, account.Reason, account.Detail)}"
                + (account.Verdict == Verdict.Included
                    ? $", nonce {account.Account.Nonce}, balance {Quantity(account.Account.BalanceWei)} wei, storage {account.Account.StorageRoot}, code {account.Account.CodeHash}"
                    : ""),
        };
        lines.AddRange(report.Slots.Select(slot =>
            $"slot {slot.Slot}: {Show(slot.Verdict, slot.Reason, slot.Detail)}{(slot.Verdict == Verdict.Included ? $", value {Quantity(slot.Value)}" : "")}"));
        return string.Join(Environment.NewLine, lines);
    }

    private static string Show(Verdict verdict, InvalidReason reason, string? detail)
        => verdict == Verdict.Invalid ? $"Invalid ({reason}: {detail})" : verdict.ToString();

    private static Task PrintAsync(bool json, JsonObject members, string text) => Console.Out.WriteLineAsync(json ? members.ToJsonString() : text);
}
