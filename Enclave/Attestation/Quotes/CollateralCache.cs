using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>
/// Remembers, by hash of all their bytes, PCK chains with their collateral whose every signature held under the same trust. What had a fault (but for CRLs that
/// were not there) is not kept, and nothing of the time is: a certificate that ends while it is kept is found expired. Safe for concurrent calls.
/// </summary>
/// <param name="capacity">How many are kept at most (one a platform and issue of its collateral, about 60 KB each); the one used longest ago goes first.</param>
public sealed class CollateralCache(int capacity = CollateralCache.DefaultCapacity)
{
    public const int DefaultCapacity = 64;

    // Of each platform its PCK key and the attestation keys that come and go with it, and what signs the collateral.
    private const int KeysEach = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> _byKey = [];
    private readonly LinkedList<Entry> _byUse = new();

    public int Capacity { get; } = capacity > 0 ? capacity : throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "one or more expected");

    /// <summary>Imported keys, whoever they belong to: a key is no statement.</summary>
    internal KeptKeys Keys { get; } = new(KeysEach * capacity);

    /// <summary>How many are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _byKey.Count;
        }
    }

    internal Endorsements Read(PckSource pck, QuoteCollateral collateral, QuoteTrust trust)
    {
        var key = KeyOf(pck, collateral, trust);
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out var known))
            {
                _byUse.Remove(known);
                _byUse.AddFirst(known);
                return known.Value.Endorsements;
            }
        }

        var read = Endorsements.Read(Copy(pck), Copy(collateral), trust, Keys);
        if (read.MayBeKept) Keep(key, read);
        return read;
    }

    private void Keep(Key key, Endorsements endorsements)
    {
        lock (_gate)
        {
            if (_byKey.ContainsKey(key)) return;

            _byKey[key] = _byUse.AddFirst(new Entry(key, endorsements));
            if (_byKey.Count <= Capacity) return;

            _byKey.Remove(_byUse.Last!.Value.Key);
            _byUse.RemoveLast();
        }
    }

    // Each piece with its length before it, so that no byte can move from one to the next.
    private static Key KeyOf(PckSource pck, QuoteCollateral collateral, QuoteTrust trust)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var root in trust.RootKeys) Append(hash, root);
        Append(hash, new byte[] { (byte)(pck.Type ?? 0) });
        foreach (var piece in Pieces(pck, collateral)) Append(hash, piece);

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return new Key(new UInt128(BinaryPrimitives.ReadUInt64LittleEndian(digest), BinaryPrimitives.ReadUInt64LittleEndian(digest[8..])),
            new UInt128(BinaryPrimitives.ReadUInt64LittleEndian(digest[16..]), BinaryPrimitives.ReadUInt64LittleEndian(digest[24..])));
    }

    private static ImmutableArray<ReadOnlyMemory<byte>?> Pieces(PckSource pck, QuoteCollateral collateral) =>
    [
        pck.Certificates, pck.Issuers, collateral.TcbInfo, collateral.TcbInfoIssuerChain, collateral.QeIdentity, collateral.QeIdentityIssuerChain,
        collateral.RootCaCrl, collateral.PckCrl,
    ];

    private static void Append(IncrementalHash hash, ReadOnlyMemory<byte>? piece)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, piece?.Length ?? -1);
        hash.AppendData(length);
        if (piece is { } bytes) hash.AppendData(bytes.Span);
    }

    // What is kept must not change when a caller uses its buffers again.
    private static PckSource Copy(PckSource pck) => pck with { Certificates = Copy(pck.Certificates), Issuers = Copy(pck.Issuers) };

    private static QuoteCollateral Copy(QuoteCollateral collateral) => collateral with
    {
        TcbInfo = Copy(collateral.TcbInfo),
        TcbInfoIssuerChain = Copy(collateral.TcbInfoIssuerChain),
        QeIdentity = Copy(collateral.QeIdentity),
        QeIdentityIssuerChain = Copy(collateral.QeIdentityIssuerChain),
        RootCaCrl = Copy(collateral.RootCaCrl),
        PckCrl = Copy(collateral.PckCrl),
    };

    private static ReadOnlyMemory<byte>? Copy(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } found) return null; // not an array that is null: that would become a piece of no bytes

        return found.ToArray();
    }

    private readonly record struct Key(UInt128 Left, UInt128 Right);

    private sealed record Entry(Key Key, Endorsements Endorsements);
}
