using Pythia.Enclave.Verifier.Cbor;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Cbor;

/// <summary>The examples of RFC 8949, appendix A: those of our subset are read and written byte for byte, all others refused by name.</summary>
public sealed class Rfc8949AppendixATests
{
    [Theory]
    [InlineData("0x00", 0UL)]
    [InlineData("0x01", 1UL)]
    [InlineData("0x0a", 10UL)]
    [InlineData("0x17", 23UL)]
    [InlineData("0x1818", 24UL)]
    [InlineData("0x1819", 25UL)]
    [InlineData("0x1864", 100UL)]
    [InlineData("0x1903e8", 1000UL)]
    [InlineData("0x1a000f4240", 1000000UL)]
    [InlineData("0x1b000000e8d4a51000", 1000000000000UL)]
    [InlineData("0x1bffffffffffffffff", 18446744073709551615UL)]
    public void Unsigned_Example_IsReadAndWritten(string encoded, ulong value)
    {
        var reader = Open(encoded);
        reader.TryReadUnsigned(out var read).ShouldBeTrue();
        read.ShouldBe(value);
        Hex.Format(new CborWriter().Unsigned(value).Written).ShouldBe(encoded);
    }

    [Theory]
    [InlineData("0x20", -1)]
    [InlineData("0x29", -10)]
    [InlineData("0x3863", -100)]
    [InlineData("0x3903e7", -1000)]
    public void Negative_Example_IsReadAndWritten(string encoded, long value)
    {
        var reader = Open(encoded);
        reader.TryReadNegative(out var read).ShouldBeTrue();
        read.ShouldBe(value);
        Hex.Format(new CborWriter().Integer(value).Written).ShouldBe(encoded);
    }

    [Fact]
    public void Negative_BelowInt64_IsRefusedByTheReader()
    {
        // -18446744073709551616 is well-formed; no message here holds one.
        var reader = Open("0x3bffffffffffffffff");
        reader.TryReadNegative(out _).ShouldBeFalse();
        reader.Error.ShouldBe(CborError.UnexpectedItem);
    }

    [Theory]
    [InlineData("0x40", "0x")]
    [InlineData("0x4401020304", "0x01020304")]
    public void Bytes_Example_IsReadAndWritten(string encoded, string content)
    {
        var reader = Open(encoded);
        reader.TryReadBytes(out var read).ShouldBeTrue();
        Hex.Format(read).ShouldBe(content);
        Hex.Format(new CborWriter().Bytes(Hex.Parse(content)).Written).ShouldBe(encoded);
    }

    [Theory]
    [InlineData("0x60", "")]
    [InlineData("0x6161", "a")]
    [InlineData("0x6449455446", "IETF")]
    [InlineData("0x62225c", "\"\\")]
    [InlineData("0x62c3bc", "\u00fc")]
    [InlineData("0x63e6b0b4", "\u6c34")]
    [InlineData("0x64f0908591", "\ud800\udd51")]
    public void Text_Example_IsReadAndWritten(string encoded, string content)
    {
        var reader = Open(encoded);
        reader.TryReadText(out var read).ShouldBeTrue();
        read.ShouldBe(content);
        Hex.Format(new CborWriter().Text(content).Written).ShouldBe(encoded);
    }

    [Theory]
    [InlineData("0xf6")]
    [InlineData("0x80")]
    [InlineData("0x83010203")]
    [InlineData("0x8301820203820405")]
    [InlineData("0x98190102030405060708090a0b0c0d0e0f101112131415161718181819")]
    [InlineData("0xa0")]
    [InlineData("0xa201020304")]
    [InlineData("0xa26161016162820203")]
    [InlineData("0x826161a161626163")]
    [InlineData("0xa56161614161626142616361436164614461656145")]
    public void Check_NestedExample_IsDeterministic(string encoded)
        => CborCheck.Check(Hex.Parse(encoded), 64).ShouldBe(CborError.None);

    [Fact]
    public void Writer_NestedExamples_AreByteForByte()
    {
        Hex.Format(new CborWriter().Array(3).Unsigned(1).Array(2).Unsigned(2).Unsigned(3).Array(2).Unsigned(4).Unsigned(5).Written)
            .ShouldBe("0x8301820203820405");
        Hex.Format(new CborWriter().Map(2).Text("a").Unsigned(1).Text("b").Array(2).Unsigned(2).Unsigned(3).Written)
            .ShouldBe("0xa26161016162820203");
        Hex.Format(new CborWriter().Null().Written).ShouldBe("0xf6");
        var long25 = new CborWriter().Array(25);
        for (var i = 1UL; i <= 25; i++)
        {
            long25.Unsigned(i);
        }

        Hex.Format(long25.Written).ShouldBe("0x98190102030405060708090a0b0c0d0e0f101112131415161718181819");
    }

    [Theory]
    // Bignums, floats, other simple values, tags.
    [InlineData("0xc249010000000000000000")]
    [InlineData("0xc349010000000000000000")]
    [InlineData("0xf90000")]
    [InlineData("0xf98000")]
    [InlineData("0xf93c00")]
    [InlineData("0xfb3ff199999999999a")]
    [InlineData("0xf97bff")]
    [InlineData("0xfa47c35000")]
    [InlineData("0xfb7e37e43c8800759c")]
    [InlineData("0xf97c00")]
    [InlineData("0xf97e00")]
    [InlineData("0xf9fc00")]
    [InlineData("0xfa7f800000")]
    [InlineData("0xfb7ff0000000000000")]
    [InlineData("0xf4")]
    [InlineData("0xf5")]
    [InlineData("0xf7")]
    [InlineData("0xf0")]
    [InlineData("0xf8ff")]
    [InlineData("0xc074323031332d30332d32315432303a30343a30305a")]
    [InlineData("0xc11a514b67b0")]
    [InlineData("0xd74401020304")]
    [InlineData("0xd818456449455446")]
    public void Check_ExampleOutsideTheSubset_IsUnsupported(string encoded)
        => CborCheck.Check(Hex.Parse(encoded), 64).ShouldBe(CborError.Unsupported);

    [Theory]
    [InlineData("0x5f42010243030405ff")]
    [InlineData("0x7f657374726561646d696e67ff")]
    [InlineData("0x9fff")]
    [InlineData("0x9f018202039f0405ffff")]
    [InlineData("0x83018202039f0405ff")]
    [InlineData("0xbf61610161629f0203ffff")]
    [InlineData("0x826161bf61626163ff")]
    public void Check_IndefiniteExample_IsIndefiniteLength(string encoded)
        => CborCheck.Check(Hex.Parse(encoded), 64).ShouldBe(CborError.IndefiniteLength);

    private static CborReader Open(string encoded)
    {
        var reader = new CborReader(Hex.Parse(encoded), 64);
        reader.Error.ShouldBe(CborError.None);
        return reader;
    }
}
