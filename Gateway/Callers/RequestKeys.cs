using System.Security.Cryptography;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Signing;
using Pythia.Grains.Clients;

namespace Pythia.Gateway.Callers;

/// <summary>A key that requests are signed with.</summary>
internal interface IRequestKey
{
    Caller Caller { get; }

    /// <summary>Also where nothing changes.</summary>
    bool NeedsNonce { get; }

    Task<bool> VerifyAsync(byte[] signed, byte[] signature, CancellationToken cancellationToken);
}

/// <summary>A client's P-256 key: ecdsa-p256-sha256, r ‖ s (RFC 9421 section 3.3.4).</summary>
internal sealed class ClientKey(ClientOptions client) : IRequestKey
{
    public const string Algorithm = "ecdsa-p256-sha256";

    private const int SignatureBytes = 64;

    private readonly byte[] _publicKey = Hex.Parse(client.PublicKey);

    public ClientOptions Options => client;

    public Caller Caller { get; } = new ClientCaller(client);

    public bool NeedsNonce => false;

    // A key object for each check: they may not be shared by threads.
    public Task<bool> VerifyAsync(byte[] signed, byte[] signature, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new() { X = _publicKey[..32], Y = _publicKey[32..] },
        });
        return Task.FromResult(signature.Length == SignatureBytes && key.VerifyData(signed, signature, HashAlgorithmName.SHA256));
    }
}

/// <summary>
/// An account's key (ERC-8128, draft): keyid <c>eip155:chain:address</c> with tag <c>erc8128</c>, or <c>erc8128:chain:address</c> as it was
/// before; EIP-191 over the signature base; 65 bytes r ‖ s ‖ v, or what the account's wallet takes (ERC-1271). No alg: none is registered.
/// </summary>
internal sealed class OwnerKey(Address account, ulong chainId, OwnerCaller caller, string nonce, IGrainFactory grains) : IRequestKey
{
    private const string Tag = "erc8128";
    private const int EcdsaSignatureBytes = 65;

    public Caller Caller => caller;

    // The draft takes signatures without a nonce only together with a way to call them back.
    public bool NeedsNonce => true;

    public static bool IsOne(string keyId) => keyId.StartsWith("eip155:", StringComparison.Ordinal) || keyId.StartsWith("erc8128:", StringComparison.Ordinal);

    public static (IRequestKey? Key, Problem? Problem) Find(RequestSignature signature, ulong chainId, string network, IGrainFactory grains)
    {
        var parts = signature.KeyId.Split(':');
        if (parts.Length != 3 || !Address.TryParse(parts[2], out var account))
            return (null, CallerFilter.Refuse(RequestSignatureFault.UnknownKey, $"keyid '{Problem.Shorten(signature.KeyId)}' found, eip155:<chain>:<address> expected"));
        if (parts[1] != $"{chainId}")
            return (null, CallerFilter.Refuse(RequestSignatureFault.WrongChain, $"a key of chain '{Problem.Shorten(parts[1])}' found, one of chain {chainId} expected"));
        if (signature.Algorithm is not null)
            return (null, CallerFilter.Refuse(RequestSignatureFault.WrongAlgorithm, $"alg '{Problem.Shorten(signature.Algorithm)}' found, none expected (ERC-8128)"));
        if (signature.Tag is not (null or Tag) || (parts[0] == "eip155" && signature.Tag is null))
            return (null, CallerFilter.Refuse(RequestSignatureFault.WrongTag, $"tag '{Problem.Shorten(signature.Tag ?? "none")}' found, {Tag} expected"));

        return (new OwnerKey(account, chainId, new(account, network), signature.Nonce ?? "", grains), null);
    }

    public async Task<bool> VerifyAsync(byte[] signed, byte[] signature, CancellationToken cancellationToken)
    {
        var hash = EthereumKey.HashMessage(signed);
        if (signature.Length == EcdsaSignatureBytes && EcdsaSignature.Recover(hash, signature, out var signer) is SignatureFault.None && signer == account) return true;

        // A wallet decides itself: a node is asked, whose word opens views and never moves anything.
        var (key, _) = caller.MemoryOn(chainId, "nonce", nonce);
        return signature.Length > 0
            && await grains.GetGrain<IRequestGrain>(key).AskWalletAsync(account.ToString(), hash.ToString(), [.. signature], cancellationToken);
    }
}
