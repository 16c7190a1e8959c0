using System.Text;

namespace Pythia.Enclave.Verifier.Cbor;

/// <summary>
/// Reads deterministic CBOR item by item. A <c>TryRead…</c> that finds another item than it is for returns false and the reader stays
/// failed, so a message is read in one expression and its verdict is <see cref="Error"/>.
/// </summary>
public ref struct CborReader
{
    private readonly ReadOnlySpan<byte> _source;
    private int _position;

    /// <summary>Checks the whole of <paramref name="source"/> first; a source that fails reads nothing.</summary>
    public CborReader(ReadOnlySpan<byte> source, int maxBytes)
    {
        _source = source;
        Error = CborCheck.Check(source, maxBytes);
    }

    /// <summary>The first thing that was wrong; <see cref="CborError.None"/> so far.</summary>
    public CborError Error { get; private set; }

    /// <summary>True when the next item is null; reads it.</summary>
    public bool TryReadNull() => NextMajor() == CborMajor.Simple && TryReadHead(CborMajor.Simple, out _);

    /// <summary>Reads an unsigned integer.</summary>
    public bool TryReadUnsigned(out ulong value) => TryReadHead(CborMajor.Unsigned, out value) || Fail();

    /// <summary>Reads a negative integer: −1 − argument, RFC 8949 §3.1. One below −2⁶³ is refused.</summary>
    public bool TryReadNegative(out long value)
    {
        value = 0;
        if (!TryReadHead(CborMajor.Negative, out var argument) || argument > long.MaxValue)
        {
            return Fail();
        }

        value = -1 - (long)argument;
        return true;
    }

    /// <summary>Reads a byte string of any length.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> value) => TryReadString(CborMajor.Bytes, out value);

    /// <summary>Reads a byte string of exactly <paramref name="size"/> bytes.</summary>
    public bool TryReadBytes(int size, out ReadOnlySpan<byte> value)
        => TryReadString(CborMajor.Bytes, out value) && (value.Length == size || Fail());

    /// <summary>Reads text.</summary>
    public bool TryReadText(out string value)
    {
        var read = TryReadString(CborMajor.Text, out var utf8);
        value = read ? Encoding.UTF8.GetString(utf8) : "";
        return read;
    }

    /// <summary>Reads the head of an array of <paramref name="least"/> to <paramref name="most"/> elements.</summary>
    public bool TryReadArray(int least, int most, out int count) => TryReadCount(CborMajor.Array, least, most, out count);

    /// <summary>Reads the head of an array of exactly <paramref name="size"/> elements.</summary>
    public bool TryReadArray(int size) => TryReadCount(CborMajor.Array, size, size, out _);

    /// <summary>Reads the head of a map of <paramref name="least"/> to <paramref name="most"/> pairs.</summary>
    public bool TryReadMap(int least, int most, out int count) => TryReadCount(CborMajor.Map, least, most, out count);

    /// <summary>True when the next item is an unsigned integer.</summary>
    public readonly bool IsUnsigned => NextMajor() == CborMajor.Unsigned;

    /// <summary>True when the next item is an array.</summary>
    public readonly bool IsArray => NextMajor() == CborMajor.Array;

    /// <summary>Passes over one item, whatever it is, and hands out its bytes.</summary>
    public bool TryReadEncoded(out ReadOnlySpan<byte> encoded)
    {
        var start = _position;
        var pending = 1UL;
        while (pending > 0 && Error == CborError.None)
        {
            pending--;
            Error = CborCheck.ReadHead(_source, ref _position, out var major, out var argument);
            _position += major is CborMajor.Bytes or CborMajor.Text ? (int)argument : 0;
            pending += major switch { CborMajor.Array => argument, CborMajor.Map => 2 * argument, _ => 0 };
        }

        encoded = Error == CborError.None ? _source[start.._position] : default;
        return Error == CborError.None;
    }

    private bool TryReadString(int major, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadHead(major, out var length))
        {
            return Fail();
        }

        value = _source.Slice(_position, (int)length);
        _position += (int)length;
        return true;
    }

    private bool TryReadCount(int major, int least, int most, out int count)
    {
        count = 0;
        if (!TryReadHead(major, out var argument) || argument < (ulong)least || argument > (ulong)most)
        {
            return Fail();
        }

        count = (int)argument;
        return true;
    }

    private readonly int NextMajor() => Error == CborError.None && _position < _source.Length ? _source[_position] >> 5 : -1;

    private bool TryReadHead(int major, out ulong argument)
    {
        argument = 0;
        return NextMajor() == major
            && CborCheck.ReadHead(_source, ref _position, out _, out argument) == CborError.None;
    }

    private bool Fail()
    {
        Error = Error == CborError.None ? CborError.UnexpectedItem : Error;
        return false;
    }
}
