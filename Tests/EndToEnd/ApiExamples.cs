using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Pythia.Vectors;

namespace Pythia.EndToEnd;

/// <summary>The examples of <c>docs/api/calls.md</c>, by language.</summary>
internal static class ApiExamples
{
    private const string Head = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using System.Net;
        using System.Net.Http;
        using System.Net.Http.Json;
        using System.Security.Cryptography;
        using System.Text;
        using System.Text.Json.Nodes;
        using System.Threading.Tasks;
        using Orleans;
        using Pythia.Contracts.Keys;
        using Pythia.Contracts.Registries;
        using Pythia.Ethereum;
        using Pythia.Grains;
        using Pythia.Grains.Mirror;
        using Pythia.Grains.Policies;

        public static class Examples
        {
            public static async Task RunAsync(HttpClient http, string api, IGrainFactory grains)
            {

        """;

    public static string Page { get; } = File.ReadAllText(Path.Combine(SharedVectors.RepositoryRoot, "docs", "api", "calls.md"));

    /// <summary>All blocks of a language in their order, as one text.</summary>
    public static string Read(string language)
    {
        var text = new StringBuilder();
        var inside = false;
        foreach (var line in Page.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) inside = !inside && line == $"```{language}";
            else if (inside) text.Append(line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The C# examples as one method, compiled against what this test is built with.</summary>
    public static Func<HttpClient, string, IGrainFactory, Task> Compile()
    {
        var source = $"{Head}{Read("csharp")}\n    }}\n}}\n";
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "Examples", [CSharpSyntaxTree.ParseText(source)], references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        var errors = result.Diagnostics.Where(found => found.Severity is DiagnosticSeverity.Error).ToList();
        if (errors.Count > 0) throw new InvalidOperationException(string.Join('\n', errors));

        return Assembly.Load(assembly.ToArray()).GetType("Examples")!.GetMethod("RunAsync")!.CreateDelegate<Func<HttpClient, string, IGrainFactory, Task>>();
    }
}
