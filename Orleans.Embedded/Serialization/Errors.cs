// What reading, writing and copying messages may throw.
namespace Orleans.Serialization;

/// <summary>A message could not be written, read or copied.</summary>
[GenerateSerializer]
public class SerializerException : Exception
{
    public SerializerException()
    {
    }

    public SerializerException(string message)
        : base(message)
    {
    }

    public SerializerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A type that crosses a call has no codec: it lacks <c>[GenerateSerializer]</c>, or is no type that has one by itself.</summary>
[GenerateSerializer]
public sealed class CodecNotFoundException(string message) : SerializerException(message);
