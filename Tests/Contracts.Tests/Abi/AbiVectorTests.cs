using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Contracts.Tests.Abi;

/// <summary>The ABI codec against the vectors of ethers, whose encodings were computed by compiled contracts.</summary>
public sealed class AbiVectorTests
{
    private sealed record Vector(string Name, AbiType Type, object? Value, byte[] Encoded);

    [VectorFact("ethers")]
    public void Encode_EthersVectors_GiveTheirBytes()
    {
        var vectors = ReadVectors();
        vectors.Count.ShouldBe(150);
        vectors.Count(v => v.Type.IsDynamic).ShouldBe(26);
        vectors.Count(v => v.Type.IsTuple).ShouldBeGreaterThan(40);
        vectors.Count(v => v.Type.Element is not null).ShouldBeGreaterThan(40);
        foreach (var v in vectors) Hex.Format(AbiCodec.Encode([new AbiParameter(string.Empty, v.Type)], v.Value)).ShouldBe(Hex.Format(v.Encoded), v.Name);
    }

    [VectorFact("ethers")]
    public void TryDecode_EthersVectors_GiveTheirValues()
    {
        foreach (var v in ReadVectors())
        {
            AbiCodec.TryDecode([new AbiParameter(string.Empty, v.Type)], v.Encoded, out var values, out var reason).ShouldBeTrue($"{v.Name}: {reason}");
            Text(values[0]).ShouldBe(Text(v.Value), v.Name);
        }
    }

    [VectorFact("ethers")]
    public void TryDecode_EveryCutOfEveryVector_IsRefused()
    {
        var cuts = 0;
        foreach (var v in ReadVectors().Where(v => v.Encoded.Length < 2048))
        {
            for (var kept = 0; kept < v.Encoded.Length; kept++)
            {
                var used = AbiCodec.TryDecode([new AbiParameter(string.Empty, v.Type)], v.Encoded.AsSpan(0, kept), out var values, out var reason);

                // The padding behind the last bytes belongs to no value: Solidity's decoder does not ask for it either.
                if (used) Text(values[0]).ShouldBe(Text(v.Value), $"{v.Name} cut to {kept}");
                else reason.ShouldNotBeEmpty();
                if (v.Encoded.Length - kept >= 32) used.ShouldBeFalse($"{v.Name} cut to {kept} of {v.Encoded.Length}");
                cuts++;
            }
        }

        cuts.ShouldBeGreaterThan(10_000);
    }

    private static List<Vector> ReadVectors()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedVectors.Find("ethers"), "abi.json")));
        return [.. document.RootElement.EnumerateArray().Select(v => new Vector(
            v.GetProperty("name").GetString()!,
            AbiType.Parse(v.GetProperty("type").GetString()!),
            ReadValue(v.GetProperty("verbose")),
            Hex.Parse(v.GetProperty("encoded").GetString()!)))];
    }

    private static object? ReadValue(JsonElement verbose)
    {
        var value = verbose.GetProperty("value");
        return verbose.GetProperty("type").GetString() switch
        {
            "number" => BigInteger.Parse(value.GetString()!, CultureInfo.InvariantCulture),
            "boolean" => value.GetBoolean(),
            "string" => value.GetString(),
            "address" => Address.Parse(value.GetString()!),
            "hexstring" => Hex.Parse(value.GetString()!),
            "array" or "object" => value.EnumerateArray().Select(ReadValue).ToArray(),
            var other => throw new NotSupportedException($"{other} found"),
        };
    }

    private static string Text(object? value) => value switch
    {
        Hash32 word => word.ToString(),
        byte[] bytes => Hex.Format(bytes),
        string text => $"'{text}'",
        IEnumerable<object?> items => $"[{string.Join("; ", items.Select(Text))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
