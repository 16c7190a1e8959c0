using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Pythia.Embedded.Generator.Diagnostics;

/// <summary>Looks at grain classes, their state, and the exceptions that can leave them.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GrainClassAnalyzer : DiagnosticAnalyzer
{
    private const int ContinueOnCapturedContext = 1;

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [Rules.InterleaveOnClass, Rules.AttributeOnGrain, Rules.LeavesScheduler, Rules.ExceptionWithoutCodec, Rules.StateWithoutCodec, Rules.OldTimer];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            var codecs = new CodecKnowledge(start.Compilation);
            var hasGrains = new Lazy<bool>(() => HasGrains(start.Compilation.Assembly.GlobalNamespace));
            start.RegisterSymbolAction(CheckMethod, SymbolKind.Method);
            start.RegisterSymbolAction(symbol => CheckClass(symbol, codecs, hasGrains), SymbolKind.NamedType);
            start.RegisterSyntaxNodeAction(CheckTimer, SyntaxKind.InvocationExpression);
            start.RegisterOperationAction(CheckConfigureAwait, OperationKind.Invocation);
            start.RegisterOperationAction(CheckThrow, OperationKind.Throw);
        });
    }

    private static void CheckMethod(SymbolAnalysisContext context)
    {
        var method = (IMethodSymbol)context.Symbol;
        if (method.ContainingType?.TypeKind is not TypeKind.Interface && method.FindAttribute(KnownNames.AlwaysInterleave) is { } attribute)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.InterleaveOnClass, method.PlaceOf(attribute), method.ContainingType?.Name, method.Name));
        }
    }

    private static void CheckClass(SymbolAnalysisContext context, CodecKnowledge codecs, Lazy<bool> hasGrains)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind is not TypeKind.Class)
        {
            return;
        }

        if (type.IsException() && hasGrains.Value && !type.HasAttribute(KnownNames.GenerateSerializer))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.ExceptionWithoutCodec, type.PlaceOf(), type.Name));
        }

        if (!type.IsGrainClass())
        {
            return;
        }

        foreach (var name in new[] { KnownNames.Alias, KnownNames.GenerateSerializer })
        {
            if (type.FindAttribute(name) is { } attribute)
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Rules.AttributeOnGrain, type.PlaceOf(attribute), type.Name, attribute.AttributeClass!.Name.Replace("Attribute", string.Empty)));
            }
        }

        CheckState(context, type, codecs);
    }

    /// <summary>IPersistentState&lt;T&gt; of a constructor's parameter, and the T of Grain&lt;T&gt;.</summary>
    private static void CheckState(SymbolAnalysisContext context, INamedTypeSymbol type, CodecKnowledge codecs)
    {
        var states = type.InstanceConstructors.SelectMany(constructor => constructor.Parameters)
            .Where(parameter => parameter.Type.OriginalDefinition.MetadataNameWithNamespace() == KnownNames.PersistentState)
            .Select(parameter => (Place: (ISymbol)parameter, State: ((INamedTypeSymbol)parameter.Type).TypeArguments[0]));
        if (type.BaseType is { } parent && parent.OriginalDefinition.MetadataNameWithNamespace() == KnownNames.GrainOfState)
        {
            states = states.Append((type, parent.TypeArguments[0]));
        }

        foreach (var (place, state) in states)
        {
            if (codecs.FindMissing(state) is { } missing)
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Rules.StateWithoutCodec, place.PlaceOf(), state.ToDisplayString(), type.Name, missing.ToDisplayString()));
            }
        }
    }

    /// <summary>By its name, so that it is explained where the engine has no such method at all.</summary>
    private static void CheckTimer(SyntaxNodeAnalysisContext context)
    {
        var name = ((InvocationExpressionSyntax)context.Node).Expression switch
        {
            MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax or BaseExpressionSyntax } member => member.Name,
            SimpleNameSyntax simple => simple,
            _ => null,
        };
        if (name?.Identifier.ValueText == "RegisterTimer" && GrainAround(context.ContainingSymbol) is { } grain)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.OldTimer, name.GetLocation(), grain.Name));
        }
    }

    private static void CheckConfigureAwait(OperationAnalysisContext context)
    {
        var invocation = (IInvocationOperation)context.Operation;
        if (invocation.TargetMethod.Name != "ConfigureAwait" || GrainAround(context.ContainingSymbol) is not { } grain)
        {
            return;
        }

        var argument = invocation.Arguments.Select(candidate => candidate.Value).FirstOrDefault(value => value.Type?.Name is "Boolean" or "ConfigureAwaitOptions");
        var leaves = argument?.ConstantValue is { HasValue: true } constant && constant.Value switch
        {
            bool stays => !stays,
            int options => (options & ContinueOnCapturedContext) == 0,
            _ => false,
        };
        if (leaves)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.LeavesScheduler, invocation.Syntax.GetLocation(), grain.Name));
        }
    }

    /// <summary>An exception of another project, thrown by a grain itself.</summary>
    private static void CheckThrow(OperationAnalysisContext context)
    {
        var thrown = ((IThrowOperation)context.Operation).Exception;
        while (thrown is IConversionOperation conversion)
        {
            thrown = conversion.Operand;
        }

        if (thrown is IObjectCreationOperation { Type: { } type }
            && GrainAround(context.ContainingSymbol) is not null
            && !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, context.Compilation.Assembly)
            && !CodecKnowledge.IsPlainException(type) && !type.HasAttribute(KnownNames.GenerateSerializer))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.ExceptionWithoutCodec, context.Operation.Syntax.GetLocation(), type.Name));
        }
    }

    private static INamedTypeSymbol? GrainAround(ISymbol? symbol)
    {
        for (var type = symbol as INamedTypeSymbol ?? symbol?.ContainingType; type is not null; type = type.ContainingType)
        {
            if (type.IsGrainClass())
            {
                return type;
            }
        }

        return null;
    }

    private static bool HasGrains(INamespaceOrTypeSymbol container)
        => container.GetMembers().OfType<INamespaceOrTypeSymbol>()
            .Any(member => (member is INamedTypeSymbol type && (type.IsGrainInterface() || type.IsGrainClass())) || HasGrains(member));
}
