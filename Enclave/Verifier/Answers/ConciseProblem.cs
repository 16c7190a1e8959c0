using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>
/// A refusal as concise problem details (RFC 9290, <c>application/concise-problem-details+cbor</c>):
/// <c>{-1: title, -2: detail, -4: response code, "tag:pythia.invalid,2026:refusal": {0: reason}}</c>, keys in the order that deterministic
/// CBOR asks. Never signed: whoever carries it could have written it, so it permits nothing.
/// </summary>
/// <param name="Reason">Number of the reason, for programs.</param>
/// <param name="Title">Name of the reason.</param>
/// <param name="Detail">For people.</param>
/// <param name="ResponseCode">CoAP code as one byte, class ‖ detail (RFC 7252 §3): 0x80 is 4.00.</param>
public sealed record ConciseProblem(ulong Reason, string Title, string Detail, byte ResponseCode)
{
    /// <summary>Longest problem that is read.</summary>
    public const int MaxBytes = 1024;

    public const string MediaType = "application/concise-problem-details+cbor";

    private const int MaxDetailCharacters = 240;
    private const string RefusalKey = "tag:pythia.invalid,2026:refusal";
    private const long TitleKey = -1;
    private const long DetailKey = -2;
    private const long ResponseCodeKey = -4;

    /// <summary>Encodes it; a longer detail is cut at 240 characters.</summary>
    public byte[] Encode()
        => new CborWriter().Map(4)
            .Integer(TitleKey).Text(Title)
            .Integer(DetailKey).Text(Detail.Length > MaxDetailCharacters ? Detail[..MaxDetailCharacters] : Detail)
            .Integer(ResponseCodeKey).Unsigned(ResponseCode)
            .Text(RefusalKey).Map(1).Unsigned(0).Unsigned(Reason)
            .ToArray();

    /// <summary>Reads a problem of exactly this form; any bytes get an answer.</summary>
    public static CborError Decode(ReadOnlySpan<byte> encoded, out ConciseProblem? problem)
    {
        problem = null;
        var reader = new CborReader(encoded, MaxBytes);
        if (!reader.TryReadMap(4, 4, out _)
            || !TryReadKey(ref reader, TitleKey) || !reader.TryReadText(out var title)
            || !TryReadKey(ref reader, DetailKey) || !reader.TryReadText(out var detail)
            || !TryReadKey(ref reader, ResponseCodeKey) || !reader.TryReadUnsigned(out var code) || code > byte.MaxValue
            || !reader.TryReadText(out var refusal) || !string.Equals(refusal, RefusalKey, StringComparison.Ordinal)
            || !reader.TryReadMap(1, 1, out _)
            || !reader.TryReadUnsigned(out var zero) || zero != 0
            || !reader.TryReadUnsigned(out var reason))
        {
            return Wire.ErrorOf(reader);
        }

        problem = new ConciseProblem(reason, title, detail, (byte)code);
        return CborError.None;
    }

    private static bool TryReadKey(ref CborReader reader, long key) => reader.TryReadNegative(out var found) && found == key;
}
