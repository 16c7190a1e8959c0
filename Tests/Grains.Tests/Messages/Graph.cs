using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pythia.Grains.Tests.Messages;

/// <summary>Walks through what a message holds: finds the first difference of two, and changes what can be changed.</summary>
internal static class Graph
{
    /// <summary>Where two values differ; null when they are equal.</summary>
    public static string? Difference(object? one, object? two, string path = "")
    {
        if (one is null || two is null || one.GetType() != two.GetType())
        {
            return one is null && two is null ? null : $"{path}: {one?.GetType().ToString() ?? "null"} and {two?.GetType().ToString() ?? "null"}";
        }

        if (MessageTypes.IsMessage(one.GetType()))
        {
            var message = one is Exception first && first.Message != ((Exception)two).Message ? $"{path}.Message" : null;
            return message ?? MessageTypes.MembersOf(one.GetType())
                .Select(member => Difference(member.GetValue(one), member.GetValue(two), $"{path}.{member.Name}"))
                .FirstOrDefault(difference => difference is not null);
        }

        if (Parts(one) is { } parts)
        {
            var others = Parts(two)!;
            return parts.Count != others.Count
                ? $"{path}: {parts.Count} and {others.Count} elements"
                : parts.Select((part, index) => Difference(part, others[index], $"{path}[{index}]")).FirstOrDefault(difference => difference is not null);
        }

        return one.Equals(two) ? null : $"{path}: {one} and {two}";
    }

    /// <summary>The names of members that hold their default, so that one that is lost would not be noticed.</summary>
    public static IReadOnlyList<string> NotFilled(object message)
        => [.. MessageTypes.MembersOf(message.GetType()).Where(member => IsDefault(member.GetValue(message), member.FieldType)).Select(member => member.Name)];

    /// <summary>Changes every array, list, map and set in a value; how many it found.</summary>
    public static int Change(object? value)
    {
        var changed = 0;
        switch (value)
        {
            case null or string:
                return 0;
            case ReadOnlyMemory<byte> memory when MemoryMarshal.TryGetArray(memory, out var behind) && behind.Count > 0:
                behind.AsSpan()[0] ^= 0xff;
                return 1;
        }

        foreach (var part in Parts(value) ?? MembersOf(value))
        {
            changed += Change(part);
        }

        return changed + ChangeItself(value);
    }

    private static int ChangeItself(object value)
    {
        switch (value)
        {
            case Array { Length: > 0 } array:
                Array.Clear(array);
                return 1;
            case IDictionary { IsReadOnly: false, IsFixedSize: false } map when IsChangeable(value):
                map.Clear();
                return 1;
            case IList { IsReadOnly: false, IsFixedSize: false } list when IsChangeable(value):
                list.Clear();
                return 1;
            default:
                return value.GetType().GetMethod("Clear", []) is { } clear && clear.ReturnType == typeof(void) ? Clear(value, clear) : 0;
        }
    }

    private static int Clear(object value, System.Reflection.MethodInfo clear)
    {
        clear.Invoke(value, null);
        return 1;
    }

    /// <summary>Immutable collections have the interfaces of changeable ones, and throw.</summary>
    private static bool IsChangeable(object value) => value.GetType().Namespace != "System.Collections.Immutable";

    private static IReadOnlyList<object?> MembersOf(object value)
        => MessageTypes.IsMessage(value.GetType()) ? [.. MessageTypes.MembersOf(value.GetType()).Select(member => member.GetValue(value))] : [];

    /// <summary>Elements of a collection or tuple; null for anything else.</summary>
    private static IReadOnlyList<object?>? Parts(object value) => value switch
    {
        string => null,
        ReadOnlyMemory<byte> memory => [.. memory.ToArray().Cast<object?>()],
        IDictionary map => [.. map.Cast<object?>().SelectMany(Pair)],
        IEnumerable many => [.. many.Cast<object?>().SelectMany(Pair)],
        ITuple tuple => [.. Enumerable.Range(0, tuple.Length).Select(index => tuple[index])],
        _ => null,
    };

    private static IEnumerable<object?> Pair(object? element)
        => element?.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)
            ? [type.GetProperty("Key")!.GetValue(element), type.GetProperty("Value")!.GetValue(element)]
            : [element is DictionaryEntry entry ? entry.Value : element];

    private static bool IsDefault(object? value, Type type) => value is null || (type.IsValueType && value.Equals(RuntimeHelpers.GetUninitializedObject(type)));
}
