using System.Collections;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pythia.Grains.Tests.Messages;

/// <summary>Makes a value of any message with every member set to something that is not its default; the same value each time.</summary>
internal sealed class Filler
{
    private const int MaxDepth = 6;
    private int _next;
    private int _depth;

    public static object Fill(Type type) => new Filler().Make(type);

    private object Make(Type type)
    {
        var number = ++_next;
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Make(inner);
        }

        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Last();
        }

        return Simple(type, number) ?? Collection(type) ?? (MessageTypes.IsMessage(type) ? Message(type) : throw new NotSupportedException($"no way to fill {type}"));
    }

    private static object? Simple(Type type, int number) => type switch
    {
        _ when type == typeof(bool) => true,
        _ when type == typeof(string) => $"text {number}",
        _ when type == typeof(object) => $"object {number}",
        _ when type == typeof(decimal) => (decimal)number,
        _ when type.IsPrimitive => Convert.ChangeType(number % 100 + 1, type),
        _ when type == typeof(Guid) => new Guid(number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        _ when type == typeof(BigInteger) => BigInteger.Pow(7, number),
        _ when type == typeof(UInt128) => UInt128.MaxValue - (UInt128)number,
        _ when type == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddSeconds(number),
        _ when type == typeof(DateTime) => DateTime.UnixEpoch.AddSeconds(number),
        _ when type == typeof(TimeSpan) => TimeSpan.FromSeconds(number),
        _ when type == typeof(Uri) => new Uri($"https://example.org/{number}"),
        _ when type == typeof(Version) => new Version(1, number),
        _ when type == typeof(ReadOnlyMemory<byte>) => new ReadOnlyMemory<byte>([(byte)number, 2]),
        _ => null,
    };

    private object? Collection(Type type)
    {
        if (type.IsArray)
        {
            var array = Array.CreateInstance(type.GetElementType()!, 2);
            array.SetValue(Make(type.GetElementType()!), 0);
            array.SetValue(Make(type.GetElementType()!), 1);
            return array;
        }

        if (!type.IsGenericType || MessageTypes.IsMessage(type))
        {
            return null;
        }

        var arguments = type.GetGenericArguments();
        if (type.IsAssignableTo(typeof(ITuple)))
        {
            return Activator.CreateInstance(type, [.. arguments.Select(Make)]);
        }

        return arguments.Length == 2 ? Map(type, arguments[0], arguments[1]) : Sequence(type, arguments[0]);
    }

    private object Sequence(Type type, Type element)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        list.Add(Make(element));
        list.Add(Make(element));
        return As(type, list, element);
    }

    private object Map(Type type, Type key, Type value)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(key, value))!;
        map.Add(Make(key), Make(value));
        return As(type, map, key, value);
    }

    /// <summary>The collection itself, or the immutable one made of it by its factory's CreateRange.</summary>
    private static object As(Type type, object collection, params Type[] arguments)
    {
        if (type.IsInstanceOfType(collection))
        {
            return collection;
        }

        var factory = typeof(ImmutableArray).Assembly.GetType($"{type.Namespace}.{type.Name[..type.Name.IndexOf('`')]}") ?? throw new NotSupportedException($"no way to fill {type}");
        var create = factory.GetMethods().Single(method => method.Name == "CreateRange" && method.GetGenericArguments().Length == arguments.Length
            && method.GetParameters() is [{ ParameterType: { IsGenericType: true } only }] && only.GetGenericTypeDefinition() == typeof(IEnumerable<>));
        return create.MakeGenericMethod(arguments).Invoke(null, [collection])!;
    }

    private object Message(Type type)
    {
        if (++_depth > MaxDepth)
        {
            throw new NotSupportedException($"{type} holds itself: fill it by hand");
        }

        var value = type.IsAssignableTo(typeof(Exception))
            ? NewException(type)
            : RuntimeHelpers.GetUninitializedObject(type);
        foreach (var field in MessageTypes.MembersOf(type))
        {
            field.SetValue(value, Make(field.FieldType));
        }

        _depth--;
        return value;
    }

    private object NewException(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
            parameter.ParameterType == typeof(Exception) ? new TimeoutException("inner") : Make(parameter.ParameterType))]);
    }
}
