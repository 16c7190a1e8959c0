using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>The comparers that a set or map keeps in bytes: 0 the type's own, 1 text without case, 2 text by its code units.</summary>
internal static class Comparers
{
    private const byte Own = 0;
    private const byte OrdinalIgnoreCase = 1;
    private const byte Ordinal = 2;

    public static void Write<T>(MessageWriter writer, IEqualityComparer<T> comparer)
        => writer.Byte(comparer.Equals(EqualityComparer<T>.Default) ? Own : NumberOf(comparer));

    public static void Write<T>(MessageWriter writer, IComparer<T> comparer)
        => writer.Byte(comparer.Equals(Comparer<T>.Default) ? Own : NumberOf(comparer));

    public static IEqualityComparer<T> ReadEquality<T>(ref MessageReader reader)
        => reader.Byte() is var number && number == Own ? EqualityComparer<T>.Default : Known<T>(number) as IEqualityComparer<T> ?? throw Unknown<T>(ref reader, number);

    public static IComparer<T> ReadOrder<T>(ref MessageReader reader)
        => reader.Byte() is var number && number == Own ? Comparer<T>.Default : Known<T>(number) as IComparer<T> ?? throw Unknown<T>(ref reader, number);

    private static byte NumberOf(object comparer)
    {
        if (comparer.Equals(StringComparer.OrdinalIgnoreCase))
        {
            return OrdinalIgnoreCase;
        }

        return comparer.Equals(StringComparer.Ordinal) ? Ordinal : throw new SerializerException($"comparer {comparer.GetType()} can't be written");
    }

    private static StringComparer? Known<T>(byte number) => number switch
    {
        OrdinalIgnoreCase when typeof(T) == typeof(string) => StringComparer.OrdinalIgnoreCase,
        Ordinal when typeof(T) == typeof(string) => StringComparer.Ordinal,
        _ => null,
    };

    private static MalformedMessageException Unknown<T>(ref MessageReader reader, byte number)
        => reader.Malformed(MalformedReason.BadHeader, $"comparer {number} of {typeof(T)}");
}
