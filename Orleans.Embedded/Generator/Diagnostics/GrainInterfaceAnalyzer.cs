using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Pythia.Embedded.Generator.Diagnostics;

/// <summary>Looks at the interfaces of grains and observers.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GrainInterfaceAnalyzer : DiagnosticAnalyzer
{
    private static readonly HashSet<string> Results = new(StringComparer.Ordinal)
    {
        "System.Threading.Tasks.Task", "System.Threading.Tasks.Task`1", "System.Threading.Tasks.ValueTask", "System.Threading.Tasks.ValueTask`1",
        "System.Collections.Generic.IAsyncEnumerable`1",
    };

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [Rules.ByReference, Rules.InterfaceProperty, Rules.ReturnType, Rules.NoAlias, Rules.ManyTokens, Rules.CallWithoutCodec];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            // The engine answers calls of its own interfaces itself: nothing of them becomes bytes.
            if (start.Compilation.AssemblyName == "Orleans.Embedded")
            {
                return;
            }

            var codecs = new CodecKnowledge(start.Compilation);
            start.RegisterSymbolAction(symbol => CheckInterface(symbol, codecs), SymbolKind.NamedType);
        });
    }

    private static void CheckInterface(SymbolAnalysisContext context, CodecKnowledge codecs)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!type.IsGrainInterface())
        {
            return;
        }

        if (!type.HasAttribute(KnownNames.Alias))
        {
            Report(context, Rules.NoAlias, type, type.Name);
        }

        foreach (var member in type.GetMembers().Where(member => !member.IsStatic))
        {
            if (member is IPropertySymbol property)
            {
                Report(context, Rules.InterfaceProperty, property, type.Name, property.Name);
            }
            else if (member is IMethodSymbol { MethodKind: MethodKind.Ordinary } method)
            {
                CheckMethod(context, type, method, codecs);
            }
        }
    }

    private static void CheckMethod(SymbolAnalysisContext context, INamedTypeSymbol type, IMethodSymbol method, CodecKnowledge codecs)
    {
        if (!method.HasAttribute(KnownNames.Alias))
        {
            Report(context, Rules.NoAlias, method, $"{type.Name}.{method.Name}");
        }

        var tokens = 0;
        foreach (var parameter in method.Parameters)
        {
            if (parameter.RefKind is not RefKind.None)
            {
                Report(context, Rules.ByReference, parameter, parameter.Name, $"{type.Name}.{method.Name}");
            }

            if (parameter.Type.MetadataNameWithNamespace() == KnownNames.CancellationToken)
            {
                tokens++;
            }
            else if (codecs.FindMissing(parameter.Type) is { } missing)
            {
                Report(context, Rules.CallWithoutCodec, parameter, $"argument {parameter.Name}", type.Name, method.Name, missing.ToDisplayString());
            }
        }

        if (tokens > 1)
        {
            Report(context, Rules.ManyTokens, method, type.Name, method.Name, tokens);
        }

        CheckResult(context, type, method, codecs);
    }

    private static void CheckResult(SymbolAnalysisContext context, INamedTypeSymbol type, IMethodSymbol method, CodecKnowledge codecs)
    {
        if (method.ReturnsVoid)
        {
            return;
        }

        if (method.ReturnType is not INamedTypeSymbol result || !Results.Contains(result.OriginalDefinition.MetadataNameWithNamespace()))
        {
            Report(context, Rules.ReturnType, method, type.Name, method.Name, method.ReturnType.ToDisplayString());
        }
        else if (result.TypeArguments.Select(codecs.FindMissing).FirstOrDefault(found => found is not null) is { } missing)
        {
            Report(context, Rules.CallWithoutCodec, method, "result", type.Name, method.Name, missing.ToDisplayString());
        }
    }

    private static void Report(SymbolAnalysisContext context, DiagnosticDescriptor rule, ISymbol place, params object[] arguments)
        => context.ReportDiagnostic(Diagnostic.Create(rule, place.PlaceOf(), arguments));
}
