using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>Decodes ABI data from anyone: every offset and length is checked, and the work is bounded whatever they say.</summary>
/// <remarks>Takes what Solidity's own decoder takes: offsets in any order, bytes behind the end of the last value. Refuses words that no
/// value of their type gives, such as a bool of 2 or an address with bytes above it.</remarks>
internal ref struct AbiDecoder
{
    // Offsets may point to one place many times over, so that small data can stand for a huge value.
    private const int MaxWords = 1 << 18;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _data;
    private int _wordsLeft;

    private AbiDecoder(ReadOnlySpan<byte> data)
    {
        _data = data;
        _wordsLeft = MaxWords;
    }

    /// <param name="reason">What was found and expected; empty when decoded.</param>
    public static bool TryDecode(ImmutableArray<AbiParameter> parameters, ReadOnlySpan<byte> data, out AbiValues values, out string reason)
    {
        var decoder = new AbiDecoder(data);
        try
        {
            values = decoder.ReadTuple(parameters, 0);
            reason = string.Empty;
            return true;
        }
        catch (AbiDataException e)
        {
            values = new AbiValues([], []);
            reason = e.Message;
            return false;
        }
    }

    private AbiValues ReadTuple(ImmutableArray<AbiParameter> parameters, int start)
    {
        var values = new object?[parameters.Length];
        var head = start;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ReadFromHead(parameters[i].Type, start, head);
            head += parameters[i].Type.HeadBytes;
        }

        return new AbiValues(parameters, values);
    }

    private object? ReadFromHead(AbiType type, int start, int head)
        => type.IsDynamic ? ReadDynamic(type, checked(start + ReadNumber(head, "offset", _data.Length - start))) : ReadStatic(type, head);

    private object? ReadDynamic(AbiType type, int position)
    {
        if (type.Elementary is { } elementary)
        {
            var length = ReadNumber(position, "length", _data.Length - position - ElementaryType.WordSize);
            Spend(length / ElementaryType.WordSize);
            var content = _data.Slice(position + ElementaryType.WordSize, length);
            return elementary.Kind is ElementaryKind.Bytes ? content.ToArray() : ReadText(content, position);
        }

        if (type.Element is not { } element) return ReadTuple(type.Components, position);
        if (type.Length != AbiType.AnyLength) return ReadArray(element, type.Length, position);

        // An element without bytes in its head, such as uint8[0], costs a word of the budget all the same.
        var left = _data.Length - position - ElementaryType.WordSize;
        var most = element.HeadBytes == 0 ? _wordsLeft : left / element.HeadBytes;
        return ReadArray(element, ReadNumber(position, "array length", most), position + ElementaryType.WordSize);
    }

    private AbiValues ReadArray(AbiType element, int length, int start)
    {
        Spend(length);
        var values = new object?[length];
        for (var i = 0; i < length; i++) values[i] = ReadFromHead(element, start, start + (i * element.HeadBytes));
        return new AbiValues([], values);
    }

    private object? ReadStatic(AbiType type, int position)
    {
        if (type.Elementary is { } elementary)
        {
            var word = Word(position);
            return elementary.TryReadWord(word, out var value) ? value : throw new AbiDataException($"{Hex.Format(word)} found at {position}, a value of {elementary} expected");
        }

        return type.Element is { } element ? ReadArray(element, type.Length, position) : ReadTuple(type.Components, position);
    }

    private static string ReadText(ReadOnlySpan<byte> content, int position)
    {
        try
        {
            return StrictUtf8.GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            throw new AbiDataException($"bytes that are no UTF-8 found in the string at {position}: {e.Message}");
        }
    }

    private int ReadNumber(int position, string what, int largest)
    {
        var word = Word(position);
        var tooLarge = word[..28].ContainsAnyExcept((byte)0);
        var number = BinaryPrimitives.ReadUInt32BigEndian(word[28..]);
        return tooLarge || number > (uint)Math.Max(largest, 0)
            ? throw new AbiDataException($"{what} {Hex.Format(word)} found at {position}, at most {Math.Max(largest, 0)} expected")
            : (int)number;
    }

    private ReadOnlySpan<byte> Word(int position)
    {
        Spend(1);
        return position >= 0 && position <= _data.Length - ElementaryType.WordSize
            ? _data.Slice(position, ElementaryType.WordSize)
            : throw new AbiDataException($"{_data.Length} bytes found, a word at {position} expected");
    }

    private void Spend(int words)
    {
        _wordsLeft -= words;
        if (_wordsLeft < 0) throw new AbiDataException($"more than {MaxWords} words' worth of values found");
    }

    /// <summary>Leaves the recursion; never passes <see cref="TryDecode"/>.</summary>
    private sealed class AbiDataException(string message) : Exception(message);
}
