using System.Text;
using Pythia.Contracts.Abi;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.DevChain;

/// <summary>Our encodings beside those of <c>cast</c>, on inputs of many lengths and shapes.</summary>
public sealed class CastTests : IAsyncLifetime
{
    private const string PrivateKey = "0xc85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4";

    private readonly ContractsFolder _contracts = ContractsFolder.Find();

    public async Task InitializeAsync() => await NodeModules.EnsureAsync(_contracts, TimeProvider.System);

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(1)]
    [InlineData(135)]
    [InlineData(136)]
    [InlineData(137)]
    [InlineData(272)]
    [InlineData(1000)]
    public async Task HashData_BytesOfThatLength_IsCastsKeccak(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        Keccak256.HashData(bytes).ToString().ShouldBe(await Cast.RunAsync(_contracts, "keccak", Hex.Format(bytes)));
    }

    [Fact]
    public async Task Encode_NestedDynamicValues_IsCastsAbiEncode()
    {
        const string types = "(address,uint64,string[])[],bytes,int128,bool[2]";
        var ours = AbiCodec.Encode(
            types,
            new object[] { (Address.Zero, 7UL, new[] { "a", string.Empty }), (Address.Parse("0x00000000000000000000000000000000000000ff"), ulong.MaxValue, Array.Empty<string>()) },
            new byte[] { 1, 2, 3 },
            -5,
            new[] { true, false });
        Hex.Format(ours).ShouldBe(await Cast.RunAsync(
            _contracts, "abi-encode", $"f({types})",
            "[(0x0000000000000000000000000000000000000000,7,[\"a\",\"\"]),(0x00000000000000000000000000000000000000ff,18446744073709551615,[])]",
            "0x010203", "-5", "[true,false]"));
    }

    [Fact]
    public async Task Encode_FunctionCall_IsCastsCalldata()
        => Hex.Format(AbiFunction.Parse("transfer(address,uint256)").Encode(Address.Zero, 5)).ShouldBe(
            await Cast.RunAsync(_contracts, "calldata", "transfer(address,uint256)", Address.Zero.ToString(), "5"));

    [Fact]
    public async Task Digest_TypedData_IsSignedByCastToOurRecovery()
    {
        using var key = EthereumKey.Parse(PrivateKey);
        var message = new TypedDataMessage(
            new TypedDataDomain("Pythia Consent", "1", 31337, Address.Parse("0x00000000000000000000000000000000000000c0")),
            TypedDataSchema.Parse("Grant(Scope[] scopes,address grantee,uint40 notAfter,bytes note)Scope(string name,bytes32 hash)"),
            new object[] { Scope("telemetry:read"), Scope("lock:open") },
            key.Address,
            1_800_000_000,
            new byte[] { 9, 9, 9 });
        var signature = await Cast.RunAsync(_contracts, "wallet", "sign", "--private-key", PrivateKey, "--data", message.ToJson());
        EcdsaSignature.Recover(message.Digest, Hex.Parse(signature), out var signer).ShouldBe(SignatureFault.None);
        signer.ShouldBe(key.Address);

        static Dictionary<string, object?> Scope(string name) => new() { ["name"] = name, ["hash"] = Keccak256.HashData(Encoding.UTF8.GetBytes(name)) };
    }

    [Fact]
    public async Task SignMessage_AnyText_IsVerifiedByCast()
    {
        using var key = EthereumKey.Parse(PrivateKey);
        var signature = key.SignMessage("an owner's word"u8);
        var verdict = await Cast.RunAsync(_contracts, "wallet", "verify", "--address", key.Address.ToString(), "an owner's word", signature.ToString());
        verdict.ShouldContain("succeeded");
        await Should.ThrowAsync<InvalidOperationException>(() => Cast.RunAsync(_contracts, "wallet", "verify", "--address", key.Address.ToString(), "another word", signature.ToString()));
    }

    [Fact]
    public async Task Sign_Transaction_IsDecodedByCast()
    {
        using var key = EthereumKey.Parse(PrivateKey);
        var signed = new Eip1559Transaction
        {
            ChainId = 31337,
            Nonce = 3,
            MaxPriorityFeePerGasWei = 1,
            MaxFeePerGasWei = 2,
            GasLimit = 21_000,
            To = Address.Zero,
            ValueWei = 4,
            AccessList = [new AccessListEntry(key.Address, [Hash32.FromUInt64(1)])],
        }.Sign(key);
        var decoded = await Cast.RunAsync(_contracts, "decode-transaction", Hex.Format(signed.Raw.AsSpan()));
        decoded.ShouldContain(signed.Hash.ToString());
        decoded.ToLowerInvariant().ShouldContain(key.Address.ToString());
    }

    [Fact]
    public async Task OfCreatedContract_Nonces_AreCastsAddresses()
    {
        foreach (var nonce in new[] { 0, 1, 127, 128, 300 })
        {
            var cast = await Cast.RunAsync(_contracts, "compute-address", "0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826", "--nonce", nonce.ToString());
            cast.ShouldContain(Address.OfCreatedContract(Address.Parse("0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826"), (ulong)nonce).ToChecksumString());
        }
    }
}
