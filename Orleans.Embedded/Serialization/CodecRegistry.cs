using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>
/// Every codec by its type. Generated ones register themselves when their assembly is first used; those of generic types, arrays and
/// enums are made when first asked for. After that <see cref="Codec{T}.Shared"/> is a field.
/// </summary>
public static class CodecRegistry
{
    private static readonly ConcurrentDictionary<Type, Codec> ByType = new();
    private static readonly ConcurrentDictionary<Type, Type> Open = new();

    static CodecRegistry() => BuiltInCodecs.Register();

    /// <summary>Registers the codec of one type. Called by generated code.</summary>
    /// <param name="name">The type's alias, or else its full name: how bytes name it.</param>
    public static void Add<T>(Codec<T> codec, string name)
    {
        TypeNames.Add(typeof(T), name);
        ByType[typeof(T)] = codec;
    }

    /// <summary>Registers the codecs of a generic type. Called by generated code.</summary>
    /// <param name="type">The type without arguments, as <c>typeof(List&lt;&gt;)</c>.</param>
    /// <param name="codec">A codec with the same type parameters and a constructor without parameters.</param>
    public static void AddOpen(Type type, Type codec, string name)
    {
        TypeNames.Add(type, name);
        Open[type] = codec;
    }

    /// <summary>The codec of a type.</summary>
    /// <exception cref="CodecNotFoundException">It has none.</exception>
    public static Codec Find(Type type) => TryFind(type, out var codec) ? codec : throw NotFound(type);

    public static bool TryFind(Type type, [NotNullWhen(true)] out Codec? codec)
    {
        if (ByType.TryGetValue(type, out codec))
        {
            return true;
        }

        RuntimeHelpers.RunModuleConstructor(type.Module.ModuleHandle);
        codec = ByType.TryGetValue(type, out var registered) ? registered : Make(type);
        if (codec is not null)
        {
            codec = ByType.GetOrAdd(type, codec);
        }

        return codec is not null;
    }

    /// <summary>The codec of a value's own type, or of the base that speaks for it.</summary>
    internal static Codec FindForValue(object value) => TryFindForValue(value, out var codec) ? codec : throw NotFound(value.GetType());

    internal static bool TryFindForValue(object value, [NotNullWhen(true)] out Codec? codec)
    {
        var type = value.GetType();
        if (TryFind(type, out codec))
        {
            return true;
        }

        for (var ancestor = type.BaseType; ancestor is not null && ancestor != typeof(object); ancestor = ancestor.BaseType)
        {
            if (TryFind(ancestor, out codec) && codec.TakesDerived)
            {
                ByType[type] = codec;
                return true;
            }
        }

        codec = null;
        return false;
    }

    private static Codec? Make(Type type)
    {
        if (type.IsEnum)
        {
            return Create(typeof(EnumCodec<>), type);
        }

        if (type.IsSZArray)
        {
            return Create(typeof(ArrayCodec<>), type.GetElementType()!);
        }

        if (type.IsConstructedGenericType && OpenCodec(type.GetGenericTypeDefinition()) is { } open)
        {
            return Create(open, type.GetGenericArguments());
        }

        if (PlainExceptions.Has(type))
        {
            return Create(typeof(PlainExceptionCodec<>), type);
        }

        if (References.Has(type))
        {
            return Create(typeof(ReferencesCodec<>), type);
        }

        return type.IsInterface || (type.IsAbstract && type.IsClass) ? Create(typeof(RunTimeTypeCodec<>), type) : null;
    }

    private static Type? OpenCodec(Type definition)
    {
        RuntimeHelpers.RunModuleConstructor(definition.Module.ModuleHandle);
        return Open.GetValueOrDefault(definition);
    }

    private static Codec Create(Type definition, params Type[] arguments)
        => (Codec)Activator.CreateInstance(definition.MakeGenericType(arguments), nonPublic: true)!;

    private static CodecNotFoundException NotFound(Type type)
        => new($"no codec for {type}: mark it [GenerateSerializer], or register a converter for it with [RegisterConverter]");
}
