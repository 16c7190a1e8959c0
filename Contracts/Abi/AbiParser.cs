using System.Collections.Immutable;
using System.Globalization;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>Reads types and declarations as Solidity writes them: <c>grant(bytes32 device, (address to, uint40 until)[] list)</c>.</summary>
internal ref struct AbiParser
{
    private const int MaxChars = 4096;

    private readonly ReadOnlySpan<char> _text;
    private int _position;
    private int _depth;

    private AbiParser(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxChars) throw new FormatException($"{text.Length} characters found, at most {MaxChars} expected");
        _text = text;
        _position = 0;
        _depth = 0;
    }

    public static AbiType ParseType(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new AbiParser(text);
        var type = parser.ReadType();
        parser.ExpectEnd();
        return type;
    }

    /// <summary>Reads <c>[keyword] name(parameters) [words…] [returns (parameters)] [words…]</c>.</summary>
    public static (string Name, ImmutableArray<AbiParameter> Inputs, ImmutableArray<AbiParameter> Outputs) ParseDeclaration(string text, string keyword)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new AbiParser(text);
        var name = parser.ReadWord();
        if (name == keyword) name = parser.ReadWord();
        if (name.Length == 0) throw parser.Unexpected("a name");

        var inputs = parser.ReadParameters();
        ImmutableArray<AbiParameter> outputs = [];
        for (var word = parser.ReadWord(); word.Length > 0; word = parser.ReadWord())
        {
            switch (word)
            {
                case "returns":
                    outputs = parser.ReadParameters();
                    break;
                case "external" or "public" or "view" or "pure" or "payable" or "nonpayable" or "anonymous":
                    break;
                default:
                    throw new FormatException($"'{word}' found in '{text}', returns, a visibility or the end expected");
            }
        }

        parser.ExpectEnd();
        return (name, inputs, outputs);
    }

    private ImmutableArray<AbiParameter> ReadParameters()
    {
        if (!Take('(')) throw Unexpected("'('");
        if (++_depth > AbiType.MaxDepth) throw new FormatException($"parentheses more than {AbiType.MaxDepth} deep found");

        var parameters = ImmutableArray.CreateBuilder<AbiParameter>();
        if (!Take(')'))
        {
            do parameters.Add(ReadParameter());
            while (Take(','));
            if (!Take(')')) throw Unexpected("',' or ')'");
        }

        _depth--;
        return parameters.ToImmutable();
    }

    private AbiParameter ReadParameter()
    {
        var type = ReadType();
        var name = ReadWord();
        var indexed = name == "indexed";
        if (indexed) name = ReadWord();
        if (name is "memory" or "calldata" or "storage") name = ReadWord();
        return new AbiParameter(name, type, indexed);
    }

    private AbiType ReadType()
    {
        var word = ReadWord();
        var type = word is "" or "tuple" ? AbiType.Tuple(ReadParameters())
            : ElementaryType.TryParse(Canonical(word), out var elementary) ? AbiType.Of(elementary)
            : throw new FormatException($"'{Shorten(word)}' found in '{Shorten(_text.ToString())}', a type expected");

        while (Take('['))
        {
            var start = _position;
            while (_position < _text.Length && char.IsAsciiDigit(_text[_position])) _position++;
            var digits = _text[start.._position];
            var length = AbiType.AnyLength;
            if (!digits.IsEmpty && !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length)) throw Unexpected("a shorter array");
            if (!Take(']')) throw Unexpected("']'");
            type = AbiType.Array(type, length);
        }

        return type;
    }

    private static string Canonical(string word) => word switch
    {
        "uint" => "uint256",
        "int" => "int256",
        _ => word,
    };

    private string ReadWord()
    {
        SkipSpaces();
        var start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '_' or '$')) _position++;
        return _text[start.._position].ToString();
    }

    private bool Take(char c)
    {
        SkipSpaces();
        if (_position == _text.Length || _text[_position] != c) return false;
        _position++;
        return true;
    }

    private void SkipSpaces()
    {
        while (_position < _text.Length && _text[_position] is (' ' or '\t' or '\r' or '\n')) _position++;
    }

    private void ExpectEnd()
    {
        _ = Take(';');
        SkipSpaces();
        if (_position != _text.Length) throw Unexpected("the end");
    }

    private readonly FormatException Unexpected(string expected)
        => new($"'{Shorten(_text[_position..].ToString())}' found at {_position} of '{Shorten(_text.ToString())}', {expected} expected");

    private static string Shorten(string text) => text.Length <= 80 ? text : $"{text.AsSpan(0, 77)}...";
}
