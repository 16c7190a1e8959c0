using Orleans.Runtime;

namespace Orleans;

/// <summary>Id, key and reference of a grain, from inside or from a reference to it.</summary>
public static class GrainExtensions
{
    /// <summary>A reference to the same grain as <typeparamref name="TGrainInterface"/>.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain)
        => (TGrainInterface)grain.AsReference(typeof(TGrainInterface));

    /// <inheritdoc cref="AsReference{TGrainInterface}"/>
    public static object AsReference(this IAddressable grain, Type interfaceType)
    {
        ArgumentNullException.ThrowIfNull(grain);
        var reference = grain is GrainReference already ? already : Context(grain).GrainReference;
        return interfaceType.IsInstanceOfType(reference) ? reference : reference.Shared.Factory.GetReference(interfaceType, reference.GrainId);
    }

    /// <inheritdoc cref="AsReference{TGrainInterface}"/>
    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();

    /// <inheritdoc cref="AsReference{TGrainInterface}"/>
    public static object Cast(this IAddressable grain, Type interfaceType) => grain.AsReference(interfaceType);

    /// <summary>The grain's id.</summary>
    public static GrainId GetGrainId(this IAddressable grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        return grain is GrainReference reference ? reference.GrainId : Context(grain).GrainId;
    }

    /// <summary>The key of an <see cref="IGrainWithStringKey"/>.</summary>
    public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().Key.ToString();

    /// <summary>The key of an <see cref="IGrainWithIntegerKey"/>.</summary>
    public static long GetPrimaryKeyLong(this IAddressable grain) => grain.GetGrainId().GetIntegerKey();

    /// <summary>The key of an <see cref="IGrainWithIntegerCompoundKey"/>.</summary>
    public static long GetPrimaryKeyLong(this IAddressable grain, out string? keyExt) => grain.GetGrainId().GetIntegerKey(out keyExt);

    /// <summary>The key of an <see cref="IGrainWithGuidKey"/>.</summary>
    public static Guid GetPrimaryKey(this IAddressable grain) => grain.GetGrainId().GetGuidKey();

    /// <summary>The key of an <see cref="IGrainWithGuidCompoundKey"/>.</summary>
    public static Guid GetPrimaryKey(this IAddressable grain, out string? keyExt) => grain.GetGrainId().GetGuidKey(out keyExt);

    /// <summary>Whether the key reads as a number.</summary>
    public static bool IsPrimaryKeyBasedOnLong(this IAddressable grain) => grain.GetGrainId().TryGetIntegerKey(out _, out _);

    private static IGrainContext Context(IAddressable grain)
        => (grain as IGrainBase)?.GrainContext
            ?? throw new ArgumentException($"'{grain.GetType()}' found, expected a grain or a reference to one", nameof(grain));
}
