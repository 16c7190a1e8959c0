using System.Text.Json.Nodes;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

/// <summary>The JSON form of acts: what is written is read back, and one changed thing is refused by name.</summary>
public sealed class SignedActJsonTests
{
    public static TheoryData<string> ActNames => Samples.ActNames;

    [Fact]
    public void Samples_CoverEveryAct() => Samples.Acts.Select(a => a.PrimaryType).Order(StringComparer.Ordinal).ShouldBe(SignedActJson.ActNames);

    [Theory]
    [MemberData(nameof(ActNames))]
    public void Format_AnyAct_IsReadBackAsTheSameAct(string name)
    {
        var act = Samples.Act(name);
        SignedActJson.TryParse(SignedActJson.Format(act), out var read, out var reason).ShouldBeTrue(reason);
        read.GetType().ShouldBe(act.GetType());
        read.Header.ShouldBe(act.Header);
        read.EncodeDirectCall().ShouldBe(act.EncodeDirectCall());
        read.EncodeSignedCall([1, 2]).ShouldBe(act.EncodeSignedCall([1, 2]));
        read.Digest(31337).ShouldBe(act.Digest(31337));
        SignedActJson.Format(read).ShouldBe(SignedActJson.Format(act));
    }

    [Theory]
    [MemberData(nameof(ActNames))]
    public void EncodeSignedCall_AnyAct_IsReadBackAsTheSameAct(string name)
    {
        var act = Samples.Act(name);
        SignedActCalls.TryDecode(act.Contract, act.EncodeSignedCall([1, 2, 3]), out var read, out var signature).ShouldBeTrue();
        SignedActJson.Format(read).ShouldBe(SignedActJson.Format(act));
        signature.ShouldBe([1, 2, 3]);
        SignedActCalls.TryDecode(act.Contract, act.EncodeSignedCall([1, 2, 3]).AsSpan(0, 40), out _, out _).ShouldBeFalse();
        SignedActCalls.TryDecode(act.Contract, act.EncodeDirectCall(), out _, out _).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(ActNames))]
    public void TryParse_AnyFieldMissing_IsRefusedByItsName(string name)
    {
        var fields = Tree(name).Select(f => f.Key).ToList();
        fields.Count.ShouldBeGreaterThanOrEqualTo(5);
        foreach (var field in fields)
        {
            var json = Tree(name);
            json.Remove(field);
            SignedActJson.TryParse(json.ToJsonString(), out _, out var reason).ShouldBeFalse();
            reason.ShouldStartWith($"{field}: nothing found,");
        }
    }

    [Theory]
    [MemberData(nameof(ActNames))]
    public void TryParse_AnyFieldOfAnotherForm_IsRefusedByItsName(string name)
    {
        foreach (var field in Tree(name).Select(f => f.Key).ToList())
        {
            var json = Tree(name);
            json[field] = true;
            SignedActJson.TryParse(json.ToJsonString(), out _, out var reason).ShouldBeFalse();
            reason.ShouldStartWith($"{field}: true found,");
        }
    }

    [Theory]
    [MemberData(nameof(ActNames))]
    public void TryParse_UnknownField_IsRefusedByItsName(string name)
    {
        var json = Tree(name);
        json["memo"] = "hello";
        SignedActJson.TryParse(json.ToJsonString(), out _, out var reason).ShouldBeFalse();
        reason.ShouldStartWith("memo: unknown field found,");
    }

    [Fact]
    public void TryParse_UnknownFieldInside_IsRefusedByItsPath()
    {
        var json = Tree("Grant");
        json["terms"]!["memo"] = "hello";
        SignedActJson.TryParse(json.ToJsonString(), out _, out var reason).ShouldBeFalse();
        reason.ShouldStartWith("terms.memo: unknown field found,");
    }

    [Fact]
    public void TryParse_FieldTwice_IsRefused()
    {
        var json = SignedActJson.Format(Samples.Act("Freeze"))[..^1] + ",\"nonce\":\"0\"}";
        SignedActJson.TryParse(json, out _, out var reason).ShouldBeFalse();
        reason.ShouldBe("nonce: found twice, once expected");
    }

    [Theory]
    [InlineData("ownerEpoch", "4294967296", "a whole number below 2^32")]
    [InlineData("ownerEpoch", "-1", "a whole number below 2^32")]
    [InlineData("ownerEpoch", "1.0", "a whole number below 2^32")]
    [InlineData("ownerEpoch", "1e3", "a whole number below 2^32")]
    [InlineData("ownerEpoch", "\"\"", "a whole number below 2^32")]
    [InlineData("ownerEpoch", "\"0x10\"", "a whole number below 2^32")]
    [InlineData("ownerEpoch", "\"01\"", "a whole number below 2^32")]
    [InlineData("deviceEpoch", "1099511627776", "a whole number below 2^40")]
    [InlineData("to", "\"0x1234\"", "an address (0x and 40 hex digits)")]
    [InlineData("deviceId", "\"\"", "32 bytes (0x and 64 hex digits)")]
    [InlineData("deadline", "18446744073709551616", "a whole number below 2^64")]
    [InlineData("nonce", "null", "a whole number below 2^256")]
    public void TryParse_ValueOutOfForm_SaysWhatWasFoundAndExpected(string field, string value, string expected)
    {
        var json = Tree("Transfer");
        json[field] = JsonNode.Parse(value);
        SignedActJson.TryParse(json.ToJsonString(), out _, out var reason).ShouldBeFalse();
        reason.ShouldBe($"{field}: {value} found, {expected} expected");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"act\":\"Burn\"}")]
    [InlineData("{\"act\":7}")]
    [InlineData("nonsense")]
    public void TryParse_NoAct_IsRefused(string json)
    {
        SignedActJson.TryParse(json, out _, out var reason).ShouldBeFalse();
        reason.ShouldStartWith("act: ");
    }

    [Fact]
    public void TryParse_TooLong_IsRefusedUnread()
    {
        SignedActJson.TryParse(new byte[SignedActJson.MaxBytes + 1], out _, out var reason).ShouldBeFalse();
        reason.ShouldStartWith("act: 262145 bytes found");
    }

    [Fact]
    public void TryParse_AcceptanceForAnotherGrantee_IsRefused()
    {
        var json = Tree("Accept");
        json["key"]!["grantee"] = Samples.Account(99).ToString();
        SignedActJson.TryParse(json.ToJsonString(), out _, out var reason).ShouldBeFalse();
        reason.ShouldStartWith("key.grantee: ");
    }

    [Fact]
    public void Format_Freeze_IsTheDocumentedForm()
        => SignedActJson.Format(new FreezeAct(new ActHeader(Samples.Account(1), Samples.Account(2), 0, 1_800_000_000), Hash32.Zero)).ShouldBe(
            """{"act":"Freeze","contract":"0x0101010101010101010101010101010101010101","signer":"0x0202020202020202020202020202020202020202","nonce":"0","deadline":"1800000000","deviceId":"0x0000000000000000000000000000000000000000000000000000000000000000"}""");

    private static JsonObject Tree(string name) => JsonNode.Parse(SignedActJson.Format(Samples.Act(name)))!.AsObject();
}
