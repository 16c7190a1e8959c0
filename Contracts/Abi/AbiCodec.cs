using System.Collections.Immutable;

namespace Pythia.Contracts.Abi;

/// <summary>Encodes and decodes values without a function around them, as <c>abi.encode</c> does.</summary>
public static class AbiCodec
{
    /// <summary>abi.encode(values).</summary>
    /// <param name="types">Canonical types separated by commas: <c>bytes32,uint64,address,bytes32</c>.</param>
    /// <exception cref="ArgumentException">A value is missing, too much, not of its type or out of its range.</exception>
    /// <exception cref="FormatException">The types are none.</exception>
    public static byte[] Encode(string types, params ReadOnlySpan<object?> values) => AbiEncoder.Encode(ParseTypes(types), values);

    /// <inheritdoc cref="Encode(string, ReadOnlySpan{object?})"/>
    public static byte[] Encode(ImmutableArray<AbiParameter> parameters, params ReadOnlySpan<object?> values) => AbiEncoder.Encode(parameters, values);

    /// <summary>abi.decode(data, types).</summary>
    /// <param name="reason">What was found and expected; empty when decoded.</param>
    public static bool TryDecode(ImmutableArray<AbiParameter> parameters, ReadOnlySpan<byte> data, out AbiValues values, out string reason)
        => AbiDecoder.TryDecode(parameters, data, out values, out reason);

    /// <summary>abi.decode(data, types).</summary>
    /// <exception cref="FormatException">The data is not of these types.</exception>
    public static AbiValues Decode(string types, ReadOnlySpan<byte> data)
        => TryDecode(ParseTypes(types), data, out var values, out var reason) ? values : throw new FormatException($"({types}): {reason}");

    /// <summary>Parameters from canonical types separated by commas, names allowed.</summary>
    public static ImmutableArray<AbiParameter> ParseTypes(string types) => AbiParser.ParseType($"({types})").Components;
}
