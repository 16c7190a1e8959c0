using Microsoft.CodeAnalysis;

namespace Pythia.Embedded.Generator.Diagnostics;

/// <summary>
/// What real Orleans refuses: ORLEANS ids and their meaning are those of its analyzers and generator (dotnet/orleans, src/Orleans.Analyzers
/// and src/Orleans.CodeGenerator), PYTHIA ids are what it would refuse only while running.
/// </summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor InterleaveOnClass = Error(
        "ORLEANS0001", "[AlwaysInterleave] is for the method of the grain interface", "{0}.{1} has [AlwaysInterleave]: it counts on the interface's method only");

    public static readonly DiagnosticDescriptor ByReference = Error(
        "ORLEANS0002", "A grain call takes no ref, in or out parameters", "parameter {0} of {1} is passed by reference: a call may leave the process");

    public static readonly DiagnosticDescriptor NoId = Error(
        "ORLEANS0004", "A member of a message says its [Id], or that it is [NonSerialized]", "{0}.{1} has neither [Id] nor [NonSerialized]: it would silently be lost");

    public static readonly DiagnosticDescriptor AbstractOrStatic = Error(
        "ORLEANS0006", "An abstract or static member can't be written", "{0}.{1} is {2} and has an [Id]: it holds nothing that could be written");

    public static readonly DiagnosticDescriptor InterfaceProperty = Error(
        "ORLEANS0008", "A grain interface has no properties", "{0}.{1} is a property: a grain is asked by calls");

    public static readonly DiagnosticDescriptor ReturnType = Error(
        "ORLEANS0009",
        "A grain call returns Task, ValueTask, IAsyncEnumerable or nothing",
        "{0}.{1} returns {2}: expected void, Task, Task<T>, ValueTask, ValueTask<T> or IAsyncEnumerable<T>");

    public static readonly DiagnosticDescriptor NoAlias = Warning(
        "ORLEANS0010", "Grain interfaces, their methods and messages are pinned by [Alias]", "{0} has no [Alias]: renaming it would break what runs and what is stored");

    public static readonly DiagnosticDescriptor SameAlias = Error(
        "ORLEANS0011", "An alias is unique", "alias {0} of {1} is that of {2} too");

    public static readonly DiagnosticDescriptor SameId = Error(
        "ORLEANS0012", "An id is unique in its type", "[Id({0})] of {1}.{2} is that of {3} too");

    public static readonly DiagnosticDescriptor AttributeOnGrain = Error(
        "ORLEANS0013", "A grain class has no [Alias] or [GenerateSerializer]", "{0} is a grain class and has [{1}]: a grain class is pinned by [GrainType], and no message");

    public static readonly DiagnosticDescriptor LeavesScheduler = Error(
        "ORLEANS0014", "Grain code comes back to its scheduler", "ConfigureAwait without ContinueOnCapturedContext in {0}: the rest would run beside other calls of the grain");

    public static readonly DiagnosticDescriptor NoSetter = Error(
        "ORLEANS0101", "A member of a message can be set", "{0}.{1} has an [Id] and neither a setter nor a field of its own: it can't be read back");

    public static readonly DiagnosticDescriptor Inaccessible = Error(
        "ORLEANS0107", "A message is accessible in its assembly", "{0} is private, local to its file or nested in a generic type: generated code can't reach it");

    public static readonly DiagnosticDescriptor ManyTokens = Error(
        "ORLEANS0109", "A grain call takes one CancellationToken", "{0}.{1} takes {2} of type CancellationToken, expected at most one");

    public static readonly DiagnosticDescriptor MemberWithoutCodec = Error(
        "PYTHIA0001", "A member of a message has a codec", "{0}.{1} holds {2}, which has no codec: use a BCL type or one with [GenerateSerializer]");

    public static readonly DiagnosticDescriptor CallWithoutCodec = Error(
        "PYTHIA0002", "What crosses a grain call has a codec", "{0} of {1}.{2} holds {3}, which has no codec: GetGrain of the interface would throw");

    public static readonly DiagnosticDescriptor ExceptionWithoutCodec = Error(
        "PYTHIA0003", "An exception of a grain has a codec", "{0} has no [GenerateSerializer]: it would arrive as CodecNotFoundException");

    public static readonly DiagnosticDescriptor StateWithoutCodec = Error(
        "PYTHIA0004", "The state of a grain has a codec", "state {0} of {1} holds {2}, which has no codec: mark it [GenerateSerializer]");

    public static readonly DiagnosticDescriptor MutableInImmutable = Error(
        "PYTHIA0005",
        "An [Immutable] message holds nothing that can be changed",
        "{0}.{1} holds {2}, which both sides of a call could change: use an immutable collection or drop [Immutable]");

    public static readonly DiagnosticDescriptor OldTimer = Error(
        "PYTHIA0006", "RegisterTimer is obsolete", "{0} calls RegisterTimer, whose callbacks interleave with calls: use RegisterGrainTimer");

    public static readonly DiagnosticDescriptor ImplicitId = Error(
        "PYTHIA0007", "Ids are written out", "{0} of {1} has an id only by its position or name: write [property: Id(n)]");

    public static readonly DiagnosticDescriptor BaseWithoutCodec = Error(
        "PYTHIA0008", "The base of a message is a message", "{0} derives from {1}, which has members and no [GenerateSerializer]: they would be lost");

    private static DiagnosticDescriptor Error(string id, string title, string message)
        => new(id, title, message, "Usage", DiagnosticSeverity.Error, isEnabledByDefault: true);

    private static DiagnosticDescriptor Warning(string id, string title, string message)
        => new(id, title, message, "Usage", DiagnosticSeverity.Warning, isEnabledByDefault: true);
}
