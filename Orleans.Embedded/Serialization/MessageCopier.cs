using System.Collections;

namespace Pythia.Embedded.Serialization;

/// <summary>Keeps the two sides of a call apart: what one of them changes after the call, the other does not see.</summary>
public static class MessageCopier
{
    /// <summary>A copy of everything in <paramref name="value"/> that can be changed; what can't be is shared.</summary>
    public static T Copy<T>(T value) => value switch
    {
        Array array => (T)array.Clone(),
        IList { IsReadOnly: false } list => (T)Activator.CreateInstance(list.GetType(), list)!,
        IDictionary { IsReadOnly: false } map => (T)Activator.CreateInstance(map.GetType(), map)!,
        _ => value,
    };

    /// <summary>The exception as the caller of a grain sees it.</summary>
    public static Exception CopyException(Exception exception) => exception;
}
