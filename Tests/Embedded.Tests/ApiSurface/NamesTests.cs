using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Pythia.Embedded.Tests.Diagnostics;
using Pythia.Vectors;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Embedded.Tests.ApiSurface;

/// <summary>
/// Where Orleans is referenced its namespaces are used everywhere. A type of ours with the name of one of its types, found through a using of the
/// same rank, compiles with this engine as long as it lacks that type, and is ambiguous (CS0104) with Orleans itself.
/// </summary>
public sealed class NamesTests(ITestOutputHelper output)
{
    private static readonly string[] Global = ["Orleans", "Orleans.Hosting", "Orleans.Runtime"];

    [VectorFact(PublicSurface.Main, below: "reference")]
    public void Sources_NameThatOrleansHasToo_IsSaidInFull()
    {
        var sources = Files("*.cs").Select(file => new Source(file, File.ReadAllText(file))).ToList();
        var folders = Files("*.csproj")
            .Where(project => File.ReadAllText(project).Contains("<UsesOrleans>true", StringComparison.Ordinal))
            .Select(project => Path.GetDirectoryName(project) + Path.DirectorySeparatorChar)
            .ToList();
        var found = Ambiguous(sources, source => folders.Exists(folder => source.Path.StartsWith(folder, StringComparison.Ordinal))).ToList();
        output.WriteLine($"{sources.Count} files, {folders.Count} projects with Orleans, {OrleansNames().Count} names of its global namespaces");
        folders.Count.ShouldBeGreaterThan(5);
        found.ShouldBeEmpty(string.Join('\n', found));
    }

    [VectorFact(PublicSurface.Main, below: "reference")]
    public void Sources_NameThroughAUsing_IsFoundAndAnAliasIsNot()
    {
        var ours = new Source("Ours.cs", "namespace Ours; public sealed class Request;");
        var through = new Source("Through.cs", "using Ours; namespace Theirs; class User { Request? Asked; }");
        var alias = new Source("Alias.cs", "using Ours; using Request = Ours.Request; namespace Theirs; class Aliased { Request? Asked; }");
        var inside = new Source("Inside.cs", "namespace Ours.Deeper; class Inner { Request? Asked; }");
        var member = new Source("Member.cs", "using Ours; namespace Theirs; class Member { object? Of(dynamic context) => context.Request; }");
        Ambiguous([ours, through, alias, inside, member], _ => true).ShouldBe(["Through.cs:1: Request is Ours.Request here and in Orleans"]);
    }

    private static IEnumerable<string> Ambiguous(IReadOnlyList<Source> sources, Func<Source, bool> usesOrleans)
    {
        var names = OrleansNames();
        var ours = sources.SelectMany(source => source.Types()).Where(type => names.Contains(type.Name)).ToLookup(type => type.Name, type => type.Namespace, StringComparer.Ordinal);
        foreach (var source in sources.Where(usesOrleans))
        {
            foreach (var use in source.Names().Where(use => ours.Contains(use.Identifier.ValueText)))
            {
                if (source.FindThroughUsing(use.Identifier.ValueText, ours[use.Identifier.ValueText]) is { } space)
                {
                    yield return $"{source.Path}:{use.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {use.Identifier.ValueText} is {space}.{use.Identifier.ValueText} here and in Orleans";
                }
            }
        }
    }

    private static IEnumerable<string> Files(string pattern)
        => Directory.EnumerateFiles(SharedVectors.RepositoryRoot, pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(SharedVectors.RepositoryRoot, file).Split(Path.DirectorySeparatorChar).Intersect(["artifacts", "node_modules", "Orleans.Embedded"]).Any());

    private static HashSet<string> OrleansNames()
        => [.. PublicSurface.Read().Types.Select(type => (Space: type[..type.LastIndexOf('.')], Name: type[(type.LastIndexOf('.') + 1)..]))
            .Where(type => Global.Contains(type.Space, StringComparer.Ordinal)).Select(type => type.Name)];

    private sealed class Source(string path, string text)
    {
        private readonly CompilationUnitSyntax _root = CSharpSyntaxTree.ParseText(text, Sources.Options, path).GetCompilationUnitRoot();

        public string Path => path;

        public IEnumerable<(string Namespace, string Name)> Types()
            => _root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
                .Where(type => type.Parent is BaseNamespaceDeclarationSyntax && type is not TypeDeclarationSyntax { Arity: > 0 })
                .Select(type => (((BaseNamespaceDeclarationSyntax)type.Parent!).Name.ToString(), type.Identifier.ValueText));

        /// <summary>Names that are looked up where they stand: no members of something, no names of arguments or members being set.</summary>
        public IEnumerable<IdentifierNameSyntax> Names()
            => _root.DescendantNodes(node => node is not UsingDirectiveSyntax).OfType<IdentifierNameSyntax>()
                .Where(name => name.Parent is not (NameColonSyntax or NameEqualsSyntax or BaseNamespaceDeclarationSyntax)
                    && !(name.Parent is MemberAccessExpressionSyntax access && access.Name == name)
                    && !(name.Parent is MemberBindingExpressionSyntax)
                    && !(name.Parent is AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax } assignment && assignment.Left == name)
                    && !(name.Parent is QualifiedNameSyntax qualified && qualified.Right == name)
                    && !Members().Contains(name.Identifier.ValueText));

        /// <summary>The one of these namespaces that the file sees the name in by a using only; null if it has an alias or lives inside.</summary>
        public string? FindThroughUsing(string name, IEnumerable<string> spaces)
        {
            var list = spaces.ToList();
            var own = _root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().Select(space => space.Name.ToString()).FirstOrDefault("");
            var usings = _root.Usings.Where(use => use.Alias is null).Select(use => use.Name!.ToString());
            var hasAlias = _root.Usings.Any(use => use.Alias?.Name.Identifier.ValueText == name);
            return hasAlias || list.Exists(space => own == space || own.StartsWith(space + ".", StringComparison.Ordinal)) ? null : usings.FirstOrDefault(list.Contains);
        }

        // A property of this name is what an expression means by it.
        private HashSet<string> Members()
            => [.. _root.DescendantNodes().OfType<PropertyDeclarationSyntax>().Select(property => property.Identifier.ValueText)];
    }
}
