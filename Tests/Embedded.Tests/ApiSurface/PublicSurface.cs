using System.Reflection;
using Pythia.Vectors;

namespace Pythia.Embedded.Tests.ApiSurface;

/// <summary>The members of Orleans 10.4, and what of an assembly is not among them.</summary>
internal sealed class PublicSurface
{
    public const string Main = "orleans-10.4-public-api.txt";
    public const string Extra = "orleans-10.4-extra-public-api.txt";
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private readonly HashSet<string> _members;
    private readonly ILookup<string, string> _byType;
    private readonly HashSet<string> _ids;

    private PublicSurface(IEnumerable<string> members)
    {
        _members = new(members, StringComparer.Ordinal);
        _byType = _members.Where(member => !member.StartsWith("T:", StringComparison.Ordinal)).ToLookup(DocumentationId.DeclaringTypeOf, StringComparer.Ordinal);
        _ids = new(_members.Select(member => member.Split(" -> ")[0]), StringComparer.Ordinal);
    }

    public int Count => _members.Count;

    /// <summary>Full names of the types that are not generic.</summary>
    public IEnumerable<string> Types => _members.Where(member => member.StartsWith("T:", StringComparison.Ordinal) && !member.Contains('`', StringComparison.Ordinal)).Select(member => member[2..]);

    /// <summary>Both lists: a line is assembly, tab, member.</summary>
    public static PublicSurface Read()
        => new(new[] { Main, Extra }.SelectMany(file => File.ReadLines(SharedVectors.Find(file, "reference"))).Select(line => line.Split('\t')[1].Trim()));

    /// <summary>Whether Orleans has a type or member with this documentation id.</summary>
    public bool Has(string documentationId) => _ids.Contains(documentationId);

    /// <summary>Types and members that these types show and Orleans does not.</summary>
    public IEnumerable<string> NotInOrleans(IEnumerable<Type> types)
        => types.SelectMany(type => MembersOf(type).Prepend(DocumentationId.Of(type))).Where(member => !_members.Contains(member)).Order(StringComparer.Ordinal);

    /// <summary>Members of Orleans' interfaces that these have not.</summary>
    public IEnumerable<string> MissingFrom(IEnumerable<Type> types)
        => types.Where(type => type.IsInterface).SelectMany(type => _byType[DocumentationId.NameOf(type)].Except(MembersOf(type))).Order(StringComparer.Ordinal);

    /// <summary>What code outside the assembly can see of a type, overrides left out: what they override is looked at where it is declared.</summary>
    private static IEnumerable<string> MembersOf(Type type)
    {
        foreach (var member in type.GetMembers(Declared))
        {
            var id = member switch
            {
                FieldInfo field when IsVisible(field) => DocumentationId.Of(field),
                EventInfo @event when @event.GetAddMethod(nonPublic: true) is { } add && IsVisible(add) => DocumentationId.Of(@event),
                PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsVisible) => DocumentationId.Of(property),
                ConstructorInfo { IsStatic: false } constructor when IsVisible(constructor) && !IsDelegate(type) => DocumentationId.Of(constructor),
                MethodInfo method when IsVisible(method) && IsOrdinary(method) => DocumentationId.Of(method),
                _ => null,
            };
            if (id is not null)
            {
                yield return id;
            }
        }
    }

    private static bool IsOrdinary(MethodInfo method)
        => (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !method.Name.StartsWith('<')
            && !(IsDelegate(method.DeclaringType!) && method.Name is not "Invoke");

    private static bool IsDelegate(Type type) => type.IsSubclassOf(typeof(Delegate));

    private static bool IsVisible(FieldInfo field) => (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && !field.IsSpecialName;

    private static bool IsVisible(MethodBase method)
    {
        var overrides = method is MethodInfo info && info.GetBaseDefinition() != info;
        var inherited = (method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed;
        return (method.IsPublic || inherited) && !overrides;
    }
}
