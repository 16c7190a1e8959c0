using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>How the runtime writes a reference to a grain or an observer, and finds it again.</summary>
public interface IReferenceForm
{
    /// <summary>The text by which <see cref="Parse"/> finds the same grain or observer.</summary>
    string Format(object reference);

    /// <param name="type">The interface that the reference is to have.</param>
    object Parse(string text, Type type);
}

/// <summary>References to grains and observers in messages: they pass as they are, and in bytes by the runtime's form of them.</summary>
public static class References
{
    /// <summary>Set by the runtime; null where messages are written without one.</summary>
    public static IReferenceForm? Form { get; set; }

    internal static bool Has(Type type) => type.IsAssignableTo(typeof(Orleans.Runtime.IAddressable));
}

/// <summary>A reference to a grain or an observer.</summary>
internal sealed class ReferencesCodec<T> : ImmutableCodec<T>
    where T : class
{
    private static IReferenceForm Form => References.Form ?? throw new SerializerException($"no runtime is there to write or find a {typeof(T)}");

    public override void Write(MessageWriter writer, T value) => writer.Text(value is null ? null : Form.Format(value));

    public override T Read(ref MessageReader reader)
    {
        if (reader.Text() is not { } text)
        {
            return null!;
        }

        return Form.Parse(text, typeof(T)) as T ?? throw reader.Malformed(MalformedReason.BadReference, $"{text} is no {typeof(T)}");
    }
}
