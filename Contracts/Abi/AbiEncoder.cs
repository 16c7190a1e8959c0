using System.Buffers.Binary;
using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>Encodes values by the ABI: heads in order, the content of dynamic values behind them, offsets from the first head.</summary>
internal sealed class AbiEncoder
{
    private byte[] _buffer = new byte[256];
    private int _length;

    /// <exception cref="ArgumentException">A value is missing, too much, not of its type or out of its range.</exception>
    public static byte[] Encode(ImmutableArray<AbiParameter> parameters, ReadOnlySpan<object?> values, ReadOnlySpan<byte> prefix = default)
    {
        if (parameters.Length != values.Length)
            throw new ArgumentException($"{values.Length} values found, {parameters.Length} expected for ({string.Join(',', parameters.Select(p => p.Type.Name))})", nameof(values));

        var encoder = new AbiEncoder();
        var start = encoder.Reserve(prefix.Length);
        prefix.CopyTo(encoder._buffer.AsSpan(start));
        encoder.WriteSequence(i => parameters[i].Type, values.ToArray());
        return encoder._buffer[..encoder._length];
    }

    private void WriteSequence(Func<int, AbiType> typeOf, object?[] values)
    {
        var headBytes = 0;
        for (var i = 0; i < values.Length; i++) headBytes = checked(headBytes + typeOf(i).HeadBytes);

        var start = Reserve(headBytes);
        var head = start;
        for (var i = 0; i < values.Length; i++)
        {
            var type = typeOf(i);
            if (type.IsDynamic)
            {
                WriteNumber(head, _length - start);
                WriteDynamic(type, values[i]);
            }
            else
            {
                WriteStatic(type, values[i], head);
            }

            head += type.HeadBytes;
        }
    }

    private void WriteDynamic(AbiType type, object? value)
    {
        if (type.Elementary is { } elementary)
        {
            var content = elementary.ToContent(value).Span;
            WriteNumber(Reserve(ElementaryType.WordSize), content.Length);
            var padded = checked((content.Length + 31) / 32 * 32);
            var position = Reserve(padded); // first: it may move the buffer
            content.CopyTo(_buffer.AsSpan(position));
            return;
        }

        var items = ToItems(type, value);
        if (type.Element is { } element)
        {
            if (type.Length == AbiType.AnyLength) WriteNumber(Reserve(ElementaryType.WordSize), items.Length);
            WriteSequence(_ => element, items);
        }
        else
        {
            WriteSequence(i => type.Components[i].Type, items);
        }
    }

    private void WriteStatic(AbiType type, object? value, int position)
    {
        if (type.Elementary is { } elementary)
        {
            elementary.WriteWord(value, _buffer.AsSpan(position, ElementaryType.WordSize));
            return;
        }

        var items = ToItems(type, value);
        for (var i = 0; i < items.Length; i++)
        {
            var inner = type.Element ?? type.Components[i].Type;
            WriteStatic(inner, items[i], position);
            position += inner.HeadBytes;
        }
    }

    private static object?[] ToItems(AbiType type, object? value)
    {
        object?[] items = value switch
        {
            object?[] array => array,
            ITuple tuple => [.. Enumerable.Range(0, tuple.Length).Select(i => tuple[i])],
            IEnumerable sequence and not string => [.. sequence.Cast<object?>()],
            _ => throw new ArgumentException($"{value?.GetType().Name ?? "null"} found, a sequence expected for {type}", nameof(value)),
        };
        var expected = type.IsTuple ? type.Components.Length : type.Length;
        return expected == AbiType.AnyLength || expected == items.Length
            ? items
            : throw new ArgumentException($"{items.Length} values found, {expected} expected for {type}", nameof(value));
    }

    private void WriteNumber(int position, int number) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position + 28), number);

    // Returns the position of that many zero bytes at the end.
    private int Reserve(int bytes)
    {
        var position = _length;
        var needed = checked(_length + bytes);
        if (needed > _buffer.Length) Array.Resize(ref _buffer, Math.Max(needed, checked(2 * _buffer.Length)));

        _length = needed;
        return position;
    }
}
