using System.Globalization;
using System.Text;

namespace Pythia.Gateway.Signing;

/// <summary>A token of Structured Fields: like a string, but another type.</summary>
internal sealed record FieldToken(string Text);

/// <summary>A date of Structured Fields, Unix seconds.</summary>
internal sealed record FieldDate(long UnixSeconds);

/// <summary>A display string of Structured Fields: Unicode.</summary>
internal sealed record FieldDisplayString(string Text);

/// <summary>Name and value in the order in which they stand; a value is a bare item.</summary>
internal sealed class FieldParameters
{
    private readonly List<KeyValuePair<string, object>> _entries = [];

    public IReadOnlyList<KeyValuePair<string, object>> Entries => _entries;

    /// <summary>The value, or null if there is none of this name.</summary>
    public object? this[string name] => _entries.Find(entry => entry.Key == name).Value;

    // A name that comes again replaces the value and keeps the place (RFC 9651 section 4.2.3.2).
    public void Set(string name, object value)
    {
        var at = _entries.FindIndex(entry => entry.Key == name);
        if (at < 0) _entries.Add(new(name, value));
        else _entries[at] = new(name, value);
    }
}

/// <summary>A member of a list or dictionary: an item or an inner list.</summary>
internal abstract record FieldMember(FieldParameters Parameters);

/// <param name="Value">long, decimal, string, byte[], bool, <see cref="FieldToken"/>, <see cref="FieldDate"/> or <see cref="FieldDisplayString"/>.</param>
internal sealed record FieldItem(object Value, FieldParameters Parameters) : FieldMember(Parameters);

internal sealed record FieldInnerList(IReadOnlyList<FieldItem> Items, FieldParameters Parameters) : FieldMember(Parameters);

/// <summary>Writes Structured Fields (RFC 9651 section 4.1).</summary>
internal static class StructuredField
{
    private const long MostInteger = 999_999_999_999_999;

    public static string Write(FieldMember member)
        => (member switch
        {
            FieldInnerList list => $"({string.Join(' ', list.Items.Select(Write))})",
            FieldItem item => WriteBare(item.Value),
            _ => throw new ArgumentException($"{member} found, an item or an inner list expected", nameof(member)),
        }) + WriteParameters(member.Parameters);

    public static string WriteDictionary(IEnumerable<KeyValuePair<string, FieldMember>> members)
        => string.Join(", ", members.Select(member => member.Value is FieldItem { Value: true } item
            ? member.Key + WriteParameters(item.Parameters)
            : $"{member.Key}={Write(member.Value)}"));

    public static string WriteBare(object value) => value switch
    {
        long number when number is >= -MostInteger and <= MostInteger => number.ToString(CultureInfo.InvariantCulture),
        decimal number => WriteDecimal(number),
        string text => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        FieldToken token => token.Text,
        byte[] bytes => $":{Convert.ToBase64String(bytes)}:",
        bool yes => yes ? "?1" : "?0",
        FieldDate date => $"@{date.UnixSeconds.ToString(CultureInfo.InvariantCulture)}",
        FieldDisplayString display => WriteDisplay(display.Text),
        _ => throw new ArgumentException($"{value} found, a bare item expected", nameof(value)),
    };

    private static string WriteParameters(FieldParameters parameters)
        => string.Concat(parameters.Entries.Select(entry => entry.Value is true ? $";{entry.Key}" : $";{entry.Key}={WriteBare(entry.Value)}"));

    private static string WriteDecimal(decimal number)
        => Math.Round(number, 3, MidpointRounding.ToEven).ToString("0.0##", CultureInfo.InvariantCulture);

    private static string WriteDisplay(string text)
    {
        var written = new StringBuilder("%\"");
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            if (one is (byte)'%' or (byte)'"' or < 0x20 or >= 0x7f) written.Append(CultureInfo.InvariantCulture, $"%{one:x2}");
            else written.Append((char)one);
        }

        return written.Append('"').ToString();
    }
}
