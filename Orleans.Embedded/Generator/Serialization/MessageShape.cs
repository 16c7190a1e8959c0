using Microsoft.CodeAnalysis;

namespace Pythia.Embedded.Generator.Serialization;

/// <summary>How a member's value is taken and put.</summary>
internal enum MemberAccess
{
    /// <summary>As any code of the assembly would.</summary>
    Direct,

    /// <summary>Through the field itself, or the one behind the property.</summary>
    Field,

    /// <summary>Through the property's setter, which is not accessible or init-only and has no field of its own behind it.</summary>
    Setter,

    /// <summary>There is no way to put a value.</summary>
    None,
}

/// <summary>A member that travels: it has an [Id].</summary>
internal sealed class MessageMember(uint id, ISymbol symbol, ITypeSymbol type, bool canGet, MemberAccess put)
{
    public uint Id { get; } = id;

    public ISymbol Symbol { get; } = symbol;

    public ITypeSymbol Type { get; } = type;

    public bool CanGet { get; } = canGet;

    public MemberAccess Put { get; } = put;

    /// <summary>The name of the field that holds it.</summary>
    public string FieldName => Symbol is IPropertySymbol ? $"<{Symbol.Name}>k__BackingField" : Symbol.Name;

    public bool IsImmutable => Symbol.HasAttribute(KnownNames.Immutable);
}

/// <summary>The members of one type of a hierarchy.</summary>
internal sealed class MessageLevel(INamedTypeSymbol type, IReadOnlyList<MessageMember> members)
{
    public INamedTypeSymbol Type { get; } = type;

    public IReadOnlyList<MessageMember> Members { get; } = members;
}

/// <summary>A marked type as the generator sees it: levels from the root of its hierarchy to itself, each with its members by id.</summary>
internal sealed class MessageShape
{
    private MessageShape(INamedTypeSymbol type, IReadOnlyList<MessageLevel> levels)
    {
        Type = type;
        Levels = levels;
    }

    public INamedTypeSymbol Type { get; }

    public IReadOnlyList<MessageLevel> Levels { get; }

    public static MessageShape Of(INamedTypeSymbol type, Compilation compilation)
    {
        var levels = type.BaseTypes().Reverse().Concat([type])
            .Where(level => level.OriginalDefinition.HasAttribute(KnownNames.GenerateSerializer))
            .Select(level => new MessageLevel(level, MembersOf(level, compilation)))
            .ToList();
        return new MessageShape(type, levels);
    }

    public static IReadOnlyList<MessageMember> MembersOf(INamedTypeSymbol type, Compilation compilation)
        => type.GetMembers()
            .Where(member => member is (IPropertySymbol or IFieldSymbol) and { IsStatic: false, IsAbstract: false })
            .Select(member => (Symbol: member, Id: IdOf(member)))
            .Where(member => member.Id is not null)
            .Select(member => Describe(member.Symbol, member.Id!.Value, compilation))
            .OrderBy(member => member.Id)
            .ToList();

    public static uint? IdOf(ISymbol member)
        => member.FindAttribute(KnownNames.Id)?.FirstArgument() is uint id ? id : null;

    /// <summary>An instance field, or a property with a field of its own: what holds state.</summary>
    public static bool HoldsState(ISymbol member) => member switch
    {
        IFieldSymbol field => field is { IsStatic: false, IsConst: false, IsImplicitlyDeclared: false, AssociatedSymbol: null },
        IPropertySymbol property => !property.IsStatic && !property.IsAbstract && HasField(property),
        _ => false,
    };

    private static MessageMember Describe(ISymbol member, uint id, Compilation compilation)
    {
        if (member is IFieldSymbol field)
        {
            var open = compilation.IsSymbolAccessibleWithin(field, compilation.Assembly);
            return new MessageMember(id, field, field.Type, open, open && !field.IsReadOnly ? MemberAccess.Direct : MemberAccess.Field);
        }

        var property = (IPropertySymbol)member;
        var canGet = property.GetMethod is { } get && compilation.IsSymbolAccessibleWithin(get, compilation.Assembly);
        return new MessageMember(id, property, property.Type, canGet, PutOf(property, compilation));
    }

    private static MemberAccess PutOf(IPropertySymbol property, Compilation compilation)
    {
        if (property.SetMethod is { IsInitOnly: false } set && compilation.IsSymbolAccessibleWithin(set, compilation.Assembly))
        {
            return MemberAccess.Direct;
        }

        if (HasField(property))
        {
            return MemberAccess.Field;
        }

        return property.SetMethod is null ? MemberAccess.None : MemberAccess.Setter;
    }

    /// <summary>Private fields of other assemblies are not seen; there a property without body attributes is taken to have one.</summary>
    private static bool HasField(IPropertySymbol property)
        => property.DeclaringSyntaxReferences.Length == 0
            ? property.GetMethod?.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "CompilerGeneratedAttribute") == true
            : property.ContainingType.GetMembers().OfType<IFieldSymbol>()
                .Any(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));
}
