using System.Numerics;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Contracts.Tests.Abi;

/// <summary>Declarations, and data that was made to do harm.</summary>
public sealed class AbiTests
{
    private static readonly Address Someone = Address.Parse("0x00000000000000000000000000000000000000a1");

    [Theory]
    [InlineData("function transfer(address to, uint256 amount) external returns (bool)", "transfer(address,uint256)", "0xa9059cbb")]
    [InlineData("ownerOf(uint256)", "ownerOf(uint256)", "0x6352211e")]
    [InlineData("safeTransferFrom(address,address,uint,bytes calldata data)", "safeTransferFrom(address,address,uint256,bytes)", "0xb88d4fde")]
    [InlineData("aggregate((address target, bytes callData)[] calls) payable returns (uint256 n, bytes[] data)", "aggregate((address,bytes)[])", "0x252dba42")]
    public void Parse_Function_HasItsSelector(string declaration, string signature, string selector)
    {
        var function = AbiFunction.Parse(declaration);
        function.Signature.ShouldBe(signature);
        Hex.Format(function.Selector).ShouldBe(selector);
    }

    [Theory]
    [InlineData("")]
    [InlineData("f")]
    [InlineData("f(")]
    [InlineData("f(uint7)")]
    [InlineData("f(bytes33)")]
    [InlineData("f(uint256,)")]
    [InlineData("f(uint256))")]
    [InlineData("f(uint256[)")]
    [InlineData("f(uint256[-1])")]
    [InlineData("f(uint256[99999999])")]
    [InlineData("f(uint256) gives (bool)")]
    public void Parse_NotADeclaration_Throws(string declaration) => Assert.Throws<FormatException>(() => AbiFunction.Parse(declaration));

    [Fact]
    public void Parse_DeeplyNestedType_Throws()
        => Assert.Throws<FormatException>(() => AbiType.Parse(new string('(', 1000) + new string(')', 1000)));

    [Fact]
    public void TryDecode_EventOfErc721_HasItsValuesInOrder()
    {
        var transfer = AbiEvent.Parse("event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)");
        transfer.Topic.ToString().ShouldBe("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
        transfer.TryDecode([transfer.Topic, Address.Zero.ToWord(), Someone.ToWord(), Hash32.FromUInt64(7)], [], out var values, out var reason).ShouldBeTrue(reason);
        values.Address(1).ShouldBe(Someone);
        values.UInt64(2).ShouldBe(7UL);
        values["tokenId"].ShouldBe(new BigInteger(7));
    }

    [Fact]
    public void TryDecode_EventWithDynamicIndexed_GivesTheHash()
    {
        var published = AbiEvent.Parse("event Published(string indexed name, bytes content, uint8 indexed kind)");
        var hash = Keccak256.HashData("name"u8);
        published.TryDecode([published.Topic, hash, Hash32.FromUInt64(3)], AbiCodec.Encode("bytes", new byte[] { 1, 2 }), out var values, out var reason).ShouldBeTrue(reason);
        values.Hash32(0).ShouldBe(hash);
        values.Bytes(1).ShouldBe(new byte[] { 1, 2 });
        values.UInt8(2).ShouldBe((byte)3);
    }

    [Fact]
    public void TryDecode_EventWithOneThingChanged_SaysWhat()
    {
        var claimed = AbiEvent.Parse("event Claimed(bytes32 indexed id, address indexed owner)");
        var id = Hash32.FromUInt64(1);
        claimed.TryDecode([claimed.Topic, id, Someone.ToWord()], [], out _, out _).ShouldBeTrue();
        claimed.TryDecode([claimed.Topic, id], [], out _, out var reason).ShouldBeFalse();
        reason.ShouldContain("2 topics found");
        claimed.TryDecode([id, id, Someone.ToWord()], [], out _, out reason).ShouldBeFalse();
        reason.ShouldContain("3 expected");
        claimed.TryDecode([claimed.Topic, id, Keccak256.HashData("x"u8)], [], out _, out reason).ShouldBeFalse();
        reason.ShouldContain("address expected");
    }

    [Fact]
    public void DescribeRevert_EachKind_IsReadable()
    {
        var abi = ContractAbi.Parse("""
            [{"type":"error","name":"ConsentUnknown","inputs":[{"name":"id","type":"bytes32"},{"name":"who","type":"address"}]},
             {"type":"function","name":"f","inputs":[{"name":"items","type":"tuple[2][]","components":[{"name":"a","type":"address"},{"name":"b","type":"uint8[]"}]}],"outputs":[]},
             {"type":"fallback"}]
            """);
        abi.Function("f").Signature.ShouldBe("f((address,uint8[])[2][])");
        abi.DescribeRevert(abi.Errors[0].Encode(Hash32.FromUInt64(5), Someone))
            .ShouldBe($"ConsentUnknown(id: {Hash32.FromUInt64(5)}, who: {Someone})");
        abi.DescribeRevert(AbiError.Parse("Error(string)").Encode("not yours")).ShouldBe("not yours");
        abi.DescribeRevert(AbiError.Parse("Panic(uint256)").Encode(0x11)).ShouldBe("Panic: arithmetic overflow");
        abi.DescribeRevert([]).ShouldBe("reverted without a reason");
        abi.DescribeRevert([1, 2, 3, 4, 5]).ShouldBe("reverted with 0x0102030405");
    }

    [Fact]
    public void Encode_TupleAsValueTupleOrArray_IsTheSame()
    {
        var type = "(address,uint64)[]";
        AbiCodec.Encode(type, (object)new object[] { (Someone, 7UL) }).ShouldBe(AbiCodec.Encode(type, (object)new object[] { new object[] { Someone, 7 } }));
    }

    [Theory]
    [InlineData("uint8", 256)]
    [InlineData("uint8", "1")]
    [InlineData("address", 1)]
    [InlineData("uint8[2]", new[] { 1 })]
    [InlineData("(uint8,uint8)", new[] { 1 })]
    [InlineData("uint8[]", "ab")]
    [InlineData("string", null)]
    public void Encode_ValueNotOfItsType_Throws(string type, object? value)
        => Assert.ThrowsAny<ArgumentException>(() => AbiCodec.Encode(type, value));

    [Fact]
    public void Encode_HalfASurrogatePair_Throws() => Assert.ThrowsAny<ArgumentException>(() => AbiCodec.Encode("string", "\ud800"));

    [Theory]
    [InlineData("bool", "2")]
    [InlineData("uint8", "100")]
    [InlineData("address", "10000000000000000000000000000000000000000")]
    [InlineData("bytes", "20,ffffffff")] // length
    [InlineData("bytes", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("bytes", "80000000")] // offset
    [InlineData("string", "20,1,ff00000000000000000000000000000000000000000000000000000000000000")] // no UTF-8
    [InlineData("uint256[]", "20,7fffffff")]
    [InlineData("uint256[]", "20,2,1")]
    [InlineData("uint8[0][]", "20,7fffffff")]
    [InlineData("()[]", "20,7fffffff")]
    [InlineData("string[1000000]", "20")]
    public void TryDecode_HostileWords_AreRefusedWithAReason(string type, string words)
    {
        var data = Hex.Parse("0x" + string.Concat(words.Split(',').Select(w => w.PadLeft(64, '0'))));
        AbiCodec.TryDecode(AbiCodec.ParseTypes(type), data, out _, out var reason).ShouldBeFalse();
        reason.ShouldContain("found");
    }

    [Fact]
    public void TryDecode_OffsetsThatMultiplyTheData_StopAtTheBudget()
    {
        // Eight levels of arrays, each with 32 elements that all point back to one place: 32^8 values out of 2 KB.
        var words = new List<Hash32> { Hash32.FromUInt64(32) };
        for (var level = 0; level < 8; level++)
        {
            words.Add(Hash32.FromUInt64(32));
            words.AddRange(Enumerable.Repeat(Hash32.FromUInt64(32 * 32), 32));
        }

        words.AddRange(Enumerable.Repeat(Hash32.Zero, 64));
        var before = GC.GetAllocatedBytesForCurrentThread();
        AbiCodec.TryDecode(AbiCodec.ParseTypes("uint256[][][][][][][][]"), words.SelectMany(w => w.ToArray()).ToArray(), out _, out var reason).ShouldBeFalse();
        reason.ShouldContain("words' worth");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000_000);
    }

    [Fact]
    public void TryDecode_RandomlyChangedData_NeverThrows()
    {
        var random = new Random(20261121);
        var types = AbiCodec.ParseTypes("bytes32,(address,string,uint16[2][])[],bytes,bool");
        var good = AbiCodec.Encode(types, Hash32.Zero, new object[] { (Someone, "text", new object[] { new[] { 1, 2 }, new[] { 3, 4 } }) }, new byte[40], true);
        AbiCodec.TryDecode(types, good, out _, out _).ShouldBeTrue();
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var data = good.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--) data[random.Next(data.Length)] = (byte)random.Next(256);
            if (!AbiCodec.TryDecode(types, data.AsSpan(0, random.Next(1, data.Length + 1)), out _, out _)) refused++;
        }

        refused.ShouldBeGreaterThan(10_000);
    }
}
