using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Headers of every fork hash to what their chain says; any other header is refused.</summary>
public sealed class HeaderTests
{
    private static readonly string[] Members =
    [
        "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty", "number", "gasLimit", "gasUsed",
        "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
    ];

    [Fact]
    public void Check_BlocksOfEveryFork_AreTheirHash()
    {
        var blocks = AnvilBlock.All();
        blocks.Count.ShouldBe(24);
        blocks.Select(each => Members.Count(each.Block.ContainsKey)).Distinct().Order().ShouldBe([15, 16, 17, 20, 21]);
        foreach (var each in blocks)
        {
            HeaderJson.Check(TestChain.Utf8(each.Block), each.Hash).TryGet(out var header, out var damage).ShouldBeTrue($"{each.Name}: {damage}");
            header!.Hash.ShouldBe(each.Hash);
            $"0x{header.Number:x}".ShouldBe(each.Block["number"]!.GetValue<string>());
            $"0x{header.UnixSeconds:x}".ShouldBe(each.Block["timestamp"]!.GetValue<string>());
            $"0x{header.GasUsed:x}".ShouldBe(each.Block["gasUsed"]!.GetValue<string>());
            header.StateRoot.ToString().ShouldBe(each.Block["stateRoot"]!.GetValue<string>());
            header.ReceiptsRoot.ToString().ShouldBe(each.Block["receiptsRoot"]!.GetValue<string>());
            header.ParentHash.ToString().ShouldBe(each.Block["parentHash"]!.GetValue<string>());
            Hex.Format(header.LogsBloom.Span).ShouldBe(each.Block["logsBloom"]!.GetValue<string>());
            BlockHeader.Check(header.Rlp.Span, each.Hash).Value!.Number.ShouldBe(header.Number);
        }
    }

    /// <summary>The first block of Ethereum, whose hash everybody knows.</summary>
    [Fact]
    public void Check_MainnetGenesis_IsItsKnownHash()
    {
        var block = new JsonObject
        {
            ["parentHash"] = Hash32.Zero.ToString(),
            ["sha3Uncles"] = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
            ["miner"] = Address.Zero.ToString(),
            ["stateRoot"] = "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
            ["transactionsRoot"] = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
            ["receiptsRoot"] = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
            ["logsBloom"] = Hex.Format(new byte[256]),
            ["difficulty"] = "0x400000000",
            ["number"] = "0x0",
            ["gasLimit"] = "0x1388",
            ["gasUsed"] = "0x0",
            ["timestamp"] = "0x0",
            ["extraData"] = "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
            ["mixHash"] = Hash32.Zero.ToString(),
            ["nonce"] = "0x0000000000000042",
        };
        var hash = Hash32.Parse("0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3");
        HeaderJson.Check(TestChain.Utf8(block), hash).Damage.ShouldBeNull();
    }

    /// <summary>A header of another client's chain, from the beacon chain's message, which names its parts otherwise.</summary>
    [VectorFact("light-client")]
    public void Check_DevnetsExecutionHeader_IsItsHash()
    {
        var file = Path.Combine(SharedVectors.Find("light-client"), "devnet", "cap", "finality_update_with_state.json");
        var found = JsonNode.Parse(File.ReadAllText(file))!["data"]!["finalized_header"]!["execution"]!;
        string Text(string name) => found[name]!.GetValue<string>();
        string Quantity(string name) => $"0x{ulong.Parse(Text(name), CultureInfo.InvariantCulture):x}";
        var block = new JsonObject
        {
            ["parentHash"] = Text("parent_hash"),
            ["sha3Uncles"] = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
            ["miner"] = Text("fee_recipient"),
            ["stateRoot"] = Text("state_root"),
            ["transactionsRoot"] = Text("transactions_root"),
            ["receiptsRoot"] = Text("receipts_root"),
            ["logsBloom"] = Text("logs_bloom"),
            ["difficulty"] = "0x0",
            ["number"] = Quantity("block_number"),
            ["gasLimit"] = Quantity("gas_limit"),
            ["gasUsed"] = Quantity("gas_used"),
            ["timestamp"] = Quantity("timestamp"),
            ["extraData"] = Text("extra_data"),
            ["mixHash"] = Text("prev_randao"),
            ["nonce"] = "0x0000000000000000",
            ["baseFeePerGas"] = Quantity("base_fee_per_gas"),
            ["withdrawalsRoot"] = Text("withdrawals_root"),
        };

        // The message holds the roots of the lists of transactions and withdrawals as SSZ has them, not as the header does: both were empty.
        const string Nothing = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
        block["transactionsRoot"] = Nothing;
        block["withdrawalsRoot"] = Nothing;
        HeaderJson.Check(TestChain.Utf8(block), Hash32.Parse(Text("block_hash"))).Damage.ShouldBeNull();
    }

    [Fact]
    public void Check_EveryMemberChanged_IsHeaderHashMismatch()
    {
        var changed = 0;
        foreach (var each in AnvilBlock.All())
        {
            foreach (var member in Members.Where(each.Block.ContainsKey))
            {
                var block = (JsonObject)each.Block.DeepClone();
                var text = block[member]!.GetValue<string>();
                var last = text == "0x" ? "00" : text[^1] == '1' ? "2" : "1";
                block[member] = text == "0x" ? text + last : text[..^1] + last;
                HeaderJson.Check(TestChain.Utf8(block), each.Hash).Damage!.Reason.ShouldBe(InvalidReason.HeaderHashMismatch, $"{each.Name} {member}");
                changed++;
            }
        }

        changed.ShouldBe(24 * 15 + 4 * (1 + 2 + 5 + 6 + 6));
    }

    [Fact]
    public void Check_EveryMemberMissingOrMalformed_IsRefusedByName()
    {
        foreach (var each in AnvilBlock.All().Where(each => each.Fork is "osaka" or "berlin"))
        {
            foreach (var member in Members.Where(each.Block.ContainsKey))
            {
                var without = (JsonObject)each.Block.DeepClone();
                without.Remove(member);
                HeaderJson.Check(TestChain.Utf8(without), each.Hash).Damage!.Reason.ShouldBeOneOf(
                    [InvalidReason.MissingMember, InvalidReason.HeaderMembersOutOfOrder, .. member == "requestsHash" ? [InvalidReason.HeaderHashMismatch] : Array.Empty<InvalidReason>()]);

                var malformed = (JsonObject)each.Block.DeepClone();
                malformed[member] = "0xzz";
                var damage = HeaderJson.Check(TestChain.Utf8(malformed), each.Hash).Damage!;
                damage.Reason.ShouldBe(InvalidReason.BadMember);
                damage.Detail.ShouldContain(member);
            }
        }
    }

    [Fact]
    public void Check_EveryByteOfTheRlpFlippedOrCut_IsHeaderHashMismatch()
    {
        foreach (var each in AnvilBlock.All().Where(each => each.Fork is "osaka"))
        {
            var rlp = each.Header().Rlp.ToArray();
            for (var i = 0; i < rlp.Length; i++)
            {
                rlp[i] ^= (byte)(1 << (i % 8));
                BlockHeader.Check(rlp, each.Hash).Damage!.Reason.ShouldBe(InvalidReason.HeaderHashMismatch);
                rlp[i] ^= (byte)(1 << (i % 8));
                BlockHeader.Check(rlp.AsSpan(0, i), each.Hash).Damage!.Reason.ShouldBe(InvalidReason.HeaderHashMismatch);
            }
        }
    }

    [Fact]
    public void Check_BytesThatHashRightButAreNoHeader_AreBadHeader()
    {
        var header = AnvilBlock.All().First(each => each.Fork == "osaka").Header();
        RlpReader.TryReadWholeList(header.Rlp.Span, out var reader).ShouldBeTrue();
        var items = new List<byte[]>();
        while (reader.TryReadItem(out var item, out _)) items.Add(item.ToArray());
        items.Count.ShouldBe(21);

        Bad([]);
        Bad([0x80]);
        Bad(Rlp.EncodeList([.. items, [0x80]]));
        Bad([.. header.Rlp.Span, 0]);
        Bad(new byte[BlockHeader.MaxBytes + 1]);
        foreach (var kept in Enumerable.Range(0, 21).Except([15, 16, 17, 20])) Bad(Rlp.EncodeList([.. items.Take(kept)]));
        for (var i = 0; i < items.Count; i++)
        {
            var changed = items.ToArray();
            changed[i] = [0xc0];
            Bad(Rlp.EncodeList(changed));
            if (i == 12) continue;

            changed[i] = [0xb8, 0x40, .. new byte[64]];
            Bad(Rlp.EncodeList(changed));
        }

        static void Bad(byte[] rlp) => BlockHeader.Check(rlp, Keccak256.HashData(rlp)).Damage!.Reason.ShouldBe(InvalidReason.BadHeader, Hex.Format(rlp));
    }

    [Fact]
    public void CheckChild_NextBlock_IsTakenAndNoOther()
    {
        foreach (var fork in AnvilBlock.All().GroupBy(each => each.Fork))
        {
            var headers = fork.Select(each => each.Header()).ToList();
            for (var parent = 0; parent < headers.Count; parent++)
            {
                for (var child = 0; child < headers.Count; child++)
                    headers[parent].CheckChild(headers[child])?.Reason.ShouldBe(child == parent + 1 ? InvalidReason.None : InvalidReason.ParentMismatch);

                if (parent + 1 < headers.Count) headers[parent].CheckChild(headers[parent + 1]).ShouldBeNull();
            }
        }
    }

    [Theory]
    [InlineData(2, 100, InvalidReason.None)]
    [InlineData(2, 101, InvalidReason.None)]
    [InlineData(2, 99, InvalidReason.TimeWentBack)]
    [InlineData(1, 101, InvalidReason.WrongNumber)]
    [InlineData(3, 101, InvalidReason.WrongNumber)]
    public void CheckChild_NumberOrTimeOutOfTurn_IsRefusedByName(ulong number, ulong time, InvalidReason reason)
    {
        var parent = Made(Hash32.Zero, 1, 100);
        (parent.CheckChild(Made(parent.Hash, number, time))?.Reason ?? InvalidReason.None).ShouldBe(reason);
    }

    [Fact]
    public void Check_NodeKnowsNoSuchBlock_IsNodeError()
        => HeaderJson.Check("""{"jsonrpc":"2.0","id":1,"result":null}"""u8.ToArray(), Hash32.Zero).Damage!.Reason.ShouldBe(InvalidReason.NodeError);

    [Fact]
    public void Encode_LaterForkWithoutTheEarlier_IsOutOfOrder()
    {
        var block = (JsonObject)AnvilBlock.All().First(each => each.Fork == "cancun").Block.DeepClone();
        block.Remove("withdrawalsRoot");
        using var document = JsonDocument.Parse(TestChain.Utf8(block));
        HeaderJson.Encode(document.RootElement).Damage!.Reason.ShouldBe(InvalidReason.HeaderMembersOutOfOrder);
    }

    private static BlockHeader Made(Hash32 parent, ulong number, ulong time)
    {
        byte[] zero32 = [0xa0, .. new byte[32]];
        var rlp = Rlp.EncodeList(
            [0xa0, .. parent.ToArray()], zero32, [0x94, .. new byte[20]], zero32, zero32, zero32, Rlp.EncodeBytes(new byte[256]), [0x80],
            Rlp.EncodeUInt64(number), [0x80], [0x80], Rlp.EncodeUInt64(time), [0x80], zero32, Rlp.EncodeBytes(new byte[8]));
        return BlockHeader.Check(rlp, Keccak256.HashData(rlp)).Value!;
    }
}
