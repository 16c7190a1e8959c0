using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>Parts that more than one message has.</summary>
internal static class Wire
{
    /// <summary>Longest byte string among arguments and results: a hash.</summary>
    public const int MaxValueBytes = 32;

    public static void WriteValue(CborWriter writer, FactValue value)
    {
        if (value.IsNumber)
        {
            writer.Unsigned(value.Number);
        }
        else
        {
            writer.Bytes(value.Bytes.Span);
        }
    }

    public static bool TryReadValue(ref CborReader reader, out FactValue value)
    {
        if (reader.IsUnsigned)
        {
            var read = reader.TryReadUnsigned(out var number);
            value = FactValue.Of(number);
            return read;
        }

        var fits = reader.TryReadBytes(out var bytes) && bytes.Length <= MaxValueBytes;
        value = fits ? FactValue.Of(bytes) : default;
        return fits;
    }

    /// <summary>Writes <c>null / uint / bstr / [1*6 (uint / bstr)]</c>.</summary>
    public static void WriteResult(CborWriter writer, FactResult result)
    {
        if (result.IsNull)
        {
            writer.Null();
        }
        else if (result.Shape == FactResultShape.Array)
        {
            writer.Array(result.Values.Length);
        }

        foreach (var value in result.Values)
        {
            WriteValue(writer, value);
        }
    }

    public static bool TryReadResult(ref CborReader reader, out FactResult result)
    {
        result = FactResult.Null;
        if (reader.TryReadNull())
        {
            return true;
        }

        if (!reader.IsArray)
        {
            var read = TryReadValue(ref reader, out var single);
            result = read ? FactResult.Single(single) : FactResult.Null;
            return read;
        }

        if (!reader.TryReadArray(1, FactResult.MaxElements, out var count))
        {
            return false;
        }

        var values = new FactValue[count];
        for (var i = 0; i < count; i++)
        {
            if (!TryReadValue(ref reader, out values[i]))
            {
                return false;
            }
        }

        result = FactResult.ArrayOf(values);
        return true;
    }

    public static void WriteNonce(CborWriter writer, ImmutableArray<byte>? nonce)
    {
        if (nonce is { } bytes)
        {
            writer.Bytes(bytes.AsSpan());
        }
        else
        {
            writer.Null();
        }
    }

    public static bool TryReadNonce(ref CborReader reader, out ImmutableArray<byte>? nonce)
    {
        nonce = null;
        if (reader.TryReadNull())
        {
            return true;
        }

        if (!reader.TryReadBytes(Request.NonceBytes, out var bytes))
        {
            return false;
        }

        nonce = [.. bytes];
        return true;
    }

    /// <summary>A value out of its range leaves the reader content: it is still not the item that was due.</summary>
    public static CborError ErrorOf(CborReader reader)
        => reader.Error == CborError.None ? CborError.UnexpectedItem : reader.Error;
}
