namespace Pythia.Embedded.Tests.Diagnostics;

/// <summary>A broken form, the text that is pointed at, and the right form.</summary>
internal sealed record RuleCase(string Id, string At, string Bad, string Good);

/// <summary>At least one case for each rule.</summary>
internal static class RuleCases
{
    private const string Interface = """[Alias("i")] public interface IThing : IGrainWithStringKey { [Alias("A")] Task AAsync(); }""";

    private const string Foreign = "public sealed class Foreign { public int Value; }";

    public static IReadOnlyList<RuleCase> All { get; } =
    [
        .. Interfaces, .. Messages, .. Aliases, .. Grains, .. Codecs,
    ];

    /// <summary>Forms that must pass although they look like broken ones.</summary>
    public static IReadOnlyList<string> Clean { get; } =
    [
        """[GenerateSerializer, Alias("m")] public sealed class M { [Id(0)] private readonly int _a; [field: NonSerialized] public int B { get; set; } public int A => _a; public M(int a) => _a = a; }""",
        """[GenerateSerializer, Alias("m")] public record struct M([property: Id(0)] (int A, string? B)? Pair, [property: Id(1)] Dictionary<string, List<byte[]>> Map, [property: Id(2)] ReadOnlyMemory<byte> Bytes);""",
        """[GenerateSerializer, Alias("p")] public sealed record Page<T>([property: Id(0)] List<T> Items); [GenerateSerializer, Alias("q")] public sealed record Q([property: Id(0)] Page<int> Page, [property: Id(1)] Exception? Error, [property: Id(2)] object? Any);""",
        """[Alias("o")] public interface IListener : IGrainObserver { [Alias("T")] void Told(string what); } [Alias("g")] public interface IG : IGrainWithStringKey { [Alias("S")] Task SubscribeAsync(IListener listener, IG other, CancellationToken cancellationToken); [Alias("C")] IAsyncEnumerable<int> CountAsync(); [Alias("V")] ValueTask<int?> VAsync(); }""",
        $"{Interface} public sealed class Thing : Grain, IThing {{ public async Task AAsync() {{ await Task.Yield(); await Task.Delay(1).ConfigureAwait(true); throw new ArgumentException(); }} }}",
        "public sealed class OrdinaryException : Exception; public class Helper { public async Task RunAsync() => await Task.Delay(1).ConfigureAwait(false); }",
        """public interface IHidden; [GenerateSerializer, Alias("m")] public sealed record M([property: Id(0)] IHidden? Hidden, [property: Id(1)] DayOfWeek Day);""",
        $$"""{{Foreign}} [GenerateSerializer, Alias("s")] public readonly struct S { [Id(0)] public int V { get; init; } } [RegisterConverter] public sealed class C : IConverter<Foreign, S> { public Foreign ConvertFromSurrogate(in S s) => new(); public S ConvertToSurrogate(in Foreign v) => default; } [GenerateSerializer, Alias("m")] public sealed record M([property: Id(0)] Foreign F);""",
    ];

    private static RuleCase[] Interfaces =>
    [
        new("ORLEANS0002", "value", In("Task AAsync(ref int value)"), In("Task AAsync(int value)")),
        new("ORLEANS0002", "value", In("Task AAsync(in int value)"), In("Task AAsync(int value)")),
        new("ORLEANS0008", "Count", In("int Count { get; }", alias: false), In("Task<int> CountAsync()")),
        new("ORLEANS0009", "AAsync", In("int AAsync()"), In("Task<int> AAsync()")),
        new("ORLEANS0009", "AAsync", In("List<Task> AAsync()"), In("void AAsync()")),
        new("ORLEANS0109", "AAsync", In("Task AAsync(CancellationToken a, CancellationToken b)"), In("Task AAsync(int n, CancellationToken a)")),
    ];

    private static RuleCase[] Messages =>
    [
        new("ORLEANS0004", "B", Message("[Id(0)] public int A { get; init; } public int B { get; init; }"), Message("[Id(0)] public int A { get; init; } public int B => A;")),
        new("ORLEANS0004", "_b", Message("[Id(0)] public int A { get; init; } private int _b; public int B() => _b++;"), Message("[Id(0)] private int _b; public int B() => _b++;")),
        new("ORLEANS0006", "Id(0)", Message("[Id(0)] public static int A { get; set; }"), Message("public static int A { get; set; }")),
        new(
            "ORLEANS0006",
            "Id(0)",
            """[GenerateSerializer, Alias("m")] public abstract class M { [Id(0)] public abstract int A { get; set; } }""",
            """[GenerateSerializer, Alias("m")] public abstract class M { public abstract int A { get; set; } }"""),
        new("ORLEANS0012", "Id(0)", Message("[Id(0)] public int A { get; init; } [Id(0)] public int B { get; init; }"), Message("[Id(0)] public int A { get; init; } [Id(1)] public int B { get; init; }")),
        new("ORLEANS0101", "A", Message("[Id(0)] public int A => 1;"), Message("[Id(0)] public int A { get; } = 1;")),
        new(
            "ORLEANS0107",
            "M",
            """public class Outer { [GenerateSerializer, Alias("m")] private sealed record M([property: Id(0)] int A); }""",
            """public class Outer { [GenerateSerializer, Alias("m")] public sealed record M([property: Id(0)] int A); }"""),
        new(
            "PYTHIA0007",
            "A",
            """[GenerateSerializer, Alias("m")] public sealed record M(int A);""",
            """[GenerateSerializer, Alias("m")] public sealed record M([property: Id(0)] int A);"""),
        new(
            "PYTHIA0008",
            "M",
            """public class B { public int X { get; set; } } [GenerateSerializer, Alias("m")] public sealed class M : B;""",
            """[GenerateSerializer, Alias("b")] public class B { [Id(0)] public int X { get; set; } } [GenerateSerializer, Alias("m")] public sealed class M : B;"""),
    ];

    private static RuleCase[] Aliases =>
    [
        new("ORLEANS0010", "IThing", "public interface IThing : IGrainWithStringKey;", """[Alias("i")] public interface IThing : IGrainWithStringKey;"""),
        new("ORLEANS0010", "AAsync", In("Task AAsync()", alias: false), In("Task AAsync()")),
        new("ORLEANS0010", "M", "[GenerateSerializer] public sealed record M([property: Id(0)] int A);", """[GenerateSerializer, Alias("m")] public sealed record M([property: Id(0)] int A);"""),
        new(
            "ORLEANS0011",
            "Alias(\"m\")",
            """[GenerateSerializer, Alias("m")] public sealed record M; [GenerateSerializer, Alias("m")] public sealed record N;""",
            """[GenerateSerializer, Alias("m")] public sealed record M; [GenerateSerializer, Alias("n")] public sealed record N;"""),
        new(
            "ORLEANS0011",
            "Alias(\"A\")",
            """[Alias("i")] public interface IThing : IGrainWithStringKey { [Alias("A")] Task AAsync(); [Alias("A")] Task BAsync(); }""",
            """[Alias("i")] public interface IThing : IGrainWithStringKey { [Alias("A")] Task AAsync(); [Alias("B")] Task BAsync(); }"""),
    ];

    private static RuleCase[] Grains =>
    [
        new("ORLEANS0001", "AlwaysInterleave", Grain("[AlwaysInterleave] public Task AAsync() => Task.CompletedTask;"), Grain("public Task AAsync() => Task.CompletedTask;")),
        new("ORLEANS0013", "Alias(\"g\")", Marked("[Alias(\"g\")]"), Marked("[GrainType(\"g\")]")),
        new("ORLEANS0013", "GenerateSerializer", Marked("[GenerateSerializer]"), Marked("")),
        new(
            "ORLEANS0014",
            "Task.Delay(1).ConfigureAwait(false)",
            Grain("public async Task AAsync() => await Task.Delay(1).ConfigureAwait(false);"),
            Grain("public async Task AAsync() => await Task.Delay(1);")),
        new(
            "ORLEANS0014",
            "Task.Delay(1).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)",
            Grain("public async Task AAsync() => await Task.Delay(1).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);"),
            Grain("public async Task AAsync() => await Task.Delay(1).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);")),
        new(
            "PYTHIA0006",
            "RegisterTimer",
            Grain("public Task AAsync() { RegisterTimer(_ => Task.CompletedTask, null, TimeSpan.Zero, TimeSpan.Zero); return Task.CompletedTask; }"),
            Grain("public Task AAsync() { this.RegisterGrainTimer(_ => Task.CompletedTask, new GrainTimerCreationOptions(TimeSpan.Zero, TimeSpan.FromSeconds(1))); return Task.CompletedTask; }")),
    ];

    private static RuleCase[] Codecs =>
    [
        new("PYTHIA0001", "A", Foreign + Message("[Id(0)] public Foreign? A { get; init; }"), Message("[Id(0)] public string? A { get; init; }")),
        new("PYTHIA0001", "A", Message("[Id(0)] public List<System.Text.Json.JsonElement>? A { get; init; }"), Message("[Id(0)] public List<string>? A { get; init; }")),
        new(
            "PYTHIA0001",
            "Inner",
            Foreign + """[GenerateSerializer, Immutable, Alias("m")] public sealed record Hidden([property: Id(0)] Foreign Inner);""",
            """[GenerateSerializer, Immutable, Alias("m")] public sealed record Hidden([property: Id(0)] string Inner);"""),
        new("PYTHIA0001", "A", Message("[Id(0)] public Action? A { get; init; }"), Message("[Id(0)] public Uri? A { get; init; }")),
        new("PYTHIA0001", "A", Message("[Id(0)] public int[,]? A { get; init; }"), Message("[Id(0)] public int[][]? A { get; init; }")),
        new("PYTHIA0001", "A", Message("[Id(0)] public ReadOnlyMemory<int> A { get; init; }"), Message("[Id(0)] public ReadOnlyMemory<byte> A { get; init; }")),
        new("PYTHIA0002", "value", Foreign + In("Task AAsync(Foreign value)"), In("Task AAsync(string value)")),
        new("PYTHIA0002", "AAsync", Foreign + In("Task<IReadOnlyList<Foreign>> AAsync()"), In("Task<IReadOnlyList<string>> AAsync()")),
        new("PYTHIA0002", "AAsync", In("Task<System.Text.Json.JsonElement> AAsync()"), In("Task<string> AAsync()")),
        new(
            "PYTHIA0003",
            "BadException",
            Interface + "public sealed class BadException : Exception;",
            Interface + """[GenerateSerializer, Alias("bad")] public sealed class BadException : Exception;"""),
        new(
            "PYTHIA0003",
            "throw new Shouldly.ShouldAssertException(\"x\");",
            Grain("public Task AAsync() { throw new Shouldly.ShouldAssertException(\"x\"); }"),
            Grain("public Task AAsync() { throw new InvalidOperationException(\"x\"); }")),
        new(
            "PYTHIA0004",
            "state",
            Foreign + Interface + "public sealed class Thing([PersistentState(\"s\")] IPersistentState<Foreign> state) : Grain, IThing { public Task AAsync() => state.WriteStateAsync(); }",
            Message("[Id(0)] public int A { get; init; }") + Interface + "public sealed class Thing([PersistentState(\"s\")] IPersistentState<M> state) : Grain, IThing { public Task AAsync() => state.WriteStateAsync(); }"),
        new("PYTHIA0005", "A", Unchangeable("byte[] A"), Unchangeable("ImmutableArray<byte> A")),
        new("PYTHIA0005", "A", Unchangeable("ImmutableArray<List<int>> A"), Unchangeable("ImmutableArray<ImmutableList<int>> A")),
        new("PYTHIA0005", "A", Unchangeable("IReadOnlyDictionary<string, int> A"), Unchangeable("ImmutableDictionary<string, int> A")),
    ];

    private static string Marked(string attribute) => $"{Interface} {attribute} public sealed class Thing : Grain, IThing {{ public Task AAsync() => Task.CompletedTask; }}";

    private static string In(string member, bool alias = true)
        => $$"""[Alias("i")] public interface IThing : IGrainWithStringKey { {{(alias ? "[Alias(\"A\")] " : "")}}{{member}}{{(member.EndsWith('}') ? "" : ";")}} }""";

    private static string Message(string members) => $$"""[GenerateSerializer, Alias("m")] public sealed class M { {{members}} }""";

    private static string Unchangeable(string member) => $"[GenerateSerializer, Immutable, Alias(\"m\")] public sealed record M([property: Id(0)] {member});";

    private static string Grain(string member) => $$"""{{Interface}} public sealed class Thing : Grain, IThing { {{member}} }""";
}
