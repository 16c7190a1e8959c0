using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.JsonRpc;

/// <summary>A value that knows how it stands in a request.</summary>
public interface IRpcValue
{
    void WriteTo(Utf8JsonWriter writer);
}

/// <summary>One call: method and parameters.</summary>
/// <remarks>Parameters are written as Ethereum's JSON-RPC wants them: integers as quantities (<c>0x</c>, no leading zeros), bytes,
/// addresses and hashes as <c>0x</c> data, sequences as arrays, dictionaries as objects, null as null.</remarks>
public sealed class RpcRequest(string method, params ReadOnlySpan<object?> parameters)
{
    private readonly ImmutableArray<object?> _parameters = [.. parameters];

    public string Method => method;

    /// <summary>False for calls that may do something twice when sent twice; those are never repeated or hedged.</summary>
    public bool IsIdempotent { get; } = !IsActing(method);

    internal void WriteTo(Utf8JsonWriter writer, long id)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        writer.WriteNumber("id"u8, id);
        writer.WriteString("method"u8, method);
        writer.WritePropertyName("params"u8);
        WriteValue(writer, _parameters);
        writer.WriteEndObject();
    }

    public override string ToString() => method;

    // eth_sendRawTransaction is one act whatever the number of times, but whoever sends it must know whether a node took it.
    private static bool IsActing(string method)
        => method.StartsWith("eth_send", StringComparison.Ordinal)
            || !(method.StartsWith("eth_", StringComparison.Ordinal)
                || method.StartsWith("net_", StringComparison.Ordinal)
                || method.StartsWith("web3_", StringComparison.Ordinal));

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case IRpcValue own: own.WriteTo(writer); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case byte[] bytes: writer.WriteStringValue(Hex.Format(bytes)); break;
            case ReadOnlyMemory<byte> bytes: writer.WriteStringValue(Hex.Format(bytes.Span)); break;
            case ImmutableArray<byte> bytes: writer.WriteStringValue(Hex.Format(bytes.AsSpan())); break;
            case Address or Hash32: writer.WriteStringValue(value.ToString()); break;
            case BigInteger number: writer.WriteStringValue(Quantity(number)); break;
            case int or uint or long or ulong or byte: writer.WriteStringValue(Quantity(BigInteger.Parse(Convert.ToString(value, CultureInfo.InvariantCulture)!))); break;
            case double number: writer.WriteNumberValue(number); break;
            case JsonElement json: json.WriteTo(writer); break;
            case IReadOnlyDictionary<string, object?> members: WriteObject(writer, members); break;
            case IEnumerable items: WriteArray(writer, items); break;
            default: throw new ArgumentException($"{value.GetType().Name} found, a value of JSON-RPC expected", nameof(value));
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, IReadOnlyDictionary<string, object?> members)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in members)
        {
            writer.WritePropertyName(name);
            WriteValue(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter writer, IEnumerable items)
    {
        writer.WriteStartArray();
        foreach (var item in items) WriteValue(writer, item);
        writer.WriteEndArray();
    }

    /// <summary>A parameter that is a JSON number, where a method wants no quantity.</summary>
    public static object Number(double number) => number;

    internal static string Quantity(BigInteger number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        var digits = number.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        return digits.Length == 0 ? "0x0" : $"0x{digits}";
    }
}
