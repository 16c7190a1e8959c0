using System.Text;

namespace Pythia.Ethereum.Tests;

/// <summary>Known answers from the Keccak team's and Ethereum's own constants; <c>KeccakTrieVectorTests</c> adds the public vectors.</summary>
public sealed class Keccak256Tests
{
    [Theory]
    [InlineData("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("The quick brown fox jumps over the lazy dog", "0x4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15")]
    [InlineData("Transfer(address,address,uint256)", "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")]
    [InlineData("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        "0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f")]
    public void HashData_KnownText_IsKnownHash(string text, string hash)
        => Assert.Equal(hash, Keccak256.HashData(Encoding.UTF8.GetBytes(text)).ToString());

    [Fact]
    public void HashData_EmptyRlpString_IsTheEmptyTrieRoot()
        => Assert.Equal("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421", Keccak256.HashData(Rlp.EmptyString).ToString());

    [Fact]
    public void HashData_EveryLengthAroundTheRate_DiffersFromItsNeighbours()
    {
        var seen = new HashSet<Hash32>();
        var data = new byte[3 * 136];
        for (var length = 0; length <= data.Length; length++) Assert.True(seen.Add(Keccak256.HashData(data.AsSpan(0, length))));
    }

    [Fact]
    public void HashData_DestinationOverlapsSource_IsTheSame()
    {
        var data = Enumerable.Range(0, 200).Select(i => (byte)i).ToArray();
        var expected = Keccak256.HashData(data);
        Keccak256.HashData(data, data.AsSpan(10, 32));
        Assert.Equal(expected, Hash32.FromSpan(data.AsSpan(10, 32)));
    }

    [Fact]
    public void HashData_DestinationOfOtherLength_Throws()
        => Assert.Throws<ArgumentException>(() => Keccak256.HashData([], new byte[31]));
}
