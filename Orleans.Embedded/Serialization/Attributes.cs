// The attributes by which a message says how it is written: same names, signatures and targets as Orleans 10.4.
using Microsoft.Extensions.DependencyInjection;

namespace Orleans;

/// <summary>When a member of a type without <see cref="IdAttribute"/> gets an id of its own.</summary>
public enum GenerateFieldIds
{
    /// <summary>Never: every member that travels says its id.</summary>
    None,

    /// <summary>Public properties get one, derived from their name.</summary>
    PublicProperties,
}

/// <summary>A codec is generated for the type: it may cross a grain call.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class GenerateSerializerAttribute : Attribute
{
    /// <summary>Whether the parameters of the primary constructor travel too; by default they do for records only.</summary>
    public bool IncludePrimaryConstructorParameters { get; init; }

    /// <summary>Default <see cref="GenerateFieldIds.None"/>.</summary>
    public GenerateFieldIds GenerateFieldIds { get; init; } = GenerateFieldIds.None;
}

/// <summary>The number under which a member is written. Unique in its type; grows, and is never used again for another member.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum
    | AttributeTargets.Method)]
public sealed class IdAttribute(uint id) : Attribute
{
    public uint Id { get; } = id;
}

/// <summary>The name by which a type (unique everywhere) or a method (unique in its interface) is known on the wire.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Method,
    AllowMultiple = true)]
public sealed class AliasAttribute(string alias) : Attribute
{
    public string Alias { get; } = alias;
}

/// <summary>The type, member, parameter or result is never changed after it was made, so that no copy is needed.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Field | AttributeTargets.Property | AttributeTargets.Parameter
    | AttributeTargets.ReturnValue, Inherited = false)]
public sealed class ImmutableAttribute : Attribute;

/// <summary>The class is an <see cref="IConverter{TValue,TSurrogate}"/>: it gives a codec to a type that knows nothing of Orleans.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class RegisterConverterAttribute : Attribute;

/// <summary>No two members of this type refer to one object, so that no references need be followed.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SuppressReferenceTrackingAttribute : Attribute;

/// <summary>Members that hold their default are not written.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class OmitDefaultMemberValuesAttribute : Attribute;

/// <summary>An abstract base without members of its own that takes no part in the written form.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SerializerTransparentAttribute : Attribute;

/// <summary>The constructor that makes an instance before its members are read.</summary>
[AttributeUsage(AttributeTargets.Constructor)]
public sealed class GeneratedActivatorConstructorAttribute : ActivatorUtilitiesConstructorAttribute;

/// <summary>Turns a value of a type that has no codec into a surrogate that has one, and back.</summary>
public interface IConverter<TValue, TSurrogate>
    where TSurrogate : struct
{
    TValue ConvertFromSurrogate(in TSurrogate surrogate);

    TSurrogate ConvertToSurrogate(in TValue value);
}
