using System.Collections.Immutable;
using System.Numerics;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;

namespace Pythia.Contracts.Transactions;

/// <summary>An account and slots that a transaction announces (EIP-2930).</summary>
public sealed record AccessListEntry(Address Address, ImmutableArray<Hash32> StorageKeys);

/// <summary>A transaction of type 2 (EIP-1559). Amounts are in wei.</summary>
/// <remarks>Payload: 0x02 ‖ rlp([chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value, data, accessList]);
/// signed: the same list with yParity, r, s at its end.</remarks>
public sealed record Eip1559Transaction
{
    public const byte Type = 2;

    public required ulong ChainId { get; init; }

    public required ulong Nonce { get; init; }

    public required BigInteger MaxPriorityFeePerGasWei { get; init; }

    public required BigInteger MaxFeePerGasWei { get; init; }

    public required ulong GasLimit { get; init; }

    /// <summary>Null creates a contract.</summary>
    public Address? To { get; init; }

    public BigInteger ValueWei { get; init; }

    public ReadOnlyMemory<byte> Data { get; init; }

    public ImmutableArray<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>What is signed: the hash of <see cref="EncodeUnsigned"/>.</summary>
    public Hash32 SigningHash() => Keccak256.HashData(EncodeUnsigned());

    public byte[] EncodeUnsigned() => Encode(null);

    /// <summary>Signs with the account's key.</summary>
    public SignedTransaction Sign(EthereumKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return WithSignature(key.Sign(SigningHash()), key.Address);
    }

    /// <summary>Puts a signature to it that was made elsewhere; the sender is who the signature says.</summary>
    /// <exception cref="ArgumentException">No key belongs to the signature.</exception>
    public SignedTransaction WithSignature(EcdsaSignature signature)
        => signature.TryRecover(SigningHash(), out var sender)
            ? WithSignature(signature, sender)
            : throw new ArgumentException($"{signature} found, a signature that some key made expected", nameof(signature));

    private SignedTransaction WithSignature(EcdsaSignature signature, Address sender)
    {
        var raw = Encode(signature);
        return new SignedTransaction(this, sender, signature, Keccak256.HashData(raw), [.. raw]);
    }

    private byte[] Encode(EcdsaSignature? signature)
    {
        var writer = new RlpWriter(256 + Data.Length);
        var list = writer.StartList();
        writer.WriteUInt64(ChainId);
        writer.WriteUInt64(Nonce);
        writer.WriteUInt256(MaxPriorityFeePerGasWei);
        writer.WriteUInt256(MaxFeePerGasWei);
        writer.WriteUInt64(GasLimit);
        if (To is { } to) writer.WriteAddress(to);
        else writer.WriteBytes([]);
        writer.WriteUInt256(ValueWei);
        writer.WriteBytes(Data.Span);
        WriteAccessList(writer);
        if (signature is { } made)
        {
            writer.WriteUInt64(made.RecoveryId);
            writer.WriteScalar(made.R.ToArray());
            writer.WriteScalar(made.S.ToArray());
        }

        writer.EndList(list);
        return [Type, .. writer.WrittenSpan];
    }

    private void WriteAccessList(RlpWriter writer)
    {
        var entries = writer.StartList();
        foreach (var entry in AccessList)
        {
            var pair = writer.StartList();
            writer.WriteAddress(entry.Address);
            var keys = writer.StartList();
            foreach (var key in entry.StorageKeys) writer.WriteHash32(key);
            writer.EndList(keys);
            writer.EndList(pair);
        }

        writer.EndList(entries);
    }
}
