using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>Why bytes are no message of the expected type.</summary>
public enum MalformedReason
{
    /// <summary>The bytes end before the value does.</summary>
    CutShort = 0,

    /// <summary>Bytes are left when the value is read.</summary>
    TrailingBytes = 1,

    /// <summary>A number is longer than its type, or not written in the shortest way.</summary>
    BadNumber = 2,

    /// <summary>A text is not UTF-8.</summary>
    BadText = 3,

    /// <summary>A count exceeds what the bytes left could hold.</summary>
    CountTooLarge = 4,

    /// <summary>More than <see cref="MessageReader.MaxDepth"/> values are in one another.</summary>
    TooDeep = 5,

    /// <summary>The byte before an object is none of null, same type, named type, seen before.</summary>
    BadHeader = 6,

    /// <summary>A reference to an object that was not read yet, or is of another type.</summary>
    BadReference = 7,

    /// <summary>A type name that no codec is registered under.</summary>
    UnknownType = 8,

    /// <summary>A named type that does not fit where it stands.</summary>
    WrongType = 9,

    /// <summary>A member is written as another kind of value than its type.</summary>
    WrongKind = 10,

    /// <summary>A key or an element of a set comes twice.</summary>
    DuplicateKey = 11,

    /// <summary>The type itself refuses the value.</summary>
    ValueRefused = 12,
}

/// <summary>Bytes are no message of the expected type; nothing was changed.</summary>
[GenerateSerializer]
public sealed class MalformedMessageException : SerializerException
{
    public MalformedMessageException(MalformedReason reason, int offset, string detail)
        : base($"malformed message at byte {offset}: {reason}, {detail}")
    {
        Reason = reason;
        Offset = offset;
    }

    public MalformedMessageException(MalformedReason reason, int offset, Exception cause)
        : base($"malformed message at byte {offset}: {reason}, {cause.Message}", cause)
    {
        Reason = reason;
        Offset = offset;
    }

    [Id(0)]
    public MalformedReason Reason { get; }

    /// <summary>Where reading stopped, in bytes from the start of the message.</summary>
    [Id(1)]
    public int Offset { get; }
}
