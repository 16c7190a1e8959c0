using System.Text;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Contracts.Tests.Keys;

public sealed class EthereumKeyTests
{
    // EIP-712's example: keccak256("cow") and its account.
    private const string CowKey = "0xc85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4";
    private const string CowAddress = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826";

    [Fact]
    public void Parse_KnownKey_HasItsAddress()
    {
        using var key = EthereumKey.Parse(CowKey);
        key.Address.ToChecksumString().ShouldBe(CowAddress);
    }

    [Fact]
    public void Sign_ManyDigests_HaveLowSAndRecoverToTheAddress()
    {
        using var key = EthereumKey.Create();
        var ids = new HashSet<byte>();
        for (ulong i = 0; i < 200; i++)
        {
            var digest = Keccak256.HashData(Hash32.FromUInt64(i).ToArray());
            var signature = key.Sign(digest).ToArray();
            EcdsaSignature.Recover(digest, signature, out var signer).ShouldBe(SignatureFault.None);
            signer.ShouldBe(key.Address);
            ids.Add(signature[64]);
        }

        ids.ShouldBe([(byte)27, (byte)28], ignoreOrder: true);
    }

    [Fact]
    public void Recover_OneThingChanged_NamesTheFault()
    {
        using var key = EthereumKey.Parse(CowKey);
        var digest = Keccak256.HashData("a"u8);
        var good = key.Sign(digest).ToArray();

        EcdsaSignature.Recover(digest, good, out var signer).ShouldBe(SignatureFault.None);
        signer.ShouldBe(key.Address);
        EcdsaSignature.Recover(digest, good.AsSpan(0, 64), out _).ShouldBe(SignatureFault.WrongLength);
        EcdsaSignature.Recover(digest, With(good, 64, 0), out _).ShouldBe(SignatureFault.WrongV);
        EcdsaSignature.Recover(digest, With(good, 64, 29), out _).ShouldBe(SignatureFault.WrongV);
        EcdsaSignature.Recover(digest, Fill(good, 0, 0x00), out _).ShouldBe(SignatureFault.OutOfRange);
        EcdsaSignature.Recover(digest, Fill(good, 32, 0x00), out _).ShouldBe(SignatureFault.OutOfRange);
        EcdsaSignature.Recover(digest, Fill(good, 0, 0xff), out _).ShouldBe(SignatureFault.OutOfRange);
        EcdsaSignature.Recover(digest, Fill(good, 32, 0xff), out _).ShouldBe(SignatureFault.OutOfRange);
        EcdsaSignature.Recover(digest, MirrorS(good), out _).ShouldBe(SignatureFault.HighS);
        EcdsaSignature.Recover(Keccak256.HashData("b"u8), good, out signer);
        signer.ShouldNotBe(key.Address);
    }

    [Fact]
    public void ToString_Always_IsTheAddressOnly()
    {
        using var key = EthereumKey.Parse(CowKey);
        key.ToString().ShouldBe(CowAddress.ToLowerInvariant());
        $"{key}".ShouldNotContain(CowKey[2..10]);
    }

    [Theory]
    [InlineData("0x00")]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData("c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4")]
    public void Parse_NotAKey_ThrowsWithoutShowingIt(string text)
    {
        var error = Should.Throw<Exception>(() => EthereumKey.Parse(text));
        (error is FormatException or ArgumentException).ShouldBeTrue();
        if (text.Length > 10) error.Message.ShouldNotContain(text[^10..]);
    }

    [Fact]
    public void Sign_AfterDisposal_Throws()
    {
        var key = EthereumKey.Create();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign(Hash32.Zero));
    }

    [Fact]
    public void ExportPrivateKey_KnownKey_IsIt()
    {
        using var key = EthereumKey.Parse(CowKey);
        var exported = new byte[32];
        key.ExportPrivateKey(exported);
        Hex.Format(exported).ShouldBe(CowKey);
    }

    [Fact]
    public void HashMessage_KnownText_IsTheEipsHash()
        => EthereumKey.HashMessage(Encoding.UTF8.GetBytes("Hello World")).ToString()
            .ShouldBe("0xa1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2"); // ethers.hashMessage("Hello World")

    private static byte[] With(byte[] signature, int at, byte value)
    {
        var changed = signature.ToArray();
        changed[at] = value;
        return changed;
    }

    private static byte[] Fill(byte[] signature, int from, byte value)
    {
        var changed = signature.ToArray();
        changed.AsSpan(from, 32).Fill(value);
        return changed;
    }

    // n − s, and the other v: the second signature that anyone can make of one.
    private static byte[] MirrorS(byte[] signature)
    {
        var order = System.Numerics.BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.AllowHexSpecifier);
        var s = new System.Numerics.BigInteger(signature.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        var mirrored = (order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        var changed = signature.ToArray();
        changed.AsSpan(32, 32).Clear();
        mirrored.CopyTo(changed, 64 - mirrored.Length);
        changed[64] = (byte)(55 - changed[64]);
        return changed;
    }
}
