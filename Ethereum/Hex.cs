namespace Pythia.Ethereum;

/// <summary>Bytes as Ethereum writes them: <c>0x</c> and two hex digits a byte. Lower case is written, either case is read.</summary>
public static class Hex
{
    /// <summary><c>0x</c> and lower-case digits; no bytes are <c>0x</c>.</summary>
    public static string Format(ReadOnlySpan<byte> bytes)
        => bytes.IsEmpty ? "0x" : string.Concat("0x", Convert.ToHexStringLower(bytes));

    /// <summary>Reads <c>0x</c> and an even number of hex digits.</summary>
    /// <exception cref="FormatException">The prefix is missing, the number of digits is odd, or one is no hex digit.</exception>
    public static byte[] Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var bytes)
            ? bytes
            : throw new FormatException($"'{Shorten(text)}' found, 0x and an even number of hex digits expected");
    }

    /// <summary>Like <see cref="Parse"/>; false where that would throw.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!HasPrefix(text) || (text.Length & 1) != 0) return false;
        if (text.Length == 2) return true;

        var parsed = new byte[(text.Length - 2) / 2];
        if (!TryParse(text, parsed)) return false;

        bytes = parsed;
        return true;
    }

    /// <summary>Reads exactly <paramref name="destination"/>.Length bytes; the destination's content is undefined when false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, Span<byte> destination)
        => HasPrefix(text)
            && text.Length - 2 == destination.Length * 2
            && Convert.FromHexString(text[2..], destination, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == destination.Length;

    /// <summary>A text for a message, cut to 80 characters, so that a hostile one cannot fill a log.</summary>
    internal static string Shorten(ReadOnlySpan<char> text)
        => text.Length <= 80 ? text.ToString() : string.Concat(text[..77], "...");

    private static bool HasPrefix(ReadOnlySpan<char> text) => text.Length >= 2 && text[0] == '0' && text[1] == 'x';
}
