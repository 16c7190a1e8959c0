using Orleans.Runtime;
using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>References to grains and observers pass a call as they are; they live in their silo and have no bytes.</summary>
internal static class References
{
    public static bool Has(Type type) => type.IsAssignableTo(typeof(IAddressable));
}

/// <summary>A reference to a grain or an observer.</summary>
internal sealed class ReferencesCodec<T> : ImmutableCodec<T>
    where T : class
{
    private const byte Null = 0;

    public override void Write(MessageWriter writer, T value)
    {
        if (value is not null)
        {
            throw new SerializerException($"{value} lives in its silo and has no bytes: a message that is kept carries the grain's key");
        }

        writer.Byte(Null);
    }

    public override T Read(ref MessageReader reader)
        => reader.Byte() == Null ? null! : throw reader.Malformed(MalformedReason.BadReference, $"a {typeof(T)} has no bytes");
}
