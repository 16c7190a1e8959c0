using Microsoft.CodeAnalysis;

namespace Pythia.Embedded.Generator.References;

/// <summary>What a method returns, and so which request class carries it and how its reference answers.</summary>
internal sealed class Answer
{
    private readonly string _kind;
    private readonly string? _result;

    private Answer(string kind, string? result = null)
    {
        _kind = kind;
        _result = result;
    }

    /// <summary>The request's base class, without its namespace.</summary>
    public string Base => _result is null ? _kind + "Request" : $"{_kind}Request<{_result}>";

    public bool IsVoid => _kind == "Void";

    public bool IsSequence => _kind == "Sequence";

    public static Answer Of(IMethodSymbol method)
    {
        if (method.ReturnsVoid)
        {
            return new Answer("Void");
        }

        var type = (INamedTypeSymbol)method.ReturnType;
        var result = type.TypeArguments.Length == 1
            ? type.TypeArguments[0].ToDisplayString(
                SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier))
            : null;
        return type.OriginalDefinition.MetadataNameWithNamespace() switch
        {
            "System.Threading.Tasks.ValueTask" => new Answer("ValueTask"),
            "System.Threading.Tasks.ValueTask`1" => new Answer("ValueTask", result),
            "System.Collections.Generic.IAsyncEnumerable`1" => new Answer("Sequence", result),
            "System.Threading.Tasks.Task`1" => new Answer("Task", result),
            _ => new Answer("Task"),
        };
    }

    /// <summary>The statements of the reference's method.</summary>
    public IEnumerable<string> Send(string call, string copies, string? token)
    {
        var request = $"new {call}({copies})";
        var sent = token is null ? $"Send({request})" : $"Send({request}, {token})";
        return (_kind, _result) switch
        {
            ("Void", _) => [$"_ = {sent};"],
            ("Sequence", _) => [$"return Enumerate<{_result}>(() => {request}, {token ?? "default"});"],
            ("ValueTask", null) => [$"return new global::System.Threading.Tasks.ValueTask({sent});"],
            ("ValueTask", _) => [$"return new global::System.Threading.Tasks.ValueTask<{_result}>({sent});"],
            _ => [$"return {sent};"],
        };
    }
}
