using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Pythia.Embedded.Tests.Diagnostics;
using Pythia.Vectors;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Embedded.Tests.ApiSurface;

/// <summary>The suite of grain behaviour in Tests/Engine is for both engines: outside of Engine/ it uses nothing that Orleans has not.</summary>
public sealed class SharedSourcesTests(ITestOutputHelper output)
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Orleans;
        global using Orleans.Hosting;
        global using Orleans.Runtime;
        global using Xunit;
        namespace Pythia.Engine { public sealed class EngineFixture { public IClusterClient Client => null!; } }
        """;

    private static string Folder => Path.Combine(SharedVectors.RepositoryRoot, "Tests", "Engine");

    [VectorFact(PublicSurface.Main, below: "reference")]
    public void Suite_EverySymbolOfTheEngine_IsInOrleans()
    {
        var files = Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Folder, file).StartsWith("Engine" + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .ToList();
        files.Count.ShouldBeGreaterThan(20);
        var compilation = Compile(files.Select(file => (file, File.ReadAllText(file))));
        compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity is DiagnosticSeverity.Error).ShouldBeEmpty();

        var used = UsesOf(compilation).ToList();
        used.Count.ShouldBeGreaterThan(500);
        output.WriteLine($"{files.Count} files, {used.Count} uses of {used.Select(use => use.Id).Distinct().Count()} symbols");
        NotInOrleans(used).ShouldBeEmpty($"not in Orleans 10.4:\n{string.Join('\n', NotInOrleans(used))}");
    }

    [VectorFact(PublicSurface.Main, below: "reference")]
    public void Suite_UsesWhatOnlyThisEngineHas_IsFound()
    {
        var compilation = Compile([("Sample.cs", """
            using Pythia.Embedded.References;
            class Sample
            {
                object Wrong() => GrainModules.AddClass;
                object Right() => GrainId.Create("a", "b");
                void Called() => GrainModules.AddClass(typeof(Sample));
            }
            """)]);
        NotInOrleans(UsesOf(compilation)).ShouldContain(found => found.EndsWith("M:Pythia.Embedded.References.GrainModules.AddClass(System.Type)", StringComparison.Ordinal));
        NotInOrleans(UsesOf(compilation)).ShouldNotContain(found => found.Contains("GrainId", StringComparison.Ordinal));
    }

    private static CSharpCompilation Compile(IEnumerable<(string Path, string Text)> sources)
        => Sources.Compile(Usings).RemoveAllSyntaxTrees().AddSyntaxTrees(
            sources.Prepend(("Usings.cs", Usings)).Select(source => CSharpSyntaxTree.ParseText(source.Item2, Sources.Options, source.Item1)));

    /// <summary>Every name, creation and attribute that means something of the engine, and where it stands.</summary>
    private static IEnumerable<(string Id, string Where)> UsesOf(CSharpCompilation compilation)
    {
        foreach (var tree in compilation.SyntaxTrees.Where(tree => tree.FilePath != "Usings.cs"))
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var node in tree.GetRoot().DescendantNodes().Where(node => node is SimpleNameSyntax or ExpressionSyntax or AttributeSyntax))
            {
                if (model.GetSymbolInfo(node).Symbol is { ContainingAssembly.Name: "Orleans.Embedded" } symbol && symbol is not INamespaceSymbol
                    && Declaration(symbol).GetDocumentationCommentId() is { } id)
                {
                    yield return (id, $"{Path.GetFileName(tree.FilePath)}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}");
                }
            }
        }
    }

    // As the lists have it: an extension method in full, what an override overrides, a property for its accessors.
    private static ISymbol Declaration(ISymbol symbol)
    {
        symbol = symbol is IMethodSymbol { ReducedFrom: { } extension } ? extension : symbol;
        symbol = symbol is IMethodSymbol { AssociatedSymbol: { } property } ? property : symbol;
        while (symbol is IMethodSymbol { OverriddenMethod: { ContainingAssembly.Name: "Orleans.Embedded" } overridden })
        {
            symbol = overridden;
        }

        return symbol.OriginalDefinition;
    }

    private static List<string> NotInOrleans(IEnumerable<(string Id, string Where)> uses)
    {
        var surface = PublicSurface.Read();
        return [.. uses.Where(use => !surface.Has(use.Id)).Select(use => $"{use.Where} {use.Id}").Distinct()];
    }
}
