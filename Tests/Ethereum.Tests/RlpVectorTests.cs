using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Ethereum.Tests;

/// <summary>RLP against ethereum/tests and ethers: what is right reads and writes the same bytes, what is wrong is refused.</summary>
public sealed class RlpVectorTests
{
    [VectorFact("ethereum-tests")]
    public void WriterAndReader_EthereumTests_AgreeWithThem()
    {
        using var document = Load("ethereum-tests", "RLPTests/rlptest.json");
        var vectors = document.RootElement.EnumerateObject().ToList();
        vectors.Count.ShouldBe(28);
        foreach (var vector in vectors)
        {
            var encoded = Hex.Parse(vector.Value.GetProperty("out").GetString()!);
            Encode(vector.Value.GetProperty("in"), textIsHex: false).ShouldBe(encoded, vector.Name);
            Copy(encoded).ShouldBe(encoded, vector.Name);
        }
    }

    [VectorFact("ethers")]
    public void WriterAndReader_EthersVectors_AgreeWithThem()
    {
        using var document = Load("ethers", "rlp.json");
        document.RootElement.GetArrayLength().ShouldBe(31);
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var name = vector.GetProperty("name").GetString();
            var encoded = Hex.Parse(vector.GetProperty("encoded").GetString()!);
            Encode(vector.GetProperty("decoded"), textIsHex: true).ShouldBe(encoded, name);
            Copy(encoded).ShouldBe(encoded, name);
        }
    }

    [VectorFact("ethereum-tests")]
    public void IsWellFormed_InvalidVectors_AreAllRefused()
    {
        using var document = Load("ethereum-tests", "RLPTests/invalidRLPTest.json");
        var vectors = document.RootElement.EnumerateObject().ToList();
        vectors.Count.ShouldBe(26);
        foreach (var vector in vectors)
        {
            var text = vector.Value.GetProperty("out").GetString()!;
            var encoded = Hex.Parse(text.StartsWith("0x", StringComparison.Ordinal) ? text : $"0x{text}");
            Rlp.IsWellFormed(encoded).ShouldBeFalse(vector.Name);
        }
    }

    [VectorFact("ethereum-tests")]
    public void IsWellFormed_EveryCutOfEveryVector_IsRefused()
    {
        using var document = Load("ethereum-tests", "RLPTests/rlptest.json");
        var cuts = 0;
        foreach (var vector in document.RootElement.EnumerateObject())
        {
            var encoded = Hex.Parse(vector.Value.GetProperty("out").GetString()!);
            Rlp.IsWellFormed(encoded).ShouldBeTrue(vector.Name);
            Rlp.IsWellFormed([.. encoded, 0x80]).ShouldBeFalse(vector.Name);
            for (var kept = 0; kept < encoded.Length; kept++, cuts++) Assert.False(Rlp.IsWellFormed(encoded.AsSpan(0, kept)), $"{vector.Name} cut to {kept}");
        }

        cuts.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void IsWellFormed_RandomBytes_ReadsBackWhatItTakes()
    {
        var random = new Random(20261121);
        var taken = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = new byte[random.Next(0, 12)];
            random.NextBytes(bytes);
            if (!Rlp.IsWellFormed(bytes)) continue;

            // Canonical: what reads has one encoding only.
            Assert.True(Copy(bytes).AsSpan().SequenceEqual(bytes), Hex.Format(bytes));
            taken++;
        }

        taken.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void IsWellFormed_DeeperThanTheLimit_IsRefused()
    {
        Rlp.IsWellFormed(Nested(Rlp.MaxDepth - 1)).ShouldBeTrue();
        Rlp.IsWellFormed(Nested(Rlp.MaxDepth + 1)).ShouldBeFalse();
        Rlp.IsWellFormed(Nested(200)).ShouldBeFalse();

        static byte[] Nested(int depth)
        {
            var (writer, starts) = (new RlpWriter(), new Stack<int>());
            for (var i = 0; i < depth; i++) starts.Push(writer.StartList());
            while (starts.TryPop(out var start)) writer.EndList(start);
            return writer.ToArray();
        }
    }

    [Fact]
    public void TryRead_WrongKind_LeavesTheReaderWhereItWas()
    {
        var reader = new RlpReader([0x83, 1, 2, 3, 0xc1, 0x05, 0x82, 0x00, 0x01, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        reader.TryReadList(out _).ShouldBeFalse();
        reader.TryReadBytes(2, out _).ShouldBeFalse();
        reader.TryReadAddress(out _).ShouldBeFalse();
        reader.Position.ShouldBe(0);
        reader.TryReadBytes(3, out _).ShouldBeTrue();
        reader.TryReadBytes(out _).ShouldBeFalse();
        reader.TryReadList(out var items).ShouldBeTrue();
        items.TryReadUInt64(out var five).ShouldBeTrue();
        five.ShouldBe(5UL);
        reader.TryReadUInt64(out _).ShouldBeFalse(); // leading zero
        reader.Position.ShouldBe(6);
        reader.TrySkip().ShouldBeTrue();
        reader.TryReadUInt64(out _).ShouldBeFalse(); // nine bytes
        reader.Position.ShouldBe(9);
        reader.TryReadUInt256(out var large).ShouldBeTrue();
        large.ShouldBe(BigInteger.Parse("010101010101010101", NumberStyles.AllowHexSpecifier));
        reader.IsAtEnd.ShouldBeTrue();
    }

    private static JsonDocument Load(string folder, string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedVectors.Find(folder), file)));

    private static byte[] Encode(JsonElement value, bool textIsHex)
    {
        var writer = new RlpWriter(1);
        Write(writer, value, textIsHex);
        return writer.ToArray();
    }

    private static void Write(RlpWriter writer, JsonElement value, bool textIsHex)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            var list = writer.StartList();
            foreach (var item in value.EnumerateArray()) Write(writer, item, textIsHex);
            writer.EndList(list);
        }
        else if (value.ValueKind == JsonValueKind.Number)
        {
            writer.WriteUInt64(value.GetUInt64());
        }
        else if (textIsHex)
        {
            writer.WriteBytes(Hex.Parse(value.GetString()!));
        }
        else if (value.GetString()!.StartsWith('#'))
        {
            writer.WriteScalarOf(BigInteger.Parse(value.GetString()!.AsSpan(1), NumberStyles.None));
        }
        else
        {
            writer.WriteBytes(Encoding.Latin1.GetBytes(value.GetString()!));
        }
    }

    // Reads every item and writes it again.
    private static byte[] Copy(byte[] encoded)
    {
        var writer = new RlpWriter();
        var reader = new RlpReader(encoded);
        CopyAll(ref reader, writer);
        return writer.ToArray();
    }

    private static void CopyAll(ref RlpReader reader, RlpWriter writer)
    {
        while (!reader.IsAtEnd)
        {
            if (reader.TryReadList(out var items))
            {
                var list = writer.StartList();
                CopyAll(ref items, writer);
                writer.EndList(list);
            }
            else
            {
                reader.TryReadBytes(out var bytes).ShouldBeTrue();
                writer.WriteBytes(bytes);
            }
        }
    }
}

internal static class RlpWriterExtensions
{
    // The vectors go beyond 256 bits, Ethereum's own scalars do not.
    public static void WriteScalarOf(this RlpWriter writer, BigInteger value)
    {
        if (value.GetBitLength() <= 256) writer.WriteUInt256(value);
        else writer.WriteScalar(value.ToByteArray(isUnsigned: true, isBigEndian: true));
    }
}
