using System.Collections.Immutable;
using System.Text.Json;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Policies;

/// <summary>Reads a policy file and collects every mistake in it: an unknown member, a value of another form, an entry that names no code or two.</summary>
internal sealed class PolicyReader
{
    private const int MaxBytes = 1 << 20;
    private const int HashDigits = 64;
    private const int PpidDigits = 32;
    private const int MrTdDigits = 96;
    private const int KeyDigits = 2 * QuoteTrust.KeyBytes;

    private static readonly ImmutableHashSet<string> PolicyMembers =
        ["roots", "crls", "statuses", "advisories", "minimumEvaluationNumber", "platforms", "configurations", "debug", "measurements"];

    private static readonly ImmutableHashSet<string> MeasurementMembers =
        ["name", "mrenclave", "mrsigner", "isvProdId", "minimumIsvSvn", "mrtd", "mrservicetd", "statuses", "advisories", "configurations", "debug"];

    private static readonly ImmutableArray<string> CodeMembers = ["mrenclave", "mrsigner", "mrtd"];

    private readonly List<string> _mistakes = [];

    public static QuotePolicy Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxBytes) throw new QuotePolicyException($"policy: {json.Length} bytes found, {MaxBytes} at most expected");

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            var reader = new PolicyReader();
            var policy = reader.ReadPolicy(document.RootElement);
            return reader._mistakes.Count == 0 ? policy : throw new QuotePolicyException(string.Join(Environment.NewLine, reader._mistakes));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: text that is no UTF-8
        {
            throw new QuotePolicyException($"policy: no JSON object whose members are there once: {e.Message}");
        }
    }

    private QuotePolicy ReadPolicy(JsonElement root)
    {
        var strict = QuotePolicy.Strict;
        if (!CheckMembers("policy", root, PolicyMembers)) return strict;

        return strict with
        {
            Trust = ReadRoots(root) ?? strict.Trust,
            CrlsRequired = !string.Equals(ReadWord("crls", root, ["required", "optional"]), "optional", StringComparison.Ordinal),
            Statuses = ReadStatuses("statuses", root) ?? strict.Statuses,
            Advisories = ReadTexts("advisories", root),
            MinimumEvaluationNumber = ReadNumber("minimumEvaluationNumber", root, int.MaxValue),
            Platforms = ReadHexes("platforms", root, PpidDigits),
            Configurations = ReadHexes("configurations", root, HashDigits),
            DebugAllowed = ReadFlag("debug", root),
            Measurements = root.TryGetProperty("measurements", out var measurements) ? ReadMeasurements(measurements) : null,
        };
    }

    private ImmutableArray<AllowedMeasurement> ReadMeasurements(JsonElement measurements)
        => [.. Items("measurements", measurements).Select((entry, i) => ReadMeasurement($"measurements[{i}]", entry))];

    private AllowedMeasurement ReadMeasurement(string path, JsonElement entry)
    {
        if (!CheckMembers(path, entry, MeasurementMembers)) return new AllowedMeasurement();

        var read = new AllowedMeasurement
        {
            Name = ReadText(path + ".name", "name", entry),
            MrEnclave = ReadHex(path, "mrenclave", entry, HashDigits),
            MrSigner = ReadHex(path, "mrsigner", entry, HashDigits),
            IsvProdId = ReadNumber("isvProdId", entry, ushort.MaxValue, path),
            MinimumIsvSvn = ReadNumber("minimumIsvSvn", entry, ushort.MaxValue, path),
            MrTd = ReadHex(path, "mrtd", entry, MrTdDigits),
            MrServiceTd = ReadHex(path, "mrservicetd", entry, MrTdDigits),
            Statuses = ReadStatuses("statuses", entry, path),
            Advisories = ReadTexts("advisories", entry, path),
            Configurations = ReadHexes("configurations", entry, HashDigits, path),
            DebugAllowed = ReadFlag("debug", entry, path),
        };
        string[] codes = [.. CodeMembers.Where(name => entry.TryGetProperty(name, out _))];
        Expect(codes.Length == 1, $"{path}: {(codes.Length == 0 ? "none" : string.Join(" and ", codes))} found, one of mrenclave, mrsigner and mrtd expected");
        var isBySigner = codes is ["mrsigner"];
        Expect(
            isBySigner == read.IsvProdId is not null && isBySigner == read.MinimumIsvSvn is not null,
            $"{path}: isvProdId and minimumIsvSvn are expected beside mrsigner, and nowhere else");
        Expect(read.MrServiceTd is null || codes is ["mrtd"], $"{path}: mrservicetd is expected beside mrtd, and nowhere else");
        Expect(read.MrServiceTd?.All(digit => digit == '0') is not true, $"{path}: mrservicetd: zeros found, a service domain's value expected, or nothing where none is bound");
        return read;
    }

    private QuoteTrust? ReadRoots(JsonElement root)
    {
        if (!root.TryGetProperty("roots", out var roots)) return null;

        var keys = new List<ReadOnlyMemory<byte>>();
        foreach (var item in Items("roots", roots))
        {
            var text = item.ValueKind == JsonValueKind.String ? item.GetString()! : "";
            if (text == "intel") keys.AddRange(QuoteTrust.Intel.RootKeys);
            else if (IsHex(text, KeyDigits)) keys.Add(Convert.FromHexString(text));
            else _mistakes.Add($"roots: {item.GetRawText()} found, \"intel\" or {KeyDigits} lower-case hex digits (x and y) expected");
        }

        Expect(keys.Count > 0 || _mistakes.Count > 0, "roots: none found, one or more expected");
        return keys.Count > 0 ? QuoteTrust.Of([.. keys]) : null;
    }

    private ImmutableHashSet<TcbStatus>? ReadStatuses(string name, JsonElement parent, string path = "")
    {
        if (!parent.TryGetProperty(name, out var items)) return null;

        var found = ImmutableHashSet.CreateBuilder<TcbStatus>();
        foreach (var item in Items(Path(path, name), items))
        {
            if (item.ValueKind == JsonValueKind.String && TcbStatuses.TryParse(item.GetString(), out var status)) found.Add(status.Value);
            else _mistakes.Add($"{Path(path, name)}: {item.GetRawText()} found, one of {string.Join(", ", Enum.GetNames<TcbStatus>())} expected");
        }

        Expect(!found.Contains(TcbStatus.Revoked), $"{Path(path, name)}: Revoked found, which nothing allows");
        return found.ToImmutable();
    }

    private ImmutableHashSet<string>? ReadHexes(string name, JsonElement parent, int digits, string path = "")
    {
        if (ReadTexts(name, parent, path) is not { } texts) return null;

        foreach (var text in texts) Expect(IsHex(text, digits), $"{Path(path, name)}: \"{text}\" found, {digits} lower-case hex digits expected");
        return texts;
    }

    private ImmutableHashSet<string>? ReadTexts(string name, JsonElement parent, string path = "")
    {
        if (!parent.TryGetProperty(name, out var items)) return null;

        var found = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var item in Items(Path(path, name), items))
        {
            if (item.ValueKind == JsonValueKind.String) found.Add(item.GetString()!);
            else _mistakes.Add($"{Path(path, name)}: {item.GetRawText()} found, a string expected");
        }

        return found.ToImmutable();
    }

    private string? ReadHex(string path, string name, JsonElement parent, int digits)
    {
        var text = ReadText(Path(path, name), name, parent);
        Expect(text is null || IsHex(text, digits), $"{Path(path, name)}: \"{text}\" found, {digits} lower-case hex digits expected");
        return text;
    }

    private string? ReadWord(string name, JsonElement parent, string[] words)
    {
        var text = ReadText(name, name, parent);
        Expect(text is null || words.Contains(text, StringComparer.Ordinal), $"{name}: \"{text}\" found, {string.Join(" or ", words)} expected");
        return text;
    }

    private string? ReadText(string path, string name, JsonElement parent)
    {
        if (!parent.TryGetProperty(name, out var found)) return null;
        if (found.ValueKind == JsonValueKind.String) return found.GetString();

        _mistakes.Add($"{path}: {found.GetRawText()} found, a string expected");
        return null;
    }

    private int? ReadNumber(string name, JsonElement parent, int max, string path = "")
    {
        if (!parent.TryGetProperty(name, out var found)) return null;
        if (found.ValueKind == JsonValueKind.Number && found.TryGetInt32(out var number) && number >= 0 && number <= max) return number;

        _mistakes.Add($"{Path(path, name)}: {found.GetRawText()} found, a number from 0 to {max} expected");
        return null;
    }

    private bool ReadFlag(string name, JsonElement parent, string path = "")
    {
        if (!parent.TryGetProperty(name, out var found)) return false;

        Expect(found.ValueKind is JsonValueKind.True or JsonValueKind.False, $"{Path(path, name)}: {found.GetRawText()} found, true or false expected");
        return found.ValueKind == JsonValueKind.True;
    }

    private JsonElement[] Items(string path, JsonElement array)
    {
        if (array.ValueKind == JsonValueKind.Array) return [.. array.EnumerateArray()];

        _mistakes.Add($"{path}: {array.ValueKind} found, an array expected");
        return [];
    }

    private bool CheckMembers(string path, JsonElement element, ImmutableHashSet<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            _mistakes.Add($"{path}: {element.ValueKind} found, an object expected");
            return false;
        }

        foreach (var member in element.EnumerateObject()) Expect(known.Contains(member.Name), $"{path}: member \"{member.Name}\" is unknown");
        return true;
    }

    private void Expect(bool holds, string mistake)
    {
        if (!holds) _mistakes.Add(mistake);
    }

    private static bool IsHex(string text, int digits) => text.Length == digits && text.All(char.IsAsciiHexDigitLower);

    private static string Path(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
