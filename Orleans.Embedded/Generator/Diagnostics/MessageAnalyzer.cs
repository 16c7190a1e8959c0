using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Pythia.Embedded.Generator.Serialization;

namespace Pythia.Embedded.Generator.Diagnostics;

/// <summary>Looks at every type that is marked <c>[GenerateSerializer]</c>, and at exceptions that are not.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MessageAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.NoId, Rules.AbstractOrStatic, Rules.SameId, Rules.NoAlias, Rules.NoSetter, Rules.Inaccessible,
        Rules.MemberWithoutCodec, Rules.MutableInImmutable, Rules.ImplicitId, Rules.BaseWithoutCodec,
    ];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            var codecs = new CodecKnowledge(start.Compilation);
            start.RegisterSymbolAction(symbol => CheckType(symbol, codecs), SymbolKind.NamedType);
        });
    }

    private static void CheckType(SymbolAnalysisContext context, CodecKnowledge codecs)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.FindAttribute(KnownNames.GenerateSerializer) is not { } mark || type.IsGrainClass())
        {
            return;
        }

        if (!context.Compilation.IsSymbolAccessibleWithin(type, context.Compilation.Assembly) || type.IsFileLocal || type.ContainingType is { IsGenericType: true })
        {
            Report(context, Rules.Inaccessible, type.PlaceOf(), type.Name);
        }

        if (type.TypeKind is TypeKind.Enum)
        {
            return;
        }

        if (!type.HasAttribute(KnownNames.Alias))
        {
            Report(context, Rules.NoAlias, type.PlaceOf(), type.Name);
        }

        CheckBase(context, type);
        CheckIds(context, type, mark);
        foreach (var member in MessageShape.MembersOf(type, context.Compilation))
        {
            CheckMember(context, type, member, codecs);
        }
    }

    private static void CheckBase(SymbolAnalysisContext context, INamedTypeSymbol type)
    {
        if (type.BaseType is { SpecialType: SpecialType.None, TypeKind: TypeKind.Class } parent
            && !parent.OriginalDefinition.HasAttribute(KnownNames.GenerateSerializer)
            && !(parent.IsException() && CodecKnowledge.IsPlainException(parent))
            && parent.OriginalDefinition.GetMembers().Any(MessageShape.HoldsState))
        {
            Report(context, Rules.BaseWithoutCodec, type.PlaceOf(), type.Name, parent.Name);
        }
    }

    /// <summary>Every member that holds state says its id; none says another's, and none that holds nothing says one.</summary>
    private static void CheckIds(SymbolAnalysisContext context, INamedTypeSymbol type, AttributeData mark)
    {
        var seen = new Dictionary<uint, ISymbol>();
        if (mark.NamedArguments.Any(argument => argument.Key == "GenerateFieldIds" && argument.Value.Value is not 0))
        {
            Report(context, Rules.ImplicitId, type.PlaceOf(mark), "a member", type.Name);
        }

        foreach (var member in type.GetMembers().Where(member => member is IPropertySymbol or IFieldSymbol))
        {
            var attribute = member.FindAttribute(KnownNames.Id);
            if (attribute?.FirstArgument() is not uint id)
            {
                CheckUnmarked(context, type, member);
            }
            else if (member.IsStatic || member.IsAbstract)
            {
                Report(context, Rules.AbstractOrStatic, member.PlaceOf(attribute), type.Name, member.Name, member.IsStatic ? "static" : "abstract");
            }
            else if (seen.TryGetValue(id, out var other))
            {
                Report(context, Rules.SameId, member.PlaceOf(attribute), id, type.Name, member.Name, other.Name);
            }
            else
            {
                seen.Add(id, member);
            }
        }
    }

    private static void CheckUnmarked(SymbolAnalysisContext context, INamedTypeSymbol type, ISymbol member)
    {
        if (!MessageShape.HoldsState(member) || member.Name == "EqualityContract" || IsNotSerialized(member))
        {
            return;
        }

        var positional = member.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax(context.CancellationToken) is ParameterSyntax);
        if (positional)
        {
            Report(context, Rules.ImplicitId, member.PlaceOf(), member.Name, type.Name);
        }
        else
        {
            Report(context, Rules.NoId, member.PlaceOf(), type.Name, member.Name);
        }
    }

    /// <summary>On a property the attribute stands at its field: <c>[field: NonSerialized]</c>.</summary>
    private static bool IsNotSerialized(ISymbol member)
        => member is IFieldSymbol field
            ? field.HasAttribute(KnownNames.NonSerialized)
            : member.ContainingType.GetMembers().OfType<IFieldSymbol>()
                .Any(behind => SymbolEqualityComparer.Default.Equals(behind.AssociatedSymbol, member) && behind.HasAttribute(KnownNames.NonSerialized));

    private static void CheckMember(SymbolAnalysisContext context, INamedTypeSymbol type, MessageMember member, CodecKnowledge codecs)
    {
        if (member.Put is MemberAccess.None)
        {
            Report(context, Rules.NoSetter, member.Symbol.PlaceOf(), type.Name, member.Symbol.Name);
        }

        if (codecs.FindMissing(member.Type) is { } missing)
        {
            Report(context, Rules.MemberWithoutCodec, member.Symbol.PlaceOf(), type.Name, member.Symbol.Name, missing.ToDisplayString());
        }
        else if (type.HasAttribute(KnownNames.Immutable) && !member.IsImmutable && CodecKnowledge.FindMutable(member.Type) is { } mutable)
        {
            Report(context, Rules.MutableInImmutable, member.Symbol.PlaceOf(), type.Name, member.Symbol.Name, mutable.ToDisplayString());
        }
    }

    private static void Report(SymbolAnalysisContext context, DiagnosticDescriptor rule, Location? place, params object[] arguments)
        => context.ReportDiagnostic(Diagnostic.Create(rule, place, arguments));
}
