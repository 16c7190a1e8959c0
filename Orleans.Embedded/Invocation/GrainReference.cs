using Pythia.Embedded.Runtime;

namespace Orleans.Runtime;

/// <summary>The way to a grain or an observer. Equal if the grain is the same, whatever the interface.</summary>
[Immutable]
public class GrainReference : IAddressable, IEquatable<GrainReference>, ISpanFormattable
{
    /// <summary>Where the last call went; it may have ended since, and then takes no more calls.</summary>
    internal ICallTarget? LastTarget { get; set; }

    /// <summary>For generated references.</summary>
    protected GrainReference(GrainReferenceShared shared, IdSpan key)
    {
        Shared = shared;
        Key = key;
    }

    public GrainId GrainId => new(Shared.GrainType, Key);

    /// <summary>The interface's name; empty for an untyped reference.</summary>
    public GrainInterfaceType InterfaceType => Shared.InterfaceType;

    public virtual string InterfaceName => Shared.InterfaceType.ToString();

    internal GrainReferenceShared Shared { get; }

    internal IdSpan Key { get; }

    public static bool operator ==(GrainReference? reference1, GrainReference? reference2)
        => reference1 is null ? reference2 is null : reference1.Equals(reference2);

    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !(reference1 == reference2);

    /// <summary>A reference to the same grain by another interface.</summary>
    public virtual TGrainInterface Cast<TGrainInterface>()
        where TGrainInterface : IAddressable
        => this.AsReference<TGrainInterface>();

    /// <inheritdoc/>
    public bool Equals(GrainReference? other)
        => ReferenceEquals(this, other) || (other is not null && Key == other.Key && Shared.GrainType == other.Shared.GrainType);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc/>
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <inheritdoc/>
    public sealed override string ToString() => $"GrainReference:{GrainId}";

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
        => destination.TryWrite($"GrainReference:{GrainId}", out charsWritten);
}

/// <summary>What all references of one interface to one kind of grain share.</summary>
public class GrainReferenceShared
{
    internal GrainReferenceShared(SiloRuntime silo, GrainType grainType, GrainInterfaceType interfaceType)
    {
        Silo = silo;
        GrainType = grainType;
        InterfaceType = interfaceType;
    }

    public GrainType GrainType { get; }

    public GrainInterfaceType InterfaceType { get; }

    internal SiloRuntime Silo { get; }

    internal GrainFactory Factory => Silo.Factory;
}
