using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Pythia.Embedded.Generator.Serialization;
using Pythia.Embedded.Serialization;
using Pythia.Embedded.Tests.Diagnostics;
using Shouldly;

namespace Pythia.Embedded.Tests.Serialization;

/// <summary>What the generator writes compiles and works for forms that are not the usual record.</summary>
public sealed class GeneratorTests
{
    private const string Unusual = """
        namespace @event.In
        {
            [GenerateSerializer, Alias("u.Keyword")] public sealed record Keyword([property: Id(0)] int @class, [property: Id(1)] string @namespace);
            public static class Outer
            {
                public class Middle { [GenerateSerializer, Alias("u.Nested")] internal sealed record Nested([property: Id(0)] Keyword? Inner); }
            }
            [GenerateSerializer, Alias("u.Constrained`2")]
            public sealed class Constrained<T, U> where T : struct, IComparable<T> where U : class, new() { [Id(0)] public T A { get; private set; } [Id(9)] internal U? B; [Id(4294967295)] public T? C { get; init; } }
            [GenerateSerializer, Alias("u.Required")] public sealed record Required { [Id(0)] public required string A { get; init; } [Id(1)] public required int B { get; set; } }
            [GenerateSerializer, Alias("u.Field")] public sealed class WithField { [Id(0)] public int A { get => field; set => field = value < 0 ? throw new ArgumentException("negative") : value; } }
            [GenerateSerializer, Alias("u.Empty")] public readonly record struct Empty;
            [GenerateSerializer, Alias("u.Only")] public readonly struct Only { [Id(0)] public readonly int A; public Only(int a) => A = a; }
            [GenerateSerializer, Alias("u.Mode")] public enum Mode : ulong { A = ulong.MaxValue }
            [GenerateSerializer, Alias("u.Problem")] public class Problem(string message) : Exception(message) { [Id(0)] public Mode Mode { get; set; } }
            [GenerateSerializer, Alias("u.Worse")] public sealed class Worse(string message) : Problem(message) { [Id(0)] public Only Only { get; set; } }
        }
        public static class Values
        {
            public static object[] All() => new object[]
            {
                new @event.In.Keyword(1, "n"), new @event.In.Outer.Middle.Nested(new @event.In.Keyword(2, "m")), new @event.In.Required { A = "a", B = 3 },
                new @event.In.Constrained<int, List<int>> { B = new() { 1 }, C = 5 }, new @event.In.WithField { A = 4 }, new @event.In.Empty(),
                new @event.In.Only(7), @event.In.Mode.A, new @event.In.Worse("w") { Mode = @event.In.Mode.A, Only = new(8) },
            };
        }
        """;

    [Fact]
    public void Generate_UnusualForms_CompileAndRoundTrip()
    {
        var assembly = Load(Sources.Compile(Unusual), out var image);
        image.Length.ShouldBeGreaterThan(0);
        var values = ValuesOf(assembly);
        values.Length.ShouldBe(9);
        foreach (var value in values)
        {
            var read = MessageSerializer.Deserialize<object>(MessageSerializer.Serialize<object>(value));
            Describe(read).ShouldBe(Describe(value));
            Describe(MessageCopier.Copy<object>(value)).ShouldBe(Describe(value));
        }
    }

    [Fact]
    public void Generate_SetterThatRefuses_IsMalformed()
    {
        var assembly = Load(Sources.Compile("""[GenerateSerializer, Alias("r.M")] public sealed class M { [Id(0)] public int A { get => field; set => field = value < 0 ? throw new ArgumentException("negative") : value; } }""").WithAssemblyName("SampleSetter"), out _);
        assembly.GetType("M").ShouldNotBeNull();
        // 02 another type "r.M"; member 0 as varint: zigzag -1; end of level.
        byte[] bytes = [2, 4, (byte)'r', (byte)'.', (byte)'M', 2, 1, 0];
        var thrown = Should.Throw<MalformedMessageException>(() => MessageSerializer.Deserialize<object>(bytes));
        thrown.Reason.ShouldBe(MalformedReason.ValueRefused);
        thrown.InnerException.ShouldBeOfType<ArgumentException>().Message.ShouldBe("negative");
    }

    [Fact]
    public void Generate_BaseOfAnotherAssembly_KeepsItsPrivateMembers()
    {
        var parent = Sources.Compile("""
            [GenerateSerializer, Alias("b.Base")] public abstract class Base { protected Base(int a, string b) { A = a; B = b; } [Id(0)] public int A { get; } [Id(1)] public string B { get; private set; } }
            """).WithAssemblyName("SampleBase");
        Load(parent, out var image);
        var child = Sources.Compile(
            """
            [GenerateSerializer, Alias("b.Child")] public sealed class Child : Base { public Child(int a, string b, long c) : base(a, b) => C = c; [Id(0)] public long C { get; } }
            public static class Values { public static object[] All() => new object[] { new Child(1, "b", 3) }; }
            """,
            MetadataReference.CreateFromImage(image)).WithAssemblyName("SampleChild");
        var value = ValuesOf(Load(child, out _)).Single();
        Describe(MessageSerializer.Deserialize<object>(MessageSerializer.Serialize<object>(value))).ShouldBe("A=1 B=b C=3");
    }

    [Fact]
    public async Task Generate_ConverterOfAnotherAssembly_IsKnownToTheDiagnostics()
    {
        var parent = Sources.Compile("""
            public sealed class Foreign { public int V; }
            [GenerateSerializer, Alias("c.S")] public struct S { [Id(0)] public int V { get; set; } }
            [RegisterConverter] public sealed class C : IConverter<Foreign, S> { public Foreign ConvertFromSurrogate(in S s) => new() { V = s.V }; public S ConvertToSurrogate(in Foreign v) => new() { V = v.V }; }
            """).WithAssemblyName("SampleConverter");
        Load(parent, out var image);
        var child = Sources.Compile("""[GenerateSerializer, Alias("c.M")] public sealed record M([property: Id(0)] Foreign F);""", MetadataReference.CreateFromImage(image));
        (await Sources.AnalyzeAsync(child)).ShouldBeEmpty();
    }

    [Fact]
    public void Generate_UnrelatedEdit_WritesNothingAgain()
    {
        var compilation = Sources.Compile(Unusual);
        var options = new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true);
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new SerializationGenerator().AsSourceGenerator()], parseOptions: Sources.Options, driverOptions: options);
        driver = driver.RunGenerators(compilation);
        driver.GetRunResult().GeneratedTrees.Length.ShouldBeGreaterThan(8);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("public class Unrelated;", Sources.Options)));
        driver.GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs)
            .ShouldAllBe(output => output.Reason == IncrementalStepRunReason.Cached);
    }

    private static Assembly Load(CSharpCompilation compilation, out byte[] image)
    {
        var (generated, _) = Sources.Generate(compilation);
        using var stream = new MemoryStream();
        var result = generated.Emit(stream);
        result.Diagnostics.Where(diagnostic => diagnostic.Severity is DiagnosticSeverity.Error).ShouldBeEmpty();
        image = stream.ToArray();
        stream.Position = 0;
        var assembly = AssemblyLoadContext.Default.LoadFromStream(stream);
        System.Runtime.CompilerServices.RuntimeHelpers.RunModuleConstructor(assembly.ManifestModule.ModuleHandle);
        return assembly;
    }

    private static object[] ValuesOf(Assembly assembly) => (object[])assembly.GetType("Values")!.GetMethod("All")!.Invoke(null, null)!;

    /// <summary>All readable members by name, and an exception's message.</summary>
    private static string Describe(object value)
    {
        if (value.GetType().IsEnum)
        {
            return value.ToString()!;
        }

        var members = value.GetType().GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(member => member.IsDefined(typeof(IdAttribute)) && member is PropertyInfo or FieldInfo { IsPrivate: false })
            .OrderBy(member => member.Name, StringComparer.Ordinal)
            .Select(member => $"{member.Name}={Text(member is PropertyInfo property ? property.GetValue(value) : ((FieldInfo)member).GetValue(value))}");
        return string.Join(' ', value is Exception exception ? members.Prepend(exception.Message) : members);
    }

    private static string? Text(object? value) => value switch
    {
        null => "null",
        System.Collections.IEnumerable many and not string => string.Join(',', many.Cast<object>()),
        _ when value.GetType().IsDefined(typeof(GenerateSerializerAttribute)) && !value.GetType().IsEnum => $"({Describe(value)})",
        _ => value.ToString(),
    };
}
