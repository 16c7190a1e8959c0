using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Attestation.Evidence;

/// <summary>
/// All that it takes to check an enclave: its quote, what the quote binds, and what the vendor says of the platform. As deterministic CBOR, 12 to 25 KB:
/// </summary>
/// <remarks><code>
/// evidence = ["pythia/evidence/1", quote: bstr, signing: bstr .size 64, agreement: bstr .size 64, configuration: bstr .size 32,
///             anchor: bstr .size 32, nonce: bstr .size 32, key-ends: uint / null, collateral]
/// collateral = [tcb-info, tcb-info-chain, qe-identity, qe-identity-chain, root-crl, pck-crl, pck-crl-chain, pck-chain]   ; each bstr / null
/// </code>Nothing in it is trusted before it is verified.</remarks>
/// <param name="Quote">DCAP quote.</param>
/// <param name="Binding">What its REPORTDATA is said to be made of.</param>
/// <param name="KeyEndsUnixSeconds">When the enclave means to destroy these keys, by its host's word: it can shorten a passport, never lengthen it. Null: not said.</param>
/// <param name="Collateral">Byte for byte as it was received.</param>
public sealed record EnclaveEvidence(ReadOnlyMemory<byte> Quote, KeyBinding Binding, ulong? KeyEndsUnixSeconds, QuoteCollateral Collateral)
{
    /// <summary>Longest evidence that is read.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Longest quote that fits beside the longest collateral that is kept, and the keys. Gramine gives 8 KiB at most.</summary>
    public const int MostQuoteBytes = 15 * 1024;

    /// <summary>It is CBOR that anyone may read; nothing needs to know it by its type.</summary>
    public const string MediaType = "application/cbor";

    private const string Kind = "pythia/evidence/1";
    private const int Members = 9;
    private const int CollateralMembers = 8;

    /// <exception cref="InvalidOperationException">Longer than <see cref="MaxBytes"/>: nobody would read it.</exception>
    public byte[] Encode()
    {
        var writer = new CborWriter().Array(Members).Text(Kind)
            .Bytes(Quote.Span)
            .Bytes(Binding.SigningKey.Span)
            .Bytes(Binding.AgreementKey.Span)
            .Bytes(Binding.ConfigurationHash.Span)
            .Bytes(Binding.AnchorHash.Span)
            .Bytes(Binding.Nonce.Span);
        if (KeyEndsUnixSeconds is { } ends) writer.Unsigned(ends);
        else writer.Null();

        writer.Array(CollateralMembers);
        foreach (var piece in PiecesOf(Collateral))
        {
            if (piece is { } bytes) writer.Bytes(bytes.Span);
            else writer.Null();
        }

        return writer.Written.Length <= MaxBytes
            ? writer.ToArray()
            : throw new InvalidOperationException($"evidence of {writer.Written.Length} bytes found, at most {MaxBytes} expected");
    }

    /// <summary>Reads evidence; any bytes get an answer. Nothing is verified but the form.</summary>
    public static CborError Decode(ReadOnlySpan<byte> encoded, out EnclaveEvidence? evidence)
    {
        evidence = null;
        var reader = new CborReader(encoded, MaxBytes);
        if (!reader.TryReadArray(Members)
            || !reader.TryReadText(out var kind) || !string.Equals(kind, Kind, StringComparison.Ordinal)
            || !reader.TryReadBytes(out var quote)
            || !reader.TryReadBytes(KeyBinding.KeyBytes, out var signing)
            || !reader.TryReadBytes(KeyBinding.KeyBytes, out var agreement)
            || !reader.TryReadBytes(KeyBinding.HashBytes, out var configuration)
            || !reader.TryReadBytes(KeyBinding.HashBytes, out var anchor)
            || !reader.TryReadBytes(KeyBinding.NonceBytes, out var nonce)
            || !TryReadNumber(ref reader, out var keyEnds)
            || !reader.TryReadArray(CollateralMembers))
        {
            return ErrorOf(reader);
        }

        var pieces = new ReadOnlyMemory<byte>?[CollateralMembers];
        for (var i = 0; i < CollateralMembers; i++)
        {
            if (!TryReadPiece(ref reader, out pieces[i])) return ErrorOf(reader);
        }

        var binding = new KeyBinding(signing.ToArray(), agreement.ToArray(), configuration.ToArray(), anchor.ToArray(), nonce.ToArray());
        evidence = new EnclaveEvidence(quote.ToArray(), binding, keyEnds, CollateralOf(pieces));
        return CborError.None;
    }

    private static ReadOnlyMemory<byte>?[] PiecesOf(QuoteCollateral collateral) =>
    [
        collateral.TcbInfo, collateral.TcbInfoIssuerChain, collateral.QeIdentity, collateral.QeIdentityIssuerChain,
        collateral.RootCaCrl, collateral.PckCrl, collateral.PckCrlIssuerChain, collateral.PckChain,
    ];

    private static QuoteCollateral CollateralOf(ReadOnlyMemory<byte>?[] pieces) => new()
    {
        TcbInfo = pieces[0],
        TcbInfoIssuerChain = pieces[1],
        QeIdentity = pieces[2],
        QeIdentityIssuerChain = pieces[3],
        RootCaCrl = pieces[4],
        PckCrl = pieces[5],
        PckCrlIssuerChain = pieces[6],
        PckChain = pieces[7],
    };

    private static bool TryReadNumber(ref CborReader reader, out ulong? number)
    {
        number = null;
        if (reader.TryReadNull()) return true;
        if (!reader.TryReadUnsigned(out var read)) return false;

        number = read;
        return true;
    }

    private static bool TryReadPiece(ref CborReader reader, out ReadOnlyMemory<byte>? piece)
    {
        piece = null;
        if (reader.TryReadNull()) return true;
        if (!reader.TryReadBytes(out var bytes)) return false;

        piece = bytes.ToArray();
        return true;
    }

    private static CborError ErrorOf(CborReader reader) => reader.Error == CborError.None ? CborError.UnexpectedItem : reader.Error;
}
