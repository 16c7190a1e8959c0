using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Pythia.Embedded.Generator.Diagnostics;

/// <summary>Finds aliases that come twice: of types in the compilation, of methods in their interface.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AliasAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.SameAlias];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            var aliases = new List<(string Alias, INamedTypeSymbol Type, Location? Place)>();
            start.RegisterSymbolAction(
                symbol =>
                {
                    var type = (INamedTypeSymbol)symbol.Symbol;
                    lock (aliases)
                    {
                        aliases.AddRange(AliasesOf(type).Select(alias => (alias.Alias, type, alias.Place)));
                    }

                    CheckMethods(symbol, type);
                },
                SymbolKind.NamedType);
            start.RegisterCompilationEndAction(end =>
                ReportSame(aliases.Select(entry => (entry.Alias, entry.Type.ToDisplayString(), entry.Place)), end.ReportDiagnostic));
        });
    }

    private static void CheckMethods(SymbolAnalysisContext context, INamedTypeSymbol type)
    {
        if (type.TypeKind is TypeKind.Interface)
        {
            var methods = type.GetMembers().OfType<IMethodSymbol>();
            ReportSame(methods.SelectMany(method => AliasesOf(method).Select(alias => (alias.Alias, method.Name, alias.Place))), context.ReportDiagnostic);
        }
    }

    private static void ReportSame(IEnumerable<(string Alias, string Name, Location? Place)> aliases, Action<Diagnostic> report)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (alias, name, place) in aliases.OrderBy(entry => entry.Place?.SourceTree?.FilePath, StringComparer.Ordinal).ThenBy(entry => entry.Place?.SourceSpan.Start))
        {
            if (first.TryGetValue(alias, out var other))
            {
                report(Diagnostic.Create(Rules.SameAlias, place, alias, name, other));
            }
            else
            {
                first.Add(alias, name);
            }
        }
    }

    private static IEnumerable<(string Alias, Location? Place)> AliasesOf(ISymbol symbol)
        => symbol.GetAttributes()
            .Where(attribute => attribute.AttributeClass?.MetadataNameWithNamespace() == KnownNames.Alias)
            .Select(attribute => (Alias: attribute.FirstArgument() as string, Place: symbol.PlaceOf(attribute)))
            .Where(found => found.Alias is not null)
            .Select(found => (found.Alias!, found.Place));
}
