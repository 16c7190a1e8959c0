using Pythia.Enclave.Attestation.Passports;
using Shouldly;

namespace Pythia.Tests.Passports;

public sealed class PassportPolicyFileTests
{
    private const string PpidA = "000102030405060708090a0b0c0d0e0f";
    private const string PpidB = "100102030405060708090a0b0c0d0e0f";

    [Fact]
    public void Read_WholePolicy_IsRead()
    {
        var policy = PassportPolicyFile.Read(SimulatedWorld.Utf8($$"""
            {
              "quote": { "platforms": ["{{PpidA}}", "{{PpidB}}"] },
              "operators": [ { "name": "a.example", "platforms": ["{{PpidA}}"] }, { "name": "b.example", "platforms": ["{{PpidB}}"] } ],
              "operatorOfOthers": "others.example",
              "anchors": ["{{new string('0', 64)}}"],
              "developmentAnchor": true
            }
            """));
        policy.Operators.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { [PpidA] = "a.example", [PpidB] = "b.example" }, ignoreOrder: true);
        policy.OperatorOfOthers.ShouldBe("others.example");
        policy.Anchors.ShouldHaveSingleItem();
        policy.DevelopmentAnchorAllowed.ShouldBeTrue();
        policy.Quote.Platforms!.Count.ShouldBe(2);
    }

    [Fact]
    public void Read_QuoteAlone_LetsNoAnchorAndNoOperatorThrough()
    {
        var policy = PassportPolicyFile.Read(SimulatedWorld.Utf8("""{"quote":{}}"""));
        policy.DevelopmentAnchorAllowed.ShouldBeFalse();
        policy.OperatorOfOthers.ShouldBeNull();
        policy.Operators.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "no JSON")]
    [InlineData("[]", "Array found")]
    [InlineData("{}", "quote: none found")]
    [InlineData("""{"quote":{},"quote":{}}""", "twice")]
    [InlineData("""{"quote":{},"operator":[]}""", "operator: not known")]
    [InlineData("""{"quote":{"colour":1}}""", "quote: ")]
    [InlineData("""{"quote":{},"developmentAnchor":"yes"}""", "developmentAnchor: \"yes\" found")]
    [InlineData("""{"quote":{},"anchors":["00"]}""", "anchors: \"00\" found")]
    [InlineData("""{"quote":{},"anchors":1}""", "anchors: Number found")]
    [InlineData("""{"quote":{},"operatorOfOthers":"A"}""", "operatorOfOthers: \"A\" found")]
    [InlineData("""{"quote":{},"operators":[{"name":"a"}]}""", "operators[0]: exactly name and platforms")]
    [InlineData("""{"quote":{},"operators":[{"name":"a","platforms":[],"more":1}]}""", "operators[0]: exactly name and platforms")]
    [InlineData("""{"quote":{},"operators":[{"name":"a","platforms":[]},{"name":"a","platforms":[]}]}""", "a found a second time")]
    [InlineData("""{"quote":{},"operators":[{"name":"a","platforms":["000102030405060708090a0b0c0d0e0f"]},{"name":"b","platforms":["000102030405060708090a0b0c0d0e0f"]}]}""", "a platform has one operator")]
    [InlineData("""{"quote":{},"operators":[{"name":"a","platforms":["000102030405060708090a0b0c0d0e0f"]}],"operatorOfOthers":"a"}""", "a name of its own expected")]
    public void Read_Mistake_IsNamed(string json, string expected)
        => Should.Throw<PassportPolicyException>(() => PassportPolicyFile.Read(SimulatedWorld.Utf8(json))).Message.ShouldContain(expected);

    [Fact]
    public void Read_SeveralMistakes_NamesThemAll()
    {
        var message = Should.Throw<PassportPolicyException>(() => PassportPolicyFile.Read(SimulatedWorld.Utf8("""{"a":1,"anchors":["x"],"developmentAnchor":0}"""))).Message;
        message.ShouldContain("a: not known");
        message.ShouldContain("anchors:");
        message.ShouldContain("developmentAnchor:");
        message.ShouldContain("quote: none found");
    }
}
