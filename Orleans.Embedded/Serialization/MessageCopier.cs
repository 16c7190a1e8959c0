using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>Keeps the two sides of a call apart: what one of them changes after the call, the other does not see.</summary>
public static class MessageCopier
{
    /// <summary>A copy of everything in <paramref name="value"/> that can be changed; what can't be is shared.</summary>
    /// <exception cref="CodecNotFoundException">Something in it has no codec.</exception>
    public static T Copy<T>(T value)
    {
        var codec = Codec<T>.Shared;
        return codec.IsImmutable ? value : codec.Copy(value, new CopyContext());
    }

    /// <summary>
    /// The exception as the caller of a grain sees it: of the same type when it is marked or one of .NET, otherwise a
    /// <see cref="CodecNotFoundException"/> that names it, as from another silo.
    /// </summary>
    public static Exception CopyException(Exception exception)
    {
        try
        {
            return Copy(exception);
        }
        catch (CodecNotFoundException missing)
        {
            return new CodecNotFoundException($"{missing.Message}; it was thrown as {exception.GetType()}: {exception.Message}");
        }
    }
}
