using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Ethereum.Tests;

/// <summary>EIP-712 against the vectors of ethers, and one thing changed at a time in a message that is right.</summary>
public sealed class TypedDataTests
{
    private const string Mail = """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
        "Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],
        "Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},{"name":"contents","type":"string"}]},
        "primaryType":"Mail","domain":{"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},
        "message":{"from":{"name":"Cow","wallet":"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},"to":{"name":"Bob","wallet":"0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},"contents":"Hello, Bob!"}}
        """;

    [VectorFact("ethers")]
    public void TryParseJson_EthersVectors_GiveTheirEncodingAndDigest()
    {
        var vectors = JsonNode.Parse(File.ReadAllBytes(Path.Combine(SharedVectors.Find("ethers"), "typed-data.json")))!.AsArray();
        vectors.Count.ShouldBe(65);
        foreach (var vector in vectors)
        {
            var name = vector!["name"]!.GetValue<string>();
            var json = new JsonObject
            {
                ["types"] = vector["types"]!.DeepClone(),
                ["primaryType"] = vector["primaryType"]!.DeepClone(),
                ["domain"] = vector["domain"]!.DeepClone(),
                ["message"] = vector["data"]!.DeepClone(),
            };
            TypedDataMessage.TryParseJson(Encoding.UTF8.GetBytes(json.ToJsonString()), out var message, out var reason).ShouldBeTrue($"{name}: {reason}");
            Hex.Format(message!.Schema.EncodeData(message.Values)).ShouldBe(vector["encoded"]!.GetValue<string>(), name);
            message.Digest.ToString().ShouldBe(vector["digest"]!.GetValue<string>(), name);

            TypedDataMessage.TryParseJson(message.ToJsonUtf8(), out var again, out reason).ShouldBeTrue($"{name} again: {reason}");
            again!.Digest.ShouldBe(message.Digest, name);
        }
    }

    [VectorFact("ethers")]
    public void Recover_EthersVectorWithSignature_IsTheSigner()
    {
        var vector = JsonNode.Parse(File.ReadAllBytes(Path.Combine(SharedVectors.Find("ethers"), "typed-data.json")))!.AsArray()
            .Single(v => v!.AsObject().ContainsKey("signature"))!;
        var digest = Hash32.Parse(vector["digest"]!.GetValue<string>());
        EcdsaSignature.Recover(digest, Hex.Parse(vector["signature"]!.GetValue<string>()), out var signer).ShouldBe(SignatureFault.None);

        // The EIP's own example: the account of keccak256("cow").
        signer.ToChecksumString().ShouldBe("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826");
    }

    [Fact]
    public void Digest_SchemaFromTextAndValuesInOrder_IsTheEipsExample()
    {
        var schema = TypedDataSchema.Parse("Mail(Person from,Person to,string contents)Person(string name,address wallet)");
        var domain = new TypedDataDomain("Ether Mail", "1", BigInteger.One, Address.Parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"));
        var message = new TypedDataMessage(
            domain,
            schema,
            Person("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"),
            Person("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"),
            "Hello, Bob!");
        schema.EncodeType().ShouldBe("Mail(Person from,Person to,string contents)Person(string name,address wallet)");
        domain.Separator.ToString().ShouldBe("0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
        message.Digest.ToString().ShouldBe("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");

        static Dictionary<string, object?> Person(string name, string wallet) => new() { ["name"] = name, ["wallet"] = Address.Parse(wallet) };
    }

    [Fact]
    public void TryParseJson_MailOfTheEip_HasItsDigest()
    {
        TypedDataMessage.TryParseJson(Encoding.UTF8.GetBytes(Mail), out var message, out _).ShouldBeTrue();
        message!.Digest.ToString().ShouldBe("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
    }

    [Theory]
    [InlineData("\"contents\":\"Hello, Bob!\"", "\"content\":\"Hello, Bob!\"", "'contents' is missing")]
    [InlineData("\"contents\":\"Hello, Bob!\"", "\"contents\":\"Hello, Bob!\",\"more\":1", "Mail.more found")]
    [InlineData("\"contents\":\"Hello, Bob!\"", "\"contents\":7", "Number found, a string expected")]
    [InlineData("0xbBbBBBBb", "0xBbBBBBBb", "EIP-55")]
    [InlineData("\"chainId\":1", "\"chainId\":1.5", "an integer expected")]
    [InlineData("\"chainId\":1", "\"chainId\":-1", "uint256")]
    [InlineData("\"chainId\":1,", "", "lists")]
    [InlineData("\"type\":\"Person\"", "\"type\":\"Persona\"", "not among the types")]
    [InlineData("\"type\":\"Person\"", "\"type\":\"Person[0]\"", "array brackets")]
    [InlineData("\"name\":\"to\"", "\"name\":\"from\"", "occurs once")]
    [InlineData("\"primaryType\":\"Mail\"", "\"primaryType\":\"Male\"", "not among the types")]
    [InlineData("\"primaryType\":\"Mail\"", "\"primaryType\":\"Mail\",\"primaryType\":\"Mail\"", "uplicate")]
    public void TryParseJson_OneThingChanged_IsRefusedWithItsReason(string from, string to, string expected)
    {
        Mail.ShouldContain(from);
        TypedDataMessage.TryParseJson(Encoding.UTF8.GetBytes(Mail.Replace(from, to)), out _, out var reason).ShouldBeFalse();
        reason!.ShouldContain(expected);
    }

    [Theory]
    [InlineData("A(uint256 x)", 1)]
    [InlineData("A(uint8 x)", 255)]
    [InlineData("A(int8 x)", -128)]
    public void HashStruct_NumberInRange_IsTaken(string type, int value) => TypedDataSchema.Parse(type).HashStruct(Value(value)).IsZero.ShouldBeFalse();

    [Theory]
    [InlineData("A(uint256 x)", -1)]
    [InlineData("A(uint8 x)", 256)]
    [InlineData("A(int8 x)", 128)]
    [InlineData("A(int8 x)", -129)]
    [InlineData("A(bool x)", 1)]
    [InlineData("A(address x)", 1)]
    [InlineData("A(uint8[2] x)", 1)]
    public void HashStruct_ValueNotOfItsType_Throws(string type, int value)
        => Assert.Throws<ArgumentException>(() => TypedDataSchema.Parse(type).HashStruct(Value(value)));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void HashStruct_ArrayOfOtherLength_Throws(int length)
    {
        var schema = TypedDataSchema.Parse("A(uint8[2] x)");
        schema.HashStruct(Value(new[] { 1, 2 })).IsZero.ShouldBeFalse();
        Should.Throw<ArgumentException>(() => schema.HashStruct(Value(new int[length]))).Message.ShouldContain("2 expected");
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("(uint256 x)")]
    [InlineData("A(uint256)")]
    [InlineData("A(uint x)")]
    [InlineData("A(uint256 x)A(uint256 x)")]
    [InlineData("A(uint256 x,uint256 x)")]
    [InlineData("bool(uint256 x)")]
    public void Parse_NotASchema_Throws(string text) => Assert.Throws<FormatException>(() => TypedDataSchema.Parse(text));

    private static Dictionary<string, object?> Value(object? value) => new() { ["x"] = value };
}
