using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Contracts.Tests.Transactions;

/// <summary>EIP-1559 transactions against the "London" form of ethers' 300 vectors; the other forms are not ours to write.</summary>
public sealed class TransactionVectorTests
{
    private sealed record Vector(string Name, Eip1559Transaction Transaction, string Unsigned, string Signed, string PrivateKey);

    [VectorFact("ethers")]
    public void EncodeUnsigned_EthersVectors_GiveTheirBytes()
    {
        var vectors = ReadVectors();
        vectors.Count.ShouldBe(300);
        vectors.Count(v => !v.Transaction.AccessList.IsEmpty).ShouldBeGreaterThan(50);
        foreach (var v in vectors) Hex.Format(v.Transaction.EncodeUnsigned()).ShouldBe(v.Unsigned, v.Name);
    }

    [VectorFact("ethers")]
    public void TryDecode_EthersVectors_FindTheKeysAccountAndGiveTheBytesAgain()
    {
        foreach (var v in ReadVectors())
        {
            using var key = EthereumKey.Parse(v.PrivateKey);
            var raw = Hex.Parse(v.Signed);
            SignedTransaction.TryDecode(raw, out var signed).ShouldBeTrue(v.Name);
            signed!.Sender.ShouldBe(key.Address, v.Name);
            signed.Hash.ShouldBe(Keccak256.HashData(raw), v.Name);
            Hex.Format(signed.Transaction.EncodeUnsigned()).ShouldBe(v.Unsigned, v.Name);
            Hex.Format(v.Transaction.WithSignature(signed.Signature).Raw.AsSpan()).ShouldBe(v.Signed, v.Name);
        }
    }

    [VectorFact("ethers")]
    public void TryDecode_AnyCutOrLongerVector_IsRefused()
    {
        foreach (var v in ReadVectors().Take(20))
        {
            var raw = Hex.Parse(v.Signed);
            for (var kept = 0; kept < raw.Length; kept++) SignedTransaction.TryDecode(raw.AsSpan(0, kept), out _).ShouldBeFalse();
            SignedTransaction.TryDecode([.. raw, 0], out _).ShouldBeFalse();
        }
    }

    [VectorFact("ethers")]
    public void TryDecode_FieldBehindTheSignature_IsRefused()
    {
        foreach (var v in ReadVectors().Take(20))
        {
            var raw = Hex.Parse(v.Signed);
            SignedTransaction.TryDecode(raw, out _).ShouldBeTrue(v.Name);
            RlpReader.TryReadWholeList(raw.AsSpan(1), out var fields).ShouldBeTrue();
            SignedTransaction.TryDecode([Eip1559Transaction.Type, .. Rlp.EncodeList(fields.Remaining.ToArray(), [0x80])], out _).ShouldBeFalse(v.Name);
        }
    }

    [VectorFact("ethers")]
    public void Sign_OwnSignature_RecoversToTheSender()
    {
        foreach (var v in ReadVectors().Take(100))
        {
            using var key = EthereumKey.Parse(v.PrivateKey);
            var signed = v.Transaction.Sign(key);
            SignedTransaction.TryDecode(signed.Raw.AsSpan(), out var read).ShouldBeTrue(v.Name);
            read!.Sender.ShouldBe(key.Address, v.Name);
            read.Hash.ShouldBe(signed.Hash, v.Name);
        }
    }

    private static List<Vector> ReadVectors()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedVectors.Find("ethers"), "transactions.json")));
        return [.. document.RootElement.EnumerateArray().Select(v => new Vector(
            v.GetProperty("name").GetString()!,
            ReadTransaction(v.GetProperty("transaction")),
            v.GetProperty("unsignedLondon").GetString()!,
            v.GetProperty("signedLondon").GetString()!,
            v.GetProperty("privateKey").GetString()!))];
    }

    private static Eip1559Transaction ReadTransaction(JsonElement t) => new()
    {
        ChainId = (ulong)Number(t, "chainId"),
        Nonce = (ulong)Number(t, "nonce"),
        MaxPriorityFeePerGasWei = Number(t, "maxPriorityFeePerGas"),
        MaxFeePerGasWei = Number(t, "maxFeePerGas"),
        GasLimit = (ulong)Number(t, "gasLimit"),
        To = t.TryGetProperty("to", out var to) && to.ValueKind == JsonValueKind.String ? Address.Parse(to.GetString()!) : null,
        ValueWei = Number(t, "value"),
        Data = t.TryGetProperty("data", out var data) ? Hex.Parse(data.GetString()!) : [],
        AccessList = t.TryGetProperty("accessList", out var list)
            ? [.. list.EnumerateArray().Select(e => new AccessListEntry(
                Address.Parse(e.GetProperty("address").GetString()!),
                [.. e.GetProperty("storageKeys").EnumerateArray().Select(k => Hash32.Parse(k.GetString()!))]))]
            : ImmutableArray<AccessListEntry>.Empty,
    };

    private static BigInteger Number(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var value)) return BigInteger.Zero;
        return value.ValueKind == JsonValueKind.Number
            ? value.GetInt64()
            : BigInteger.Parse($"0{value.GetString()!.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
