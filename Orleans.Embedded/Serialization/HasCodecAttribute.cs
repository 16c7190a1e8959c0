namespace Pythia.Embedded.Serialization;

/// <summary>A converter of this assembly gives the type a codec. Written by the generator, read by its diagnostics in other projects.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class HasCodecAttribute(Type type) : Attribute
{
    public Type Type { get; } = type;
}
