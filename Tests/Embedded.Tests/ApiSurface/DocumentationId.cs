using System.Reflection;

namespace Pythia.Embedded.Tests.ApiSurface;

/// <summary>
/// A member as the lists write it: the compiler's documentation id, then <c> -&gt; </c> and the type it gives (fields, properties, events
/// and methods; constructors have none). <c>M:N.T`1.Name``1(`0,System.Collections.Generic.List{``0},System.Int32@) -&gt; System.Void</c>
/// </summary>
internal static class DocumentationId
{
    public static string Of(Type type) => "T:" + NameOf(type);

    public static string Of(FieldInfo field) => $"F:{Declaring(field)}.{field.Name} -> {Reference(field.FieldType)}";

    public static string Of(EventInfo @event) => $"E:{Declaring(@event)}.{@event.Name} -> {Reference(@event.EventHandlerType!)}";

    public static string Of(PropertyInfo property)
        => $"P:{Declaring(property)}.{property.Name}{Parameters(property.GetIndexParameters())} -> {Reference(property.PropertyType)}";

    public static string Of(ConstructorInfo constructor) => $"M:{Declaring(constructor)}.#ctor{Parameters(constructor.GetParameters())}";

    public static string Of(MethodInfo method)
    {
        var arity = method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : string.Empty;
        var conversion = method.Name is "op_Implicit" or "op_Explicit" ? "~" + Reference(method.ReturnType) : string.Empty;
        return $"M:{Declaring(method)}.{method.Name}{arity}{Parameters(method.GetParameters())}{conversion} -> {Reference(method.ReturnType)}";
    }

    /// <summary>The id of the type that a member of the list belongs to, without its kind.</summary>
    public static string DeclaringTypeOf(string memberId)
    {
        var name = memberId[2..];
        var end = name.IndexOfAny(['(', ' ', '~']);
        name = end < 0 ? name : name[..end];
        return name[..name.LastIndexOf('.')];
    }

    public static string NameOf(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string Declaring(MemberInfo member) => NameOf(member.DeclaringType!);

    private static string Parameters(ParameterInfo[] parameters)
        => parameters.Length == 0 ? string.Empty : $"({string.Join(',', parameters.Select(parameter => Reference(parameter.ParameterType)))})";

    private static string Reference(Type type)
    {
        if (type.IsByRef)
        {
            return Reference(type.GetElementType()!) + "@";
        }

        if (type.IsPointer)
        {
            return Reference(type.GetElementType()!) + "*";
        }

        if (type.IsArray)
        {
            var rank = type.GetArrayRank();
            return Reference(type.GetElementType()!) + (rank == 1 ? "[]" : $"[{string.Join(',', Enumerable.Repeat("0:", rank))}]");
        }

        if (type.IsGenericParameter)
        {
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        }

        return type.IsGenericType ? Constructed(type) : type.FullName!.Replace('+', '.');
    }

    /// <summary>Arguments stand behind the part of the name that has the parameters: <c>Outer{A}.Inner{B}</c>.</summary>
    private static string Constructed(Type type)
    {
        var arguments = type.GetGenericArguments();
        var used = 0;
        var parts = new List<string>();
        foreach (var part in NameOf(type).Split('.'))
        {
            var tick = part.IndexOf('`');
            if (tick < 0)
            {
                parts.Add(part);
                continue;
            }

            var count = int.Parse(part[(tick + 1)..]);
            parts.Add($"{part[..tick]}{{{string.Join(',', arguments.Skip(used).Take(count).Select(Reference))}}}");
            used += count;
        }

        return string.Join('.', parts);
    }
}
