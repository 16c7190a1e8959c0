using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Pythia.Ethereum;

namespace Pythia.Contracts.Transactions;

/// <summary>A signed transaction as nodes take it.</summary>
/// <param name="Sender">The account whose key signed.</param>
/// <param name="Hash">keccak256 of <paramref name="Raw"/>: known before any node has seen it.</param>
/// <param name="Raw">The bytes for <c>eth_sendRawTransaction</c>.</param>
public sealed record SignedTransaction(Eip1559Transaction Transaction, Address Sender, EcdsaSignature Signature, Hash32 Hash, ImmutableArray<byte> Raw)
{
    /// <summary>Reads the bytes of a signed type 2 transaction and finds its sender.</summary>
    /// <returns>False for other types, bytes that are not canonical, a high s, and signatures of no key.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> raw, [NotNullWhen(true)] out SignedTransaction? signed)
    {
        signed = null;
        if (raw.IsEmpty || raw[0] != Eip1559Transaction.Type || !RlpReader.TryReadWholeList(raw[1..], out var fields)) return false;
        if (!TryReadTransaction(ref fields, out var transaction) || !TryReadSignature(ref fields, out var signature) || !fields.IsAtEnd) return false;
        if (!signature.TryRecover(transaction.SigningHash(), out var sender)) return false;

        signed = new SignedTransaction(transaction, sender, signature, Keccak256.HashData(raw), [.. raw]);
        return true;
    }

    private static bool TryReadTransaction(ref RlpReader fields, [NotNullWhen(true)] out Eip1559Transaction? transaction)
    {
        transaction = null;
        if (!fields.TryReadUInt64(out var chainId)
            || !fields.TryReadUInt64(out var nonce)
            || !fields.TryReadUInt256(out var priorityFee)
            || !fields.TryReadUInt256(out var fee)
            || !fields.TryReadUInt64(out var gasLimit)
            || !TryReadTo(ref fields, out var to)
            || !fields.TryReadUInt256(out var value)
            || !fields.TryReadBytes(out var data)
            || !TryReadAccessList(ref fields, out var accessList)) return false;

        transaction = new Eip1559Transaction
        {
            ChainId = chainId,
            Nonce = nonce,
            MaxPriorityFeePerGasWei = priorityFee,
            MaxFeePerGasWei = fee,
            GasLimit = gasLimit,
            To = to,
            ValueWei = value,
            Data = data.ToArray(),
            AccessList = accessList,
        };
        return true;
    }

    private static bool TryReadTo(ref RlpReader fields, out Address? to)
    {
        to = null;
        if (!fields.TryReadBytes(out var bytes) || bytes.Length is not (0 or Address.Size)) return false;
        if (!bytes.IsEmpty) to = Address.FromSpan(bytes);
        return true;
    }

    private static bool TryReadAccessList(ref RlpReader fields, out ImmutableArray<AccessListEntry> accessList)
    {
        accessList = [];
        if (!fields.TryReadList(out var entries)) return false;

        var read = ImmutableArray.CreateBuilder<AccessListEntry>();
        while (!entries.IsAtEnd)
        {
            if (!entries.TryReadList(out var pair) || !pair.TryReadAddress(out var address) || !pair.TryReadList(out var keys) || !pair.IsAtEnd) return false;

            var storageKeys = ImmutableArray.CreateBuilder<Hash32>();
            while (!keys.IsAtEnd)
            {
                if (!keys.TryReadHash32(out var key)) return false;
                storageKeys.Add(key);
            }

            read.Add(new AccessListEntry(address, storageKeys.ToImmutable()));
        }

        accessList = read.ToImmutable();
        return true;
    }

    private static bool TryReadSignature(ref RlpReader fields, out EcdsaSignature signature)
    {
        signature = default;
        if (!fields.TryReadUInt64(out var parity) || parity > 1 || !fields.TryReadScalar(out var r) || !fields.TryReadScalar(out var s)) return false;

        Span<byte> bytes = stackalloc byte[Secp256k1.SignatureSize];
        bytes.Clear();
        r.CopyTo(bytes[(Hash32.Size - r.Length)..]);
        s.CopyTo(bytes[(Secp256k1.SignatureSize - s.Length)..]);
        return EcdsaSignature.Check(bytes, (int)parity, out signature) is SignatureFault.None;
    }
}
