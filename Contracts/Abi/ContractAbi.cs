using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>A contract's functions, events and errors, from the JSON that the compiler writes.</summary>
public sealed class ContractAbi
{
    // Solidity's own: Error(string) of require, Panic(uint256) of failed checks.
    private static readonly AbiError RequireError = AbiError.Parse("Error(string message)");
    private static readonly AbiError Panic = AbiError.Parse("Panic(uint256 code)");

    private readonly FrozenDictionary<string, AbiFunction> _functions;
    private readonly FrozenDictionary<string, AbiEvent> _events;
    private readonly FrozenDictionary<Hash32, AbiEvent> _eventsByTopic;
    private readonly FrozenDictionary<string, AbiError> _errors;

    public ContractAbi(IEnumerable<AbiFunction> functions, IEnumerable<AbiEvent> events, IEnumerable<AbiError> errors, ImmutableArray<AbiParameter> constructor)
    {
        Constructor = constructor;
        Functions = [.. functions];
        Events = [.. events.DistinctBy(e => e.Topic)];
        Errors = [.. errors.DistinctBy(e => e.Signature)];
        _functions = ByNameAndSignature(Functions, f => f.Name, f => f.Signature);
        _events = ByNameAndSignature(Events, e => e.Name, e => e.Signature);
        _errors = Errors.DistinctBy(e => Hex.Format(e.Selector)).ToFrozenDictionary(e => Hex.Format(e.Selector));
        _eventsByTopic = Events.ToFrozenDictionary(e => e.Topic);
    }

    public ImmutableArray<AbiFunction> Functions { get; }

    public ImmutableArray<AbiEvent> Events { get; }

    public ImmutableArray<AbiError> Errors { get; }

    /// <summary>The constructor's parameters.</summary>
    public ImmutableArray<AbiParameter> Constructor { get; }

    /// <summary>Reads the compiler's JSON: an array of functions, events, errors and one constructor.</summary>
    /// <exception cref="FormatException">A part has no name or a type that is none.</exception>
    public static ContractAbi Parse(JsonElement abi)
    {
        var functions = new List<AbiFunction>();
        var events = new List<AbiEvent>();
        var errors = new List<AbiError>();
        ImmutableArray<AbiParameter> constructor = [];
        foreach (var item in abi.EnumerateArray())
        {
            switch (item.GetProperty("type").GetString())
            {
                case "function": functions.Add(new AbiFunction(NameOf(item), Parameters(item, "inputs"), Parameters(item, "outputs"))); break;
                case "event": events.Add(new AbiEvent(NameOf(item), Parameters(item, "inputs"))); break;
                case "error": errors.Add(new AbiError(NameOf(item), Parameters(item, "inputs"))); break;
                case "constructor": constructor = Parameters(item, "inputs"); break;
                default: break; // fallback, receive
            }
        }

        return new ContractAbi(functions, events, errors, constructor);
    }

    /// <inheritdoc cref="Parse(JsonElement)"/>
    public static ContractAbi Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Parse(document.RootElement);
    }

    /// <summary>A function by its name, or by its signature where names are shared.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or the name has several.</exception>
    public AbiFunction Function(string nameOrSignature)
        => _functions.TryGetValue(nameOrSignature, out var function) ? function : throw new KeyNotFoundException($"function {nameOrSignature} not found (or it has several signatures)");

    /// <summary>An event by its name, or by its signature where names are shared.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or the name has several.</exception>
    public AbiEvent Event(string nameOrSignature)
        => _events.TryGetValue(nameOrSignature, out var found) ? found : throw new KeyNotFoundException($"event {nameOrSignature} not found (or it has several signatures)");

    /// <summary>The event of a log's first topic.</summary>
    public bool TryFindEvent(Hash32 topic, [NotNullWhen(true)] out AbiEvent? found) => _eventsByTopic.TryGetValue(topic, out found);

    /// <summary>The error whose data this is, with its values: one of the contract's, <c>Error(string)</c> or <c>Panic(uint256)</c>.</summary>
    public bool TryDecodeError(ReadOnlySpan<byte> revertData, [NotNullWhen(true)] out AbiError? error, out AbiValues values)
    {
        error = null;
        values = new AbiValues([], []);
        if (revertData.Length < AbiFunction.SelectorSize) return false;

        var candidate = revertData.StartsWith(RequireError.Selector) ? RequireError
            : revertData.StartsWith(Panic.Selector) ? Panic
            : _errors.GetValueOrDefault(Hex.Format(revertData[..AbiFunction.SelectorSize]));
        if (candidate is null || !candidate.TryDecode(revertData, out values, out _)) return false;

        error = candidate;
        return true;
    }

    /// <summary>What a revert said, for people: <c>ConsentUnknown(id: 0x…)</c>, a text of require, a panic by its meaning, or the bare bytes.</summary>
    public string DescribeRevert(ReadOnlySpan<byte> revertData)
    {
        if (revertData.IsEmpty) return "reverted without a reason";
        if (!TryDecodeError(revertData, out var error, out var values)) return $"reverted with {Hex.Format(revertData[..Math.Min(revertData.Length, 132)])}";
        if (ReferenceEquals(error, RequireError)) return values.Text(0);
        return ReferenceEquals(error, Panic) ? $"Panic: {PanicMeaning(values.Integer(0))}" : $"{error.Name}{values}";
    }

    // docs.soliditylang.org, "Panic via assert and Error via require".
    private static string PanicMeaning(BigInteger code) => (code > 0xff ? 0 : (int)code) switch
    {
        0x01 => "assertion failed",
        0x11 => "arithmetic overflow",
        0x12 => "division by zero",
        0x21 => "value outside an enum",
        0x22 => "damaged storage array",
        0x31 => "pop of an empty array",
        0x32 => "index outside an array",
        0x41 => "too much memory",
        0x51 => "call of an unset function",
        _ => $"code {code}",
    };

    private static FrozenDictionary<string, T> ByNameAndSignature<T>(ImmutableArray<T> items, Func<T, string> name, Func<T, string> signature)
    {
        var byKey = items.ToDictionary(signature);
        foreach (var group in items.GroupBy(name).Where(g => g.Count() == 1)) byKey[group.Key] = group.Single();
        return byKey.ToFrozenDictionary();
    }

    private static string NameOf(JsonElement item) => item.GetProperty("name").GetString() ?? throw new FormatException("null found, a name expected");

    private static ImmutableArray<AbiParameter> Parameters(JsonElement item, string member)
        => item.TryGetProperty(member, out var list) ? [.. list.EnumerateArray().Select(p => Parameter(p, 0))] : [];

    private static AbiParameter Parameter(JsonElement json, int depth)
    {
        if (depth > AbiType.MaxDepth) throw new FormatException($"components more than {AbiType.MaxDepth} deep found");

        var text = json.GetProperty("type").GetString() ?? string.Empty;
        AbiType type;
        if (text.StartsWith("tuple", StringComparison.Ordinal))
        {
            type = AbiType.Tuple([.. json.GetProperty("components").EnumerateArray().Select(c => Parameter(c, depth + 1))]);
            foreach (var length in AbiType.Parse($"bool{text[5..]}").ArrayLengths()) type = AbiType.Array(type, length);
        }
        else
        {
            type = AbiType.Parse(text);
        }

        var indexed = json.TryGetProperty("indexed", out var flag) && flag.GetBoolean();
        return new AbiParameter(json.TryGetProperty("name", out var name) ? name.GetString() ?? string.Empty : string.Empty, type, indexed);
    }
}
