using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>Messages as bytes; the form is described at <see cref="MessageWriter"/>.</summary>
public static class MessageSerializer
{
    /// <exception cref="SerializerException">Something in the value has no codec, or the value is too deep.</exception>
    public static byte[] Serialize<T>(T value)
    {
        using var writer = new MessageWriter();
        writer.Value(value);
        return writer.ToArray();
    }

    /// <exception cref="MalformedMessageException">The bytes are no <typeparamref name="T"/>, or more than one.</exception>
    /// <exception cref="CodecNotFoundException">The type has no codec.</exception>
    public static T Deserialize<T>(ReadOnlyMemory<byte> bytes) => Deserialize<T>(bytes.Span);

    /// <inheritdoc cref="Deserialize{T}(ReadOnlyMemory{byte})"/>
    public static T Deserialize<T>(ReadOnlySpan<byte> bytes)
    {
        var codec = Codec<T>.Shared;
        var reader = new MessageReader(bytes);
        try
        {
            var value = codec.Read(ref reader);
            reader.ExpectEnd();
            return value;
        }
        catch (Exception refused) when (refused is not (SerializerException or OutOfMemoryException))
        {
            throw new MalformedMessageException(MalformedReason.ValueRefused, reader.Offset, refused);
        }
    }
}
