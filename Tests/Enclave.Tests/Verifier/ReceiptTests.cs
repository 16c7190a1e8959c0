using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Json;
using Pythia.Enclave.Verifier.Receipts;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>All receipts of a block or none: what was withheld, swapped, forged or cut is refused by name.</summary>
public sealed class ReceiptTests(ITestOutputHelper output)
{
    [Fact]
    public void Check_BlocksOfEveryFork_HoldWithAllTheirLogs()
    {
        var blocks = AnvilBlock.All();
        var types = new SortedSet<byte>();
        var logs = 0;
        foreach (var each in blocks)
        {
            ReceiptsJson.Check(TestChain.Utf8(each.Receipts), each.Header()).TryGet(out var verified, out var damage).ShouldBeTrue($"{each.Name}: {damage}");
            types.UnionWith(verified!.Receipts.Select(receipt => receipt.Type));
            var named = each.Receipts.SelectMany(receipt => receipt!["logs"]!.AsArray()).ToList();
            verified.Logs.Length.ShouldBe(named.Count);
            foreach (var (placed, log) in verified.Logs.Zip(named))
            {
                placed.Log.Address.ToString().ShouldBe(log!["address"]!.GetValue<string>());
                placed.Log.Topics.Select(topic => topic.ToString()).ShouldBe(log["topics"]!.AsArray().Select(topic => topic!.GetValue<string>()));
                Hex.Format(placed.Log.Data.Span).ShouldBe(log["data"]!.GetValue<string>());
                $"0x{placed.LogIndex:x}".ShouldBe(log["logIndex"]!.GetValue<string>());
                $"0x{placed.TransactionIndex:x}".ShouldBe(log["transactionIndex"]!.GetValue<string>());
                logs++;
            }
        }

        types.ShouldBe([0, 1, 2, 3, 4]);
        logs.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Check_ReceiptsCutAtEveryPlace_AreCutShort()
    {
        foreach (var each in Busy())
        {
            var receipts = (JsonArray)each.Receipts.DeepClone();
            while (receipts.Count > 0)
            {
                receipts.RemoveAt(receipts.Count - 1);
                Reason(each, receipts).ShouldBe(InvalidReason.ReceiptsCutShort, $"{each.Name}, {receipts.Count} kept");
            }
        }
    }

    [Fact]
    public void Check_EveryReceiptWithheld_IsRefused()
    {
        foreach (var each in Busy())
        {
            var all = Read(each);
            for (var i = 0; i < all.Count; i++)
            {
                var receipts = (JsonArray)each.Receipts.DeepClone();
                receipts.RemoveAt(i);
                Reason(each, receipts).ShouldBe(i == all.Count - 1 ? InvalidReason.ReceiptsCutShort : InvalidReason.ReceiptsOutOfOrder);

                // With the indexes made to fit.
                VerifiedReceipts.Check(each.Header(), [.. all.Take(i), .. all.Skip(i + 1)]).Damage!.Reason.ShouldBeOneOf(
                    InvalidReason.ReceiptsCutShort, InvalidReason.HeaderBloomMismatch, InvalidReason.ReceiptsRootMismatch);
            }
        }
    }

    [Fact]
    public void Check_TwoReceiptsSwapped_AreOutOfOrder()
    {
        foreach (var each in Busy())
        {
            var all = Read(each);
            for (var i = 1; i < all.Count; i++)
            {
                var swapped = all.ToList();
                (swapped[i - 1], swapped[i]) = (swapped[i], swapped[i - 1]);
                VerifiedReceipts.Check(each.Header(), swapped).Damage!.Reason.ShouldBe(InvalidReason.ReceiptsOutOfOrder);
                swapped = [.. all.Take(i), all[i - 1], .. all.Skip(i)];
                VerifiedReceipts.Check(each.Header(), swapped).Damage!.Reason.ShouldBe(InvalidReason.ReceiptsOutOfOrder);
            }
        }
    }

    [Fact]
    public void Check_ReceiptsOfAnotherBlock_AreRefused()
    {
        var blocks = AnvilBlock.All();
        foreach (var each in blocks)
        {
            foreach (var other in blocks.Where(other => other.Header().ReceiptsRoot != each.Header().ReceiptsRoot))
                Reason(each, other.Receipts).ShouldBeOneOf(
                    InvalidReason.ReceiptsCutShort, InvalidReason.TooMuchGas, InvalidReason.HeaderBloomMismatch, InvalidReason.ReceiptsRootMismatch);
        }
    }

    [Fact]
    public void Check_EveryForgery_IsRefusedByName()
    {
        foreach (var each in Busy())
        {
            var all = Read(each);
            var header = each.Header();
            for (var i = 0; i < all.Count; i++)
            {
                var real = all[i];
                Forged(real with { Succeeded = !real.Succeeded }).ShouldBe(InvalidReason.ReceiptsRootMismatch);
                Forged(real with { Type = (byte)((real.Type + 1) % 5) }).ShouldBe(InvalidReason.ReceiptsRootMismatch);
                Forged(real with { Type = 5 }).ShouldBe(InvalidReason.UnknownReceiptType);
                Forged(real with { CumulativeGasUsed = ulong.MaxValue }).ShouldBeOneOf(InvalidReason.ReceiptsOutOfOrder, InvalidReason.TooMuchGas);
                Forged(real with { CumulativeGasUsed = real.CumulativeGasUsed - 1 }).ShouldBeOneOf(InvalidReason.ReceiptsRootMismatch, InvalidReason.ReceiptsCutShort);
                Forged(real with { Bloom = new byte[255] }).ShouldBe(InvalidReason.BadReceipt);
                if (real.Logs.IsEmpty) continue;

                var log = real.Logs[^1];
                Forged(real with { Logs = real.Logs[..^1] }).ShouldBeOneOf(InvalidReason.ReceiptBloomMismatch, InvalidReason.ReceiptsRootMismatch);
                Forged(real with { Logs = real.Logs.Add(log with { Topics = [Hash32.Zero] }) }).ShouldBeOneOf(InvalidReason.ReceiptBloomMismatch, InvalidReason.ReceiptsRootMismatch);
                Forged(real with { Logs = real.Logs.SetItem(0, real.Logs[0] with { Data = new byte[] { 1 } }) }).ShouldBe(InvalidReason.ReceiptsRootMismatch);
                Forged(WithBloom(real with { Logs = real.Logs.SetItem(0, log with { Address = Address.Zero }) })).ShouldBeOneOf(
                    InvalidReason.HeaderBloomMismatch, InvalidReason.ReceiptsRootMismatch);
                Forged(real with { Logs = real.Logs.SetItem(0, log with { Address = Address.Zero }) }).ShouldBe(InvalidReason.ReceiptBloomMismatch);
                Forged(real with { Logs = [log with { Topics = [.. Enumerable.Repeat(Hash32.Zero, 5)] }] }).ShouldBe(InvalidReason.BadReceipt);

                InvalidReason Forged(Receipt forged)
                    => VerifiedReceipts.Check(header, [.. all.Take(i), forged, .. all.Skip(i + 1)]).Damage!.Reason;
            }
        }
    }

    [Fact]
    public void Check_BlockWithoutTransactions_HasNoLogs()
    {
        var empty = AnvilBlock.All().Where(each => each.Receipts.Count == 0).ToList();
        empty.Count.ShouldBe(6);
        foreach (var each in empty) VerifiedReceipts.Check(each.Header(), []).Value!.Logs.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("status", "0x2", InvalidReason.BadReceipt)]
    [InlineData("status", null, InvalidReason.MissingMember)]
    [InlineData("cumulativeGasUsed", null, InvalidReason.MissingMember)]
    [InlineData("logsBloom", "0x00", InvalidReason.BadMember)]
    [InlineData("logs", null, InvalidReason.MissingMember)]
    [InlineData("type", "0x5", InvalidReason.UnknownReceiptType)]
    [InlineData("type", "0x102", InvalidReason.UnknownReceiptType)]
    [InlineData("transactionIndex", "0x7", InvalidReason.ReceiptsOutOfOrder)]
    public void Check_JsonMemberChanged_IsRefusedByName(string member, string? value, InvalidReason reason)
    {
        var each = Busy().First();
        var receipts = (JsonArray)each.Receipts.DeepClone();
        receipts[0]![member] = value;
        Reason(each, receipts).ShouldBe(reason);
    }

    [Fact]
    public void Check_NoArray_IsBadMember() => ReceiptsJson.Check("{}"u8.ToArray(), AnvilBlock.All()[0].Header()).Damage!.Reason.ShouldBe(InvalidReason.BadMember);

    /// <summary>Changes the text of answers anywhere: what still holds must be all of the truth.</summary>
    [Fact]
    public void Check_MutatedText_IsNeverFalse()
    {
        var random = Seeded.Start(output);
        var blocks = Busy().Where(each => each.Receipts.Count < 5).Select(each => (Text: TestChain.Utf8(each.Receipts), Header: each.Header(), Truth: Texts(Read(each)))).ToList();
        var held = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var (text, header, truth) = blocks[random.Next(blocks.Count)];
            text = (byte[])text.Clone();
            for (var change = random.Next(2); change >= 0; change--) text[random.Next(text.Length)] = (byte)"0123456789abcdefx\",:{}[]"[random.Next(24)];
            if (!ReceiptsJson.Check(text, header).TryGet(out var verified, out _)) continue;

            held++;
            Texts(verified.Receipts).ShouldBe(truth);
        }

        output.WriteLine($"{held} held");
        held.ShouldBeGreaterThan(0);
    }

    private static List<string> Texts(IEnumerable<Receipt> receipts) => [.. receipts.Select(receipt => Hex.Format(receipt.Encode()))];

    private static Receipt WithBloom(Receipt receipt)
    {
        var bloom = new byte[256];
        foreach (var log in receipt.Logs) LogsBloom.Add(bloom, log);
        return receipt with { Bloom = bloom };
    }

    private static IEnumerable<AnvilBlock> Busy() => AnvilBlock.All().Where(each => each.Receipts.Count > 0);

    private static List<Receipt> Read(AnvilBlock block) => [.. ReceiptsJson.Check(TestChain.Utf8(block.Receipts), block.Header()).Value!.Receipts];

    private static InvalidReason Reason(AnvilBlock block, JsonArray receipts) => ReceiptsJson.Check(TestChain.Utf8(receipts), block.Header()).Damage!.Reason;
}
