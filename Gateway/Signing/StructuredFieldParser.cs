using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Pythia.Gateway.Signing;

/// <summary>Reads Structured Fields (RFC 9651 section 4.2), strictly: what is out of form anywhere is no field at all.</summary>
/// <remarks>Several lines of one field are joined by a comma before they are read (RFC 9110 section 5.3).</remarks>
internal sealed class StructuredFieldParser
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private readonly string _text;
    private int _at;

    private StructuredFieldParser(string text) => _text = text;

    /// <summary>The members in order of first appearance; false if out of form.</summary>
    public static bool TryReadDictionary(string text, [NotNullWhen(true)] out IReadOnlyList<KeyValuePair<string, FieldMember>>? members)
    {
        var isRead = TryRead(text, parser => parser.ReadDictionary(), out var read);
        members = read;
        return isRead;
    }

    public static bool TryReadList(string text, [NotNullWhen(true)] out IReadOnlyList<FieldMember>? members)
    {
        var isRead = TryRead(text, parser => parser.ReadList(), out var read);
        members = read;
        return isRead;
    }

    public static bool TryReadItem(string text, [NotNullWhen(true)] out FieldItem? item)
        => TryRead(text, parser => parser.ReadItem(), out item);

    private static bool TryRead<T>(string text, Func<StructuredFieldParser, T> read, [NotNullWhen(true)] out T? value)
        where T : class
    {
        value = null;
        try
        {
            var parser = new StructuredFieldParser(text);
            parser.SkipSpaces();
            var found = read(parser);
            parser.SkipSpaces();
            if (!parser.AtEnd) return false;

            value = found;
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private bool AtEnd => _at == _text.Length;

    private char Next => AtEnd ? '\0' : _text[_at];

    private List<KeyValuePair<string, FieldMember>> ReadDictionary()
    {
        var members = new List<KeyValuePair<string, FieldMember>>();
        while (!AtEnd)
        {
            var name = ReadKey();
            var member = Take('=') ? ReadMember() : new FieldItem(true, ReadParameters());
            var known = members.FindIndex(m => m.Key == name);
            if (known < 0) members.Add(new(name, member));
            else members[known] = new(name, member);
            if (!GoOnAfterComma()) break;
        }

        return members;
    }

    private List<FieldMember> ReadList()
    {
        var members = new List<FieldMember>();
        while (!AtEnd)
        {
            members.Add(ReadMember());
            if (!GoOnAfterComma()) break;
        }

        return members;
    }

    private bool GoOnAfterComma()
    {
        SkipWhitespace();
        if (AtEnd) return false;

        Expect(',');
        SkipWhitespace();
        return AtEnd ? throw Malformed() : true;
    }

    private FieldMember ReadMember() => Next == '(' ? ReadInnerList() : ReadItem();

    private FieldInnerList ReadInnerList()
    {
        Expect('(');
        var items = new List<FieldItem>();
        while (true)
        {
            SkipSpaces();
            if (Take(')')) return new(items, ReadParameters());

            items.Add(ReadItem());
            if (Next is not (' ' or ')')) throw Malformed();
        }
    }

    private FieldItem ReadItem() => new(ReadBare(), ReadParameters());

    private FieldParameters ReadParameters()
    {
        var parameters = new FieldParameters();
        while (Take(';'))
        {
            SkipSpaces();
            var name = ReadKey();
            parameters.Set(name, Take('=') ? ReadBare() : true);
        }

        return parameters;
    }

    private object ReadBare() => Next switch
    {
        '-' or (>= '0' and <= '9') => ReadNumber(),
        '"' => ReadString(),
        ':' => ReadBytes(),
        '?' => ReadBoolean(),
        '@' => ReadDate(),
        '%' => ReadDisplayString(),
        '*' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => ReadToken(),
        _ => throw Malformed(),
    };

    // At most 15 digits; a decimal has at most 12 before and 3 after the point.
    private object ReadNumber()
    {
        var start = _at;
        Take('-');
        var whole = CountDigits();
        if (whole == 0) throw Malformed();
        if (Next != '.')
            return whole <= 15 ? long.Parse(_text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : throw Malformed();

        _at++;
        var fraction = CountDigits();
        return whole <= 12 && fraction is >= 1 and <= 3
            ? decimal.Parse(_text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)
            : throw Malformed();
    }

    private int CountDigits()
    {
        var start = _at;
        while (char.IsAsciiDigit(Next)) _at++;
        return _at - start;
    }

    private string ReadString()
    {
        Expect('"');
        var text = new StringBuilder();
        while (!AtEnd)
        {
            var c = _text[_at++];
            if (c == '"') return text.ToString();
            if (c == '\\')
            {
                if (Next is not ('"' or '\\')) throw Malformed();
                c = _text[_at++];
            }
            else if (c is < ' ' or > '~')
            {
                throw Malformed();
            }

            text.Append(c);
        }

        throw Malformed();
    }

    private FieldToken ReadToken()
    {
        var start = _at;
        while (!AtEnd && (char.IsAsciiLetterOrDigit(Next) || "!#$%&'*+-.^_`|~:/".Contains(Next, StringComparison.Ordinal))) _at++;
        return new(_text[start.._at]);
    }

    private byte[] ReadBytes()
    {
        Expect(':');
        var end = _text.IndexOf(':', _at);
        if (end < 0) throw Malformed();

        var base64 = _text[_at..end];
        _at = end + 1;
        if (base64.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/' or '='))) throw Malformed();

        // Missing padding is taken, as RFC 9651 section 4.2.7 advises.
        return Convert.FromBase64String(base64.TrimEnd('=') is var bare && bare.Length % 4 == 0 ? bare : bare.PadRight(bare.Length + 4 - (bare.Length % 4), '='));
    }

    private object ReadBoolean()
    {
        Expect('?');
        return Take('1') || (Take('0') ? false : throw Malformed());
    }

    private FieldDate ReadDate()
    {
        Expect('@');
        return ReadNumber() is long seconds ? new(seconds) : throw Malformed();
    }

    private FieldDisplayString ReadDisplayString()
    {
        Expect('%');
        Expect('"');
        var bytes = new List<byte>();
        while (!AtEnd)
        {
            var c = _text[_at++];
            if (c == '"') return new(Decode([.. bytes]));
            if (c is < ' ' or > '~') throw Malformed();
            if (c != '%')
            {
                bytes.Add((byte)c);
                continue;
            }

            var hex = _at + 2 <= _text.Length ? _text.AsSpan(_at, 2) : throw Malformed();
            if (hex.ContainsAnyExcept(LowerHex)) throw Malformed();
            bytes.Add(byte.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            _at += 2;
        }

        throw Malformed();
    }

    private static string Decode(byte[] utf8) => System.Text.Unicode.Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Malformed();

    private string ReadKey()
    {
        var start = _at;
        if (Next is not ('*' or (>= 'a' and <= 'z'))) throw Malformed();

        while (Next is '_' or '-' or '.' or '*' or (>= 'a' and <= 'z') or (>= '0' and <= '9')) _at++;
        return _text[start.._at];
    }

    private bool Take(char expected)
    {
        if (AtEnd || _text[_at] != expected) return false;

        _at++;
        return true;
    }

    private void Expect(char expected)
    {
        if (!Take(expected)) throw Malformed();
    }

    private void SkipSpaces()
    {
        while (Next == ' ') _at++;
    }

    private void SkipWhitespace()
    {
        while (Next is ' ' or '\t') _at++;
    }

    private static FormatException Malformed() => new("no Structured Field found");
}
