using System.Reflection;

namespace Pythia.Grains.Tests.Messages;

/// <summary>Every message, state and exception of the grains, found by its mark.</summary>
internal static class MessageTypes
{
    public static IReadOnlyList<Assembly> Assemblies { get; } = [typeof(GrainKeys).Assembly, Assembly.Load("Pythia.Grains")];

    public static IReadOnlyList<Type> All { get; } =
    [
        .. Assemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) && type is { IsAbstract: false, IsGenericTypeDefinition: false })
            .OrderBy(type => type.FullName, StringComparer.Ordinal),
    ];

    /// <summary>Each type that a grain call takes or gives, without the task around it.</summary>
    public static IReadOnlyList<Type> InCalls { get; } =
    [
        .. Assemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable)))
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            .SelectMany(Unwrap)
            .Where(type => type != typeof(CancellationToken))
            .Distinct()
            .OrderBy(type => type.ToString(), StringComparer.Ordinal),
    ];

    /// <summary>The members that are written, those of base types too, as the fields that hold them.</summary>
    public static IReadOnlyList<FieldInfo> MembersOf(Type type)
        => [.. Hierarchy(type).SelectMany(level => level.GetMembers(Instance | BindingFlags.DeclaredOnly))
            .Where(member => member is PropertyInfo or FieldInfo && member.IsDefined(typeof(IdAttribute), inherit: false))
            .Select(FieldOf)];

    public static bool IsMessage(Type type) => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) && !type.IsEnum;

    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static FieldInfo FieldOf(MemberInfo member) => member as FieldInfo
        ?? member.DeclaringType!.GetField($"<{member.Name}>k__BackingField", Instance)
        ?? throw new InvalidOperationException($"{member.DeclaringType}.{member.Name} has an [Id] and no field of its own");

    private static IEnumerable<Type> Hierarchy(Type type)
    {
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            yield return level;
        }
    }

    private static IEnumerable<Type> Unwrap(Type type)
    {
        if (type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask))
        {
            return [];
        }

        var isWrapper = type.IsGenericType
            && (type.GetGenericTypeDefinition() is var open && (open == typeof(Task<>) || open == typeof(ValueTask<>) || open == typeof(IAsyncEnumerable<>)));
        return [isWrapper ? type.GetGenericArguments()[0] : type];
    }
}
