using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Enclave.Attestation.Passports;

/// <summary>A policy file that can't be used; the message names every mistake.</summary>
public sealed class PassportPolicyException(string message) : Exception(message);

/// <summary>
/// Reads a verifier's policy (docs/operations/passports.md): <c>{"quote":{…},"operators":[{"name":"…","platforms":["ppid"]}],"operatorOfOthers":"…",
/// "anchors":["…"],"developmentAnchor":false}</c>; <c>quote</c> is what <see cref="QuotePolicy.Read"/> reads. A member that is not known is a mistake.
/// </summary>
public static class PassportPolicyFile
{
    private const int PpidBytes = 16;

    /// <param name="json">UTF-8.</param>
    /// <exception cref="PassportPolicyException">It is no policy; the message names every mistake.</exception>
    public static PassportPolicy Read(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new PassportPolicyException($"no JSON, or a member twice: {e.Message}");
        }

        using (document)
        {
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new Reading().Read(document.RootElement)
                : throw new PassportPolicyException($"{document.RootElement.ValueKind} found, an object expected");
        }
    }

    private sealed class Reading
    {
        private readonly List<string> _mistakes = [];

        public PassportPolicy Read(JsonElement root)
        {
            QuotePolicy? quote = null;
            var operators = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            string? others = null;
            ImmutableHashSet<string> anchors = [];
            var development = false;
            foreach (var member in root.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "quote": quote = ReadQuote(member.Value); break;
                    case "operators": ReadOperators(member.Value, operators); break;
                    case "operatorOfOthers": others = ReadName("operatorOfOthers", member.Value); break;
                    case "anchors": anchors = [.. ReadHexes("anchors", member.Value, Passport.HashBytes)]; break;
                    case "developmentAnchor": development = ReadBoolean("developmentAnchor", member.Value); break;
                    default: _mistakes.Add($"{member.Name}: not known; quote, operators, operatorOfOthers, anchors or developmentAnchor expected"); break;
                }
            }

            if (quote is null && !_mistakes.Exists(mistake => mistake.StartsWith("quote", StringComparison.Ordinal))) _mistakes.Add("quote: none found, an object expected");
            if (others is not null && operators.ContainsValue(others)) _mistakes.Add($"operatorOfOthers: {others} found, which is in operators too; a name of its own expected");
            return _mistakes.Count > 0
                ? throw new PassportPolicyException(string.Join("; ", _mistakes))
                : new PassportPolicy
                {
                    Quote = quote!,
                    Operators = operators.ToImmutable(),
                    OperatorOfOthers = others,
                    Anchors = anchors,
                    DevelopmentAnchorAllowed = development,
                };
        }

        private QuotePolicy? ReadQuote(JsonElement value)
        {
            try
            {
                return QuotePolicy.Read(Encoding.UTF8.GetBytes(value.GetRawText()));
            }
            catch (QuotePolicyException e)
            {
                _mistakes.Add($"quote: {e.Message}");
                return null;
            }
        }

        // A platform has one operator, and an operator one entry: whoever writes two has made a mistake that must not decide by its order.
        private void ReadOperators(JsonElement list, ImmutableDictionary<string, string>.Builder operators)
        {
            if (list.ValueKind != JsonValueKind.Array)
            {
                _mistakes.Add($"operators: {list.ValueKind} found, an array expected");
                return;
            }

            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (at, entry) in list.EnumerateArray().Index())
            {
                var place = $"operators[{at}]";
                if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("name", out var nameValue) || !entry.TryGetProperty("platforms", out var platforms) || entry.EnumerateObject().Count() != 2)
                {
                    _mistakes.Add($"{place}: exactly name and platforms expected");
                    continue;
                }

                var name = ReadName($"{place}.name", nameValue);
                if (name is not null && !names.Add(name)) _mistakes.Add($"{place}.name: {name} found a second time");
                foreach (var ppid in ReadHexes($"{place}.platforms", platforms, PpidBytes))
                {
                    if (!operators.TryAdd(ppid, name ?? "")) _mistakes.Add($"{place}.platforms: {ppid} found a second time; a platform has one operator");
                }
            }
        }

        private string? ReadName(string place, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.String && value.GetString() is { } name && Passport.IsOperator(name)) return name;

            _mistakes.Add($"{place}: {value.GetRawText()} found, 1 to {Passport.MostOperatorCharacters} of a-z, 0-9, dot and hyphen expected");
            return null;
        }

        private List<string> ReadHexes(string place, JsonElement list, int bytes)
        {
            var found = new List<string>();
            if (list.ValueKind != JsonValueKind.Array)
            {
                _mistakes.Add($"{place}: {list.ValueKind} found, an array expected");
                return found;
            }

            foreach (var value in list.EnumerateArray())
            {
                if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length == 2 * bytes && text.All(char.IsAsciiHexDigit)) found.Add(text.ToLowerInvariant());
                else _mistakes.Add($"{place}: {value.GetRawText()} found, {2 * bytes} hex digits expected");
            }

            return found;
        }

        private bool ReadBoolean(string place, JsonElement value)
        {
            if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) _mistakes.Add($"{place}: {value.GetRawText()} found, true or false expected");
            return value.ValueKind == JsonValueKind.True;
        }
    }
}
