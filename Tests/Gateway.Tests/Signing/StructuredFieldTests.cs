using System.Globalization;
using System.Text.Json.Nodes;
using Pythia.Gateway.Signing;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests.Signing;

/// <summary>The HTTP working group's own tests of Structured Fields: what is read, what is refused, and what is written.</summary>
public sealed class StructuredFieldTests
{
    private static readonly string Folder = Path.Combine(SharedVectors.RepositoryRoot, "Tests", "Vectors", "structured-fields");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Vectors_AreReadWrittenAndRefused(string file)
    {
        var records = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!.AsArray();

        records.Count.ShouldBeGreaterThan(2);
        foreach (var record in records) Check(record!.AsObject(), file);
    }

    private static void Check(JsonObject record, string file)
    {
        var name = $"{file}: {record["name"]}";
        var raw = string.Join(", ", record["raw"]!.AsArray().Select(line => (string)line!));
        var written = Read((string)record["header_type"]!, raw, out var found);
        if (written is null)
        {
            ((bool?)record["must_fail"] == true || (bool?)record["can_fail"] == true).ShouldBeTrue($"{name}: refused, expected to be read");
            return;
        }

        record["must_fail"].ShouldBeNull($"{name}: read, expected to be refused");
        Same(found, record["expected"]).ShouldBeTrue($"{name}: {found?.ToJsonString()} found, {record["expected"]?.ToJsonString()} expected");
        var canonical = (record["canonical"] ?? record["raw"])!.AsArray().Select(line => (string)line!);
        written.ShouldBe(string.Join(", ", canonical), name);
    }

    private static string? Read(string type, string raw, out JsonNode? found)
    {
        found = null;
        switch (type)
        {
            case "item":
                if (!StructuredFieldParser.TryReadItem(raw, out var item)) return null;
                found = Show(item);
                return StructuredField.Write(item);
            case "list":
                if (!StructuredFieldParser.TryReadList(raw, out var list)) return null;
                found = new JsonArray([.. list.Select(Show)]);
                return string.Join(", ", list.Select(StructuredField.Write));
            default:
                if (!StructuredFieldParser.TryReadDictionary(raw, out var dictionary)) return null;
                found = new JsonArray([.. dictionary.Select(member => (JsonNode)new JsonArray(member.Key, Show(member.Value)))]);
                return StructuredField.WriteDictionary(dictionary);
        }
    }

    private static JsonNode Show(FieldMember member)
    {
        var parameters = new JsonArray([.. member.Parameters.Entries.Select(entry => (JsonNode)new JsonArray(entry.Key, ShowBare(entry.Value)))]);
        return member is FieldInnerList list
            ? new JsonArray(new JsonArray([.. list.Items.Select(Show)]), parameters)
            : new JsonArray(ShowBare(((FieldItem)member).Value), parameters);
    }

    private static JsonNode ShowBare(object value) => value switch
    {
        long number => JsonValue.Create(number),
        decimal number => JsonValue.Create(number),
        bool yes => JsonValue.Create(yes),
        string text => JsonValue.Create(text),
        FieldToken token => Typed("token", token.Text),
        byte[] bytes => Typed("binary", Base32(bytes)),
        FieldDate date => Typed("date", date.UnixSeconds),
        FieldDisplayString display => Typed("displaystring", display.Text),
        _ => throw new ArgumentException($"{value}", nameof(value)),
    };

    private static JsonObject Typed(string type, JsonNode value) => new() { ["__type"] = type, ["value"] = value };

    // 1 and 1.0 are the same number in the vectors' JSON.
    private static bool Same(JsonNode? found, JsonNode? expected) => (found, expected) switch
    {
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second)),
        (JsonObject a, JsonObject b) => a.Count == b.Count && a.All(member => Same(member.Value, b[member.Key])),
        (JsonValue a, JsonValue b) when decimal.TryParse($"{a}", NumberStyles.Float, CultureInfo.InvariantCulture, out var x)
            && decimal.TryParse($"{b}", NumberStyles.Float, CultureInfo.InvariantCulture, out var y) => x == y,
        _ => JsonNode.DeepEquals(found, expected),
    };

    // The vectors write bytes in base 32 (RFC 4648 section 6).
    private static string Base32(byte[] bytes)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new System.Text.StringBuilder();
        var (buffer, bits) = (0, 0);
        foreach (var one in bytes)
        {
            (buffer, bits) = ((buffer << 8) | one, bits + 8);
            for (; bits >= 5; bits -= 5) text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            buffer &= (1 << bits) - 1;
        }

        if (bits > 0) text.Append(Alphabet[(buffer << (5 - bits)) & 31]);
        while (text.Length % 8 != 0) text.Append('=');
        return text.ToString();
    }
}
