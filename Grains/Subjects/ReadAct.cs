using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>Reads what a signer handed over.</summary>
public interface IActReader
{
    /// <summary>Parses the act, and computes its digest and its call for the chain's contracts.</summary>
    /// <param name="act">Null when refused.</param>
    /// <returns>Null when it could be read.</returns>
    Refusal? Read(LedgerChain chain, SignedIntent intent, out ReadAct? act);
}

/// <summary>An act that could be read; nothing is judged yet.</summary>
/// <param name="Act">The registry's own record of it.</param>
/// <param name="Name">Its EIP-712 primary type.</param>
/// <param name="Contract">Where it goes, 0x and 40 hex digits.</param>
/// <param name="SignerAddress">Who is said to have signed.</param>
/// <param name="Nonce">Keyed nonce, decimal.</param>
/// <param name="DigestHash">EIP-712 digest.</param>
/// <param name="CallData">Call of the signed form.</param>
/// <param name="GasLimit">What the call may use.</param>
public sealed record ReadAct(
    SignedAct Act,
    string Name,
    string Contract,
    Address SignerAddress,
    string Nonce,
    ulong DeadlineUnixSeconds,
    Hash32 DigestHash,
    ImmutableArray<byte> CallData,
    uint GasLimit)
{
    /// <summary>0x and 40 lower-case hex digits.</summary>
    public string Signer { get; } = SignerAddress.ToString();

    /// <summary>0x and 64 lower-case hex digits.</summary>
    public string Digest { get; } = DigestHash.ToString();

    /// <param name="signerIsWallet">Its contract checks the signature, which takes gas.</param>
    public QueuedIntent ToQueued(IntentSubject subject, bool signerIsWallet) => new(
        subject, Contract, CallData, GasLimit, DeadlineUnixSeconds, Signer, Name, Nonce, checked((uint)RelayGas.UsageOf(Act, signerIsWallet, SignatureBytes)));

    private int SignatureBytes => CallData.Length - Act.EncodeSignedCall([]).Length;
}
