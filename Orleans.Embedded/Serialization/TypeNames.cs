using System.Collections.Concurrent;
using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>
/// How bytes name a type: <c>name</c>, <c>name&lt;argument,…&gt;</c>, <c>element[]</c>, or <c>!Full.Name</c> for an exception of .NET itself.
/// Only what is registered can be named, so that bytes never choose a type that is no message.
/// </summary>
internal static class TypeNames
{
    private const int MaxLength = 512;
    private const int MaxNesting = 6;
    private static readonly ConcurrentDictionary<Type, string> ByType = new();
    private static readonly ConcurrentDictionary<string, Type> ByName = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<Type, string> Formatted = new();
    private static readonly ConcurrentDictionary<string, Codec> Found = new(StringComparer.Ordinal);

    public static void Add(Type type, string name)
    {
        var known = ByName.GetOrAdd(name, type);
        if (known != type)
        {
            throw new InvalidOperationException($"alias {name} of {type} is that of {known} already; an alias is unique everywhere");
        }

        ByType[type] = name;
    }

    /// <summary>The name of a type that has a codec.</summary>
    public static string Format(Type type) => Formatted.TryGetValue(type, out var name) ? name : Formatted.GetOrAdd(type, Make(type));

    /// <summary>The codec of a named type; null where the name is not one of ours.</summary>
    public static Codec? Find(string name)
    {
        if (Found.TryGetValue(name, out var codec))
        {
            return codec;
        }

        if (name.Length > MaxLength)
        {
            return null;
        }

        var rest = name.AsSpan();
        if (Parse(ref rest, 0) is not { } type || rest.Length > 0 || !CodecRegistry.TryFind(type, out codec))
        {
            return null;
        }

        return Found.GetOrAdd(name, codec);
    }

    private static string Make(Type type)
    {
        if (ByType.TryGetValue(type, out var name))
        {
            return name;
        }

        if (type.IsSZArray)
        {
            return Make(type.GetElementType()!) + "[]";
        }

        if (type.IsConstructedGenericType && ByType.TryGetValue(type.GetGenericTypeDefinition(), out var definition))
        {
            return $"{definition}<{string.Join(',', type.GetGenericArguments().Select(Make))}>";
        }

        return PlainExceptions.Has(type)
            ? "!" + type.FullName
            : throw new SerializerException($"{type} has no name in bytes: mark it [GenerateSerializer] with an [Alias]");
    }

    private static Type? Parse(ref ReadOnlySpan<char> rest, int nesting)
    {
        var end = rest.IndexOfAny("<>,[");
        var name = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[end..];
        if (name.IsEmpty || nesting > MaxNesting)
        {
            return null;
        }

        var type = name[0] == '!' ? PlainExceptions.Find(name[1..].ToString()) : ByName.GetValueOrDefault(name.ToString());
        if (type is { IsGenericTypeDefinition: true })
        {
            type = ParseArguments(type, ref rest, nesting);
        }

        for (; type is not null && rest.StartsWith("[]") && ++nesting <= MaxNesting; rest = rest[2..])
        {
            type = type.MakeArrayType();
        }

        return type;
    }

    private static Type? ParseArguments(Type definition, ref ReadOnlySpan<char> rest, int nesting)
    {
        var arguments = new Type[definition.GetGenericArguments().Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            if (rest.IsEmpty || rest[0] != (i == 0 ? '<' : ','))
            {
                return null;
            }

            rest = rest[1..];
            if (Parse(ref rest, nesting + 1) is not { } argument)
            {
                return null;
            }

            arguments[i] = argument;
        }

        if (rest.IsEmpty || rest[0] != '>')
        {
            return null;
        }

        rest = rest[1..];
        return definition.MakeGenericType(arguments);
    }
}
