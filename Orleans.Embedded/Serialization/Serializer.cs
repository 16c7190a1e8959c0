// Orleans' own names for writing and copying messages, so that code and tests say them on either engine.
using System.Buffers;
using Pythia.Embedded.Serialization;

namespace Orleans.Serialization;

/// <summary>Messages of any type as bytes.</summary>
public sealed class Serializer
{
    internal Serializer()
    {
    }

    public bool CanSerialize<T>() => CanSerialize(typeof(T));

    public bool CanSerialize(Type type) => CodecRegistry.TryFind(type, out _);

    public byte[] SerializeToArray<T>(T value) => MessageSerializer.Serialize(value);

    public void Serialize<T, TBufferWriter>(T value, TBufferWriter destination)
        where TBufferWriter : IBufferWriter<byte>
        => destination.Write(MessageSerializer.Serialize(value));

    public T Deserialize<T>(byte[] source) => MessageSerializer.Deserialize<T>(source);

    public T Deserialize<T>(ReadOnlySpan<byte> source) => MessageSerializer.Deserialize<T>(source);

    public T Deserialize<T>(ReadOnlyMemory<byte> source) => MessageSerializer.Deserialize<T>(source);

    public T Deserialize<T>(ReadOnlySequence<byte> source) => MessageSerializer.Deserialize<T>(source.ToArray());
}

/// <summary>Messages of one type as bytes.</summary>
public sealed class Serializer<T>
{
    internal Serializer()
    {
    }

    public byte[] SerializeToArray(T value) => MessageSerializer.Serialize(value);

    public T Deserialize(byte[] source) => MessageSerializer.Deserialize<T>(source);

    public T Deserialize(ReadOnlySpan<byte> source) => MessageSerializer.Deserialize<T>(source);

    public T Deserialize(ReadOnlyMemory<byte> source) => MessageSerializer.Deserialize<T>(source);
}

/// <summary>Copies of messages, as every call makes them.</summary>
public sealed class DeepCopier
{
    internal DeepCopier()
    {
    }

    public T Copy<T>(T value) => MessageCopier.Copy(value);

    public DeepCopier<T> GetCopier<T>() => new();
}

/// <summary>Copies of messages of one type.</summary>
public sealed class DeepCopier<T>
{
    internal DeepCopier()
    {
    }

    public T Copy(T value) => MessageCopier.Copy(value);
}
