using System.Text;
using Microsoft.CodeAnalysis;

namespace Pythia.Embedded.Generator;

/// <summary>Short questions to symbols.</summary>
internal static class SymbolExtensions
{
    public static AttributeData? FindAttribute(this ISymbol symbol, string metadataName)
        => symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.MetadataNameWithNamespace() == metadataName);

    public static object? FirstArgument(this AttributeData attribute)
        => attribute.ConstructorArguments.Length > 0 ? attribute.ConstructorArguments[0].Value : null;

    public static bool HasAttribute(this ISymbol symbol, string metadataName) => symbol.FindAttribute(metadataName) is not null;

    /// <summary>Namespace, outer types with +, and name with `n: the form that <c>GetTypeByMetadataName</c> takes.</summary>
    public static string MetadataNameWithNamespace(this ITypeSymbol type)
    {
        var name = new StringBuilder(type.MetadataName);
        for (var outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            name.Insert(0, '+').Insert(0, outer.MetadataName);
        }

        if (type.ContainingNamespace is { IsGlobalNamespace: false } space)
        {
            name.Insert(0, '.').Insert(0, space.ToDisplayString());
        }

        return name.ToString();
    }

    public static string FullName(this ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    public static bool Implements(this ITypeSymbol type, string metadataName)
        => type.AllInterfaces.Any(candidate => candidate.OriginalDefinition.MetadataNameWithNamespace() == metadataName);

    public static IEnumerable<INamedTypeSymbol> BaseTypes(this ITypeSymbol type)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
        {
            yield return ancestor;
        }
    }

    public static bool DerivesFrom(this ITypeSymbol type, string metadataName)
        => type.BaseTypes().Any(ancestor => ancestor.OriginalDefinition.MetadataNameWithNamespace() == metadataName);

    public static bool IsException(this ITypeSymbol type) => type.MetadataNameWithNamespace() == KnownNames.Exception || type.DerivesFrom(KnownNames.Exception);

    /// <summary>An interface of a grain or an observer.</summary>
    public static bool IsGrainInterface(this ITypeSymbol type) => type.TypeKind is TypeKind.Interface && type.Implements(KnownNames.Addressable);

    public static bool IsGrainClass(this ITypeSymbol type)
        => type.TypeKind is TypeKind.Class
            && (type.DerivesFrom(KnownNames.Grain) || type.Implements(KnownNames.GrainBase) || type.Implements(KnownNames.GrainInterface));

    /// <summary>Where the attribute stands, or else the symbol.</summary>
    public static Location? PlaceOf(this ISymbol symbol, AttributeData? attribute = null)
        => attribute?.ApplicationSyntaxReference is { } reference ? Location.Create(reference.SyntaxTree, reference.Span) : symbol.Locations.FirstOrDefault();
}
