using Pythia.Enclave.Verifier.Cbor;
using Pythia.Ethereum;
using Shouldly;
using Reference = System.Formats.Cbor;

namespace Pythia.Enclave.Tests.Cbor;

/// <summary>What breaks RFC 8949 §4.2.1, one thing at a time; and any bytes whatever.</summary>
public sealed class CborCheckTests
{
    [Theory]
    [InlineData("0x", CborError.Truncated)]
    [InlineData("0x18", CborError.Truncated)]
    [InlineData("0x1a0001", CborError.Truncated)]
    [InlineData("0x42ff", CborError.Truncated)]
    [InlineData("0x8201", CborError.Truncated)]
    [InlineData("0xa101", CborError.Truncated)]
    [InlineData("0xf9", CborError.Truncated)]
    [InlineData("0x5bffffffffffffffff", CborError.Truncated)]
    [InlineData("0x9bffffffffffffffff", CborError.Truncated)]
    [InlineData("0xbbffffffffffffffff", CborError.Truncated)]
    [InlineData("0x0000", CborError.TrailingBytes)]
    [InlineData("0x80f6", CborError.TrailingBytes)]
    [InlineData("0x1817", CborError.NotShortest)]
    [InlineData("0x1900ff", CborError.NotShortest)]
    [InlineData("0x1a0000ffff", CborError.NotShortest)]
    [InlineData("0x1b00000000ffffffff", CborError.NotShortest)]
    [InlineData("0x580100", CborError.NotShortest)]
    [InlineData("0x980100", CborError.NotShortest)]
    [InlineData("0x1c", CborError.Reserved)]
    [InlineData("0x5d", CborError.Reserved)]
    [InlineData("0xff", CborError.IndefiniteLength)]
    [InlineData("0xa202000100", CborError.KeysNotSorted)]
    [InlineData("0xa201000100", CborError.KeysNotSorted)]
    [InlineData("0xa2200018c800", CborError.KeysNotSorted)]
    [InlineData("0x61ff", CborError.InvalidText)]
    [InlineData("0x62c080", CborError.InvalidText)]
    [InlineData("0x63eda080", CborError.InvalidText)]
    [InlineData("0x818181818181818180", CborError.TooDeep)]
    public void Check_OneThingWrong_IsNamed(string encoded, CborError expected)
        => CborCheck.Check(Hex.Parse(encoded), 64).ShouldBe(expected);

    [Theory]
    [InlineData("0x8181818181818180")]
    [InlineData("0xa20a001864 00")]
    [InlineData("0xa218c8002000")]
    public void Check_JustWithinTheRules_IsNone(string encoded)
        => CborCheck.Check(Hex.Parse(encoded.Replace(" ", "", StringComparison.Ordinal)), 64).ShouldBe(CborError.None);

    [Fact]
    public void Check_LongerThanAllowed_IsTooLong()
    {
        CborCheck.Check(new byte[65], 64).ShouldBe(CborError.TooLong);
        CborCheck.Check(new CborWriter().Bytes(new byte[62]).Written, 64).ShouldBe(CborError.None);
    }

    [Fact]
    public void Reader_OtherItemThanDue_StaysFailed()
    {
        var reader = new CborReader(new CborWriter().Array(2).Unsigned(1).Unsigned(2).Written, 64);
        reader.TryReadBytes(out _).ShouldBeFalse();
        reader.TryReadArray(2).ShouldBeFalse();
        reader.Error.ShouldBe(CborError.UnexpectedItem);
    }

    [Fact]
    public void Reader_EncodedItem_IsHandedOutWhole()
    {
        var inner = new CborWriter().Map(1).Unsigned(1).Array(2).Text("x").Null().ToArray();
        var reader = new CborReader(new CborWriter().Array(2).Encoded(inner).Unsigned(7).Written, 64);
        reader.TryReadArray(2).ShouldBeTrue();
        reader.TryReadEncoded(out var encoded).ShouldBeTrue();
        encoded.SequenceEqual(inner).ShouldBeTrue();
        reader.TryReadUnsigned(out var next).ShouldBeTrue();
        next.ShouldBe(7UL);
    }

    /// <summary>System.Formats.Cbor in canonical mode (RFC 7049 §3.9 orders keys otherwise, hence no maps here) judges the same bytes.</summary>
    [Fact]
    public void Check_RandomBytes_AgreesWithSystemFormatsCbor()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        var accepted = 0;
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = RandomItem(random);
            var error = CborCheck.Check(bytes, 64);
            accepted += error == CborError.None ? 1 : 0;
            if (error is CborError.None or CborError.Truncated or CborError.NotShortest or CborError.TrailingBytes)
            {
                IsCanonical(bytes).ShouldBe(error == CborError.None, $"seed {Seed}, round {round}: {Convert.ToHexString(bytes)} is {error}");
            }
        }

        accepted.ShouldBeGreaterThan(1000);
    }

    // Mostly plausible heads, so that more than the first byte is exercised; no maps, tags or indefinite lengths.
    private static byte[] RandomItem(Random random)
    {
        var bytes = new byte[random.Next(1, 24)];
        random.NextBytes(bytes);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = random.Next(4) switch
            {
                0 => (byte)(0x80 | random.Next(5)),
                1 => (byte)(0x40 | random.Next(5)),
                2 => (byte)random.Next(0x1B),
                _ => (byte)(bytes[i] & 0x5F),
            };
        }

        return bytes;
    }

    private static bool IsCanonical(byte[] bytes)
    {
        try
        {
            var reader = new Reference.CborReader(bytes, Reference.CborConformanceMode.Canonical);
            reader.SkipValue();
            return reader.BytesRemaining == 0;
        }
        catch (Exception failure) when (failure is Reference.CborContentException or InvalidOperationException)
        {
            return false;
        }
    }
}
