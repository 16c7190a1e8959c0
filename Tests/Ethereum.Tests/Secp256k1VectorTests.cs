using System.Security.Cryptography;
using System.Text.Json;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Ethereum.Tests;

/// <summary>secp256k1 against Wycheproof: 252 cases, edge points and special numbers among them.</summary>
public sealed class Secp256k1VectorTests
{
    private sealed record Case(int Id, byte[] PublicKey, byte[] Hash, byte[] Signature, bool Valid);

    private static List<Case> Cases()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(
            Path.Combine(SharedVectors.Find("wycheproof"), "ecdsa_secp256k1_sha256_p1363_test.json")));
        return [.. from theGroup in document.RootElement.GetProperty("testGroups").EnumerateArray()
                   let key = Convert.FromHexString(theGroup.GetProperty("publicKey").GetProperty("uncompressed").GetString()!)
                   from test in theGroup.GetProperty("tests").EnumerateArray()
                   select new Case(
                       test.GetProperty("tcId").GetInt32(),
                       key[1..],
                       SHA256.HashData(Convert.FromHexString(test.GetProperty("msg").GetString()!)),
                       Convert.FromHexString(test.GetProperty("sig").GetString()!),
                       test.GetProperty("result").GetString() == "valid")];
    }

    [VectorFact("wycheproof")]
    public void Verify_WycheproofCases_AnswersAsTheySay()
    {
        var cases = Cases();
        cases.Count(c => c.Valid).ShouldBe(167);
        cases.Count(c => !c.Valid).ShouldBe(85);
        foreach (var c in cases) Secp256k1.Verify(c.Hash, c.Signature, c.PublicKey).ShouldBe(c.Valid, $"tcId {c.Id}");
    }

    [VectorFact("wycheproof")]
    public void TryRecover_WycheproofCases_FindsTheKeyExactlyWhereValid()
    {
        var key = new byte[64];
        foreach (var c in Cases())
        {
            var found = Enumerable.Range(0, 4).Count(id => Secp256k1.TryRecover(c.Hash, c.Signature, id, key) && key.AsSpan().SequenceEqual(c.PublicKey));
            found.ShouldBe(c.Valid ? 1 : 0, $"tcId {c.Id}");
        }
    }

    [VectorFact("wycheproof")]
    public void IsPublicKey_PointOffTheCurve_IsFalse()
    {
        var key = Cases()[0].PublicKey;
        Secp256k1.IsPublicKey(key).ShouldBeTrue();
        Secp256k1.IsPublicKey(key.AsSpan(1)).ShouldBeFalse();
        for (var i = 0; i < key.Length; i++)
        {
            var changed = key.ToArray();
            changed[i] ^= 1;
            Secp256k1.IsPublicKey(changed).ShouldBeFalse($"byte {i}");
        }
    }

    /// <summary>With r = s = hash both factors are 1, and with the generator as key the sum is G + G: right only where r is the x of 2G.</summary>
    [Fact]
    public void Verify_SumOfEqualPoints_IsTheDouble()
    {
        var generator = Convert.FromHexString(
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
        var xOfTwoG = Convert.FromHexString("c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5");
        Secp256k1.Verify(xOfTwoG, [.. xOfTwoG, .. xOfTwoG], generator).ShouldBeTrue();
        Secp256k1.Verify(xOfTwoG, [.. xOfTwoG, .. xOfTwoG[..31], 0xe4], generator).ShouldBeFalse();
    }
}
