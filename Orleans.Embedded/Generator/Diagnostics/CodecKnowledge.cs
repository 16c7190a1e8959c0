using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;

namespace Pythia.Embedded.Generator.Diagnostics;

/// <summary>Which types have a codec, and which can be changed, as the compiler sees them.</summary>
internal sealed class CodecKnowledge
{
    private readonly Compilation _compilation;
    private readonly Lazy<HashSet<ITypeSymbol>> _converted;
    private readonly ConcurrentDictionary<ITypeSymbol, ITypeSymbol?> _missing = new(SymbolEqualityComparer.Default);

    public CodecKnowledge(Compilation compilation)
    {
        _compilation = compilation;
        _converted = new(FindConverted);
    }

    /// <summary>The type itself or the part of it that has no codec; null when all is well.</summary>
    public ITypeSymbol? FindMissing(ITypeSymbol type) => _missing.GetOrAdd(type, Look);

    /// <summary>The part of a type through which a value can be changed, collections only; null when there is none.</summary>
    public static ITypeSymbol? FindMutable(ITypeSymbol type)
    {
        if (type is IArrayTypeSymbol)
        {
            return type;
        }

        if (type is not INamedTypeSymbol { IsGenericType: true } named)
        {
            return null;
        }

        var name = named.OriginalDefinition.MetadataNameWithNamespace();
        if (BuiltInTypes.MutableGenerics.Contains(name) || name == "System.Memory`1")
        {
            return type;
        }

        return BuiltInTypes.ImmutableGenerics.Contains(name) ? named.TypeArguments.Select(FindMutable).FirstOrDefault(found => found is not null) : null;
    }

    /// <summary>Exceptions of .NET and of the engine pass without being marked.</summary>
    public static bool IsPlainException(ITypeSymbol type)
    {
        var space = type.ContainingNamespace?.ToDisplayString() ?? string.Empty;
        return IsNet(type) || space == "Orleans" || space.StartsWith("Orleans.", StringComparison.Ordinal);
    }

    private static bool IsNet(ITypeSymbol type)
    {
        var space = type.ContainingNamespace?.ToDisplayString() ?? string.Empty;
        return space is "System" or "Microsoft"
            || space.StartsWith("System.", StringComparison.Ordinal) || space.StartsWith("Microsoft.", StringComparison.Ordinal);
    }

    private ITypeSymbol? Look(ITypeSymbol type) => type switch
    {
        ITypeParameterSymbol or IErrorTypeSymbol or IDynamicTypeSymbol => null,
        IArrayTypeSymbol { Rank: 1 } array => FindMissing(array.ElementType),
        INamedTypeSymbol named => LookNamed(named),
        _ => type,
    };

    private ITypeSymbol? LookNamed(INamedTypeSymbol type)
    {
        var name = type.OriginalDefinition.MetadataNameWithNamespace();
        if (type.TypeKind is TypeKind.Enum || BuiltInTypes.Plain.Contains(name) || _converted.Value.Contains(type))
        {
            return null;
        }

        if (BuiltInTypes.ImmutableGenerics.Contains(name) || BuiltInTypes.MutableGenerics.Contains(name)
            || type.OriginalDefinition.HasAttribute(KnownNames.GenerateSerializer))
        {
            return type.TypeArguments.Select(FindMissing).FirstOrDefault(missing => missing is not null);
        }

        if (BuiltInTypes.ByteRuns.Contains(name) && type.TypeArguments[0].SpecialType is SpecialType.System_Byte)
        {
            return null;
        }

        if (type.IsException())
        {
            return IsPlainException(type) ? null : type;
        }

        return type.TypeKind is TypeKind.Interface && (type.IsGrainInterface() || !IsNet(type)) ? null : type;
    }

    /// <summary>What converters of this assembly, or of those it refers to, give a codec.</summary>
    private HashSet<ITypeSymbol> FindConverted()
    {
        var found = new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var assembly in _compilation.SourceModule.ReferencedAssemblySymbols)
        {
            foreach (var attribute in assembly.GetAttributes())
            {
                if (attribute.AttributeClass?.MetadataNameWithNamespace() == KnownNames.HasCodec && attribute.FirstArgument() is ITypeSymbol type)
                {
                    found.Add(type);
                }
            }
        }

        foreach (var type in TypesIn(_compilation.Assembly.GlobalNamespace).Where(type => type.HasAttribute(KnownNames.RegisterConverter)))
        {
            foreach (var converter in type.AllInterfaces.Where(candidate => candidate.OriginalDefinition.MetadataNameWithNamespace() == KnownNames.Converter))
            {
                found.Add(converter.TypeArguments[0]);
            }
        }

        return found;
    }

    private static IEnumerable<INamedTypeSymbol> TypesIn(INamespaceOrTypeSymbol container)
        => container.GetMembers().OfType<INamespaceOrTypeSymbol>()
            .SelectMany(member => member is INamedTypeSymbol type ? TypesIn(type).Prepend(type) : TypesIn(member));
}
