using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pythia.Gateway.OpenApi;

/// <summary>Makes JSON schemas (draft 2020-12, as OpenAPI 3.1 has them) of the types that are written by <see cref="GatewayJson"/>.</summary>
internal sealed class ApiSchemas
{
    private readonly SortedDictionary<string, JsonNode?> _components = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly NullabilityInfoContext _nullability = new();

    /// <summary>Schemas by name, for <c>#/components/schemas</c>.</summary>
    public JsonObject ToComponents() => new(_components.Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));

    public void Add(string name, JsonObject schema) => _components[name] = schema;

    /// <summary>A reference for a record, the schema itself for anything else.</summary>
    public JsonObject Of(object schema) => schema switch
    {
        Type type => OfType(type),
        string name when _components.ContainsKey(name) => Reference(name),
        string form => ApiForms.Of(form),
        _ => throw new ArgumentException($"{schema} found, a type or a name expected", nameof(schema)),
    };

    public static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private JsonObject OfType(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return new() { ["type"] = "string" };
        if (type == typeof(bool)) return new() { ["type"] = "boolean" };
        if (type == typeof(JsonObject)) return new() { ["type"] = "object" };
        if (type.IsEnum) return new() { ["type"] = "string", ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)JsonNamingPolicy.CamelCase.ConvertName(name))]) };
        if (MostOf(type) is { } range) return new() { ["type"] = "integer", ["minimum"] = range.Least, ["maximum"] = range.Most };
        if (type.IsAssignableTo(typeof(IEnumerable))) return new() { ["type"] = "array", ["items"] = OfType(type.GetGenericArguments()[0]) };

        var name = NameOf(type);
        if (_components.TryAdd(name, null))
        {
            _types[name] = type;
            _components[name] = OfRecord(type);
        }

        return _types.GetValueOrDefault(name) == type
            ? Reference(name)
            : throw new InvalidOperationException($"schema {name} found for two types, one of them {type}: rename it");
    }

    // Views are never written with null members: what has no value is left out.
    private JsonObject OfRecord(Type type)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            properties[name] = ApiForms.OfMember(name, OfType(property.PropertyType));
            if (_nullability.Create(property).ReadState == NullabilityState.NotNull) required.Add(name);
        }

        return new() { ["type"] = "object", ["properties"] = properties, ["required"] = required };
    }

    private static (JsonNode Least, JsonNode Most)? MostOf(Type type)
        => type == typeof(int) ? (int.MinValue, int.MaxValue)
            : type == typeof(uint) ? (0, uint.MaxValue)
            : type == typeof(long) ? (long.MinValue, long.MaxValue)
            : type == typeof(ulong) ? (0, ulong.MaxValue)
            : null;

    // DeviceView and DeviceJson are Device; Page<HistoryEntryJson> is HistoryEntryPage.
    private static string NameOf(Type type)
    {
        if (type.IsGenericType) return NameOf(type.GetGenericArguments()[0]) + type.Name[..type.Name.IndexOf('`')].Replace("Json", "", StringComparison.Ordinal);

        foreach (var ending in (ReadOnlySpan<string>)["Json", "View"])
        {
            if (type.Name.EndsWith(ending, StringComparison.Ordinal)) return type.Name[..^ending.Length];
        }

        return type.Name;
    }
}
