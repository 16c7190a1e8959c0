using System.Collections.Immutable;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Tests.Quotes;

/// <summary>The pieces of evidence by name, to be changed one at a time.</summary>
internal static class Tampering
{
    public const string Quote = "quote";

    /// <summary>Not read for a quote that carries its chain: the PCK CRL is held to the CA in that chain, not to what came with the CRL.</summary>
    public const string PckCrlIssuerChain = nameof(QuoteCollateral.PckCrlIssuerChain);

    public static ImmutableArray<string> Pieces { get; } =
    [
        Quote, nameof(QuoteCollateral.TcbInfo), nameof(QuoteCollateral.TcbInfoIssuerChain), nameof(QuoteCollateral.QeIdentity),
        nameof(QuoteCollateral.QeIdentityIssuerChain), nameof(QuoteCollateral.RootCaCrl), nameof(QuoteCollateral.PckCrl), PckCrlIssuerChain,
    ];

    public static byte[] Get(byte[] quote, QuoteCollateral collateral, string piece) => piece switch
    {
        Quote => quote,
        nameof(QuoteCollateral.TcbInfo) => Bytes(collateral.TcbInfo),
        nameof(QuoteCollateral.TcbInfoIssuerChain) => Bytes(collateral.TcbInfoIssuerChain),
        nameof(QuoteCollateral.QeIdentity) => Bytes(collateral.QeIdentity),
        nameof(QuoteCollateral.QeIdentityIssuerChain) => Bytes(collateral.QeIdentityIssuerChain),
        nameof(QuoteCollateral.RootCaCrl) => Bytes(collateral.RootCaCrl),
        nameof(QuoteCollateral.PckCrl) => Bytes(collateral.PckCrl),
        PckCrlIssuerChain => Bytes(collateral.PckCrlIssuerChain),
        _ => throw new ArgumentOutOfRangeException(nameof(piece), piece, "a piece of evidence expected"),
    };

    public static (byte[] Quote, QuoteCollateral Collateral) With(byte[] quote, QuoteCollateral collateral, string piece, byte[] bytes) => piece switch
    {
        Quote => (bytes, collateral),
        nameof(QuoteCollateral.TcbInfo) => (quote, collateral with { TcbInfo = bytes }),
        nameof(QuoteCollateral.TcbInfoIssuerChain) => (quote, collateral with { TcbInfoIssuerChain = bytes }),
        nameof(QuoteCollateral.QeIdentity) => (quote, collateral with { QeIdentity = bytes }),
        nameof(QuoteCollateral.QeIdentityIssuerChain) => (quote, collateral with { QeIdentityIssuerChain = bytes }),
        nameof(QuoteCollateral.RootCaCrl) => (quote, collateral with { RootCaCrl = bytes }),
        nameof(QuoteCollateral.PckCrl) => (quote, collateral with { PckCrl = bytes }),
        PckCrlIssuerChain => (quote, collateral with { PckCrlIssuerChain = bytes }),
        _ => throw new ArgumentOutOfRangeException(nameof(piece), piece, "a piece of evidence expected"),
    };

    /// <summary>
    /// Whether a changed byte is outside of what is signed or pinned. These are all such bytes:
    /// the whole of <see cref="PckCrlIssuerChain"/>, which is not read; white space between the lines of PEM, and NUL or white space behind the last one (the
    /// certificates are the same); the case of a hex digit in the member <c>signature</c> of the JSON (the number is the same); white space around that JSON's members, outside of the object that is signed.
    /// </summary>
    public static bool IsOutside(string piece, byte[] original, int at, byte changed)
    {
        var before = original[at];
        return piece switch
        {
            PckCrlIssuerChain => true,
            nameof(QuoteCollateral.TcbInfo) or nameof(QuoteCollateral.QeIdentity) => (IsSpace(before) && IsSpace(changed) && !IsSigned(original, at)) || IsSameDigit(original, at, changed),
            nameof(QuoteCollateral.TcbInfoIssuerChain) or nameof(QuoteCollateral.QeIdentityIssuerChain) or Quote => IsSpaceOrNul(before) && IsSpaceOrNul(changed) && IsInPem(original, at),
            _ => false,
        };
    }

    private static bool IsSameDigit(byte[] json, int at, byte changed)
        => at > json.AsSpan().LastIndexOf("\"signature\""u8) && char.IsAsciiLetter((char)json[at]) && (json[at] ^ changed) == 0x20;

    // From the { behind the member's name to the } before the next member or the end; found by hand, so as not to ask the reader that is under test.
    private static bool IsSigned(byte[] json, int at)
    {
        var start = json.AsSpan(1).IndexOf((byte)'{') + 1;
        var name = json.AsSpan().LastIndexOf("\"signature\""u8);
        var end = name > start ? json.AsSpan(0, name).LastIndexOf((byte)'}') : json.AsSpan(0, json.AsSpan().LastIndexOf((byte)'}')).LastIndexOf((byte)'}');
        return at >= start && at <= end;
    }

    private static bool IsInPem(byte[] bytes, int at) => bytes.AsSpan(0, at).IndexOf("-----BEGIN"u8) >= 0;

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static bool IsSpaceOrNul(byte value) => value == 0 || IsSpace(value);

    private static byte[] Bytes(ReadOnlyMemory<byte>? piece) => piece is { } found ? found.ToArray() : [];
}
