using Orleans.Runtime;

namespace Pythia.Embedded.References;

/// <summary>Points to the class that registers an assembly's grains, so that assemblies that refer to it register them too.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class GrainModuleAttribute(Type module) : Attribute
{
    /// <summary>Has a static method <c>Register</c>.</summary>
    public Type Module { get; } = module;
}

/// <summary>Interfaces and classes of grains in the assemblies that are loaded; generated code adds them.</summary>
public static class GrainModules
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<Type, GrainInterface> InterfacesByType = [];
    private static readonly HashSet<Type> ClassTypes = [];

    /// <summary>Adds a grain or observer interface. Adding it again changes nothing.</summary>
    public static void AddInterface(Type type, string name, Func<GrainReferenceShared, IdSpan, GrainReference> create)
    {
        lock (Gate)
        {
            InterfacesByType.TryAdd(type, new GrainInterface(type, GrainInterfaceType.Create(name), create));
        }
    }

    /// <summary>Adds a grain class. Adding it again changes nothing.</summary>
    public static void AddClass(Type type)
    {
        lock (Gate)
        {
            ClassTypes.Add(type);
        }
    }

    internal static GrainInterface[] Interfaces()
    {
        lock (Gate)
        {
            return [.. InterfacesByType.Values];
        }
    }

    internal static Type[] Classes()
    {
        lock (Gate)
        {
            return [.. ClassTypes];
        }
    }
}

/// <summary>A grain or observer interface and its generated reference.</summary>
internal sealed record GrainInterface(Type Type, GrainInterfaceType Id, Func<GrainReferenceShared, IdSpan, GrainReference> Create);
