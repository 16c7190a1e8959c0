using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>Decoded values in their order: a function's inputs or outputs, an event's parameters, a tuple, an array.</summary>
/// <remarks>The typed readers throw <see cref="InvalidCastException"/> where the type is another, and <see cref="OverflowException"/>
/// where a number is too large: the ABI and the reader must belong together, whatever the data was.</remarks>
public sealed class AbiValues(ImmutableArray<AbiParameter> parameters, object?[] values) : IReadOnlyList<object?>
{
    public int Count => values.Length;

    /// <summary>A <see cref="BigInteger"/>, <see cref="Ethereum.Address"/>, bool, <see cref="Ethereum.Hash32"/>, byte[], string or <see cref="AbiValues"/>.</summary>
    public object? this[int index] => values[index];

    /// <summary>The value of the parameter of this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public object? this[string name] => values[IndexOf(name)];

    /// <summary>The parameters where these are no array's elements.</summary>
    public ImmutableArray<AbiParameter> Parameters => parameters;

    public Address Address(int index) => Get<Address>(index);

    public Hash32 Hash32(int index) => Get<Hash32>(index);

    public bool Bool(int index) => Get<bool>(index);

    public string Text(int index) => Get<string>(index);

    public byte[] Bytes(int index) => values[index] is Hash32 word ? word.ToArray() : Get<byte[]>(index);

    public BigInteger Integer(int index) => Get<BigInteger>(index);

    public ulong UInt64(int index) => (ulong)Integer(index);

    public uint UInt32(int index) => (uint)Integer(index);

    public byte UInt8(int index) => (byte)Integer(index);

    public AbiValues Nested(int index) => Get<AbiValues>(index);

    /// <summary>The place of the parameter of this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public int IndexOf(string name)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            if (parameters[i].Name == name) return i;
        }

        throw new KeyNotFoundException($"parameter '{name}' not found among ({string.Join(", ", parameters.Select(p => p.Name))})");
    }

    public IEnumerator<object?> GetEnumerator() => values.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Names and values for people: <c>(owner: 0x…, epoch: 7)</c>; long bytes and texts are cut.</summary>
    public override string ToString()
    {
        var array = parameters.IsEmpty && values.Length > 0;
        var items = values.Select((value, i) => array || parameters[i].Name.Length == 0 ? Describe(value) : $"{parameters[i].Name}: {Describe(value)}");
        return array ? $"[{string.Join(", ", items)}]" : $"({string.Join(", ", items)})";
    }

    private static string? Describe(object? value) => value switch
    {
        byte[] { Length: > 64 } bytes => $"{Hex.Format(bytes.AsSpan(0, 64))}… ({bytes.Length} bytes)",
        byte[] bytes => Hex.Format(bytes),
        string { Length: > 256 } text => $"\"{text.AsSpan(0, 256)}…\" ({text.Length} characters)",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private T Get<T>(int index)
        => values[index] is T value
            ? value
            : throw new InvalidCastException($"{values[index]?.GetType().Name ?? "null"} found at {index} of {this}, {typeof(T).Name} expected");
}
