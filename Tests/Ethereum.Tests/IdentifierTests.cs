using System.Text.Json;
using Shouldly;

namespace Pythia.Ethereum.Tests;

/// <summary>Addresses, hashes and hex as text.</summary>
public sealed class IdentifierTests
{
    // EIP-55, its own test cases.
    [Theory]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0x8617E340B3D01FA5F11F306F4090FD50E238070D")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    [InlineData("0x27b1fdb04752bbc536007a920d24acb045561c26")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void ToChecksumString_CasesOfEip55_AreTheirs(string text)
    {
        var address = Address.Parse(text);
        address.ToChecksumString().ShouldBe(text);
        Address.Parse(text.ToLowerInvariant()).ShouldBe(address);
        address.ToString().ShouldBe(text.ToLowerInvariant());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")]
    [InlineData("0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed00")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg")]
    [InlineData(" 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")]
    [InlineData("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")] // checksum
    public void TryParse_NotAnAddress_IsFalse(string? text)
    {
        Address.TryParse(text, out var address).ShouldBeFalse();
        address.IsZero.ShouldBeTrue();
    }

    [Theory]
    [InlineData("0x0")]
    [InlineData("0xzz")]
    [InlineData("00")]
    [InlineData("")]
    public void Parse_NotHex_NamesWhatWasFound(string text)
    {
        Should.Throw<FormatException>(() => Hex.Parse(text)).Message.ShouldContain("expected");
        Should.Throw<FormatException>(() => Hash32.Parse(text)).Message.ShouldContain("64 hex digits");
    }

    [Fact]
    public void CompareTo_Hashes_AreOrderedAsBigEndianBytes()
    {
        (Hash32.FromUInt64(0x0100) > Hash32.FromUInt64(0x00ff)).ShouldBeTrue();
        (Hash32.FromUInt64(1) < Hash32.FromUInt64(ulong.MaxValue)).ShouldBeTrue();
        Hash32.Zero.CompareTo(default).ShouldBe(0);
    }

    [Fact]
    public void TryFromWord_WordOfAnAddress_IsThatAddressOnly()
    {
        var address = Address.Parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
        Address.TryFromWord(address.ToWord(), out var read).ShouldBeTrue();
        read.ShouldBe(address);
        var dirty = address.ToWord().ToArray();
        dirty[11] = 1;
        Address.TryFromWord(Hash32.FromSpan(dirty), out _).ShouldBeFalse();
    }

    [Fact]
    public void Json_ValuesAndKeys_GoThereAndBack()
    {
        var value = new Dictionary<Address, Hash32> { [Address.Parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")] = Hash32.FromUInt64(7) };
        var json = JsonSerializer.Serialize(value);
        json.ShouldBe("{\"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\":\"0x0000000000000000000000000000000000000000000000000000000000000007\"}");
        JsonSerializer.Deserialize<Dictionary<Address, Hash32>>(json).ShouldBe(value);
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Address>("\"0x12\""));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Hash32>("7"));
    }
}
