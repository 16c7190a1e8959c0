using System.Globalization;
using System.Text;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Pythia.Gateway.Telemetry;

/// <summary>The tags of a measurement as they came: the key by which a recording finds its series without allocating.</summary>
internal sealed class TagSet(Tag[] tags)
{
    public ReadOnlySpan<Tag> Tags => tags;

    /// <summary>As labels, in the order of their names, escaped: <c>chain="1",verdict="accepted"</c>. Two tags that end as one label have
    /// their values joined.</summary>
    public static string ToLabels(ReadOnlySpan<Tag> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var (name, text) = (MetricName.Label(key), ToText(value));
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{text}" : text;
        }

        var line = new StringBuilder();
        foreach (var (name, text) in labels)
        {
            if (line.Length > 0) line.Append(',');
            line.Append(name).Append("=\"");
            Escape(line, text, quotes: true);
            line.Append('"');
        }

        return line.ToString();
    }

    /// <summary>Backslash and line feed, and quotes where they end the text, as both formats have them. What is no Unicode becomes U+FFFD.</summary>
    public static void Escape(StringBuilder line, string text, bool quotes)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\\' => line.Append(@"\\"),
                '\n' => line.Append(@"\n"),
                '"' when quotes => line.Append("\\\""),
                _ => line.Append(rune.ToString()),
            };
        }
    }

    private static string ToText(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Compares by content, also with tags that are not a set yet.</summary>
    public sealed class Comparer : IEqualityComparer<TagSet>, IAlternateEqualityComparer<ReadOnlySpan<Tag>, TagSet>
    {
        public static readonly Comparer Instance = new();

        public bool Equals(TagSet? x, TagSet? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.Tags, y));

        public int GetHashCode(TagSet obj) => GetHashCode(obj.Tags);

        public bool Equals(ReadOnlySpan<Tag> alternate, TagSet other)
        {
            var tags = other.Tags;
            if (alternate.Length != tags.Length) return false;

            for (var i = 0; i < tags.Length; i++)
            {
                if (!string.Equals(alternate[i].Key, tags[i].Key, StringComparison.Ordinal) || !object.Equals(alternate[i].Value, tags[i].Value)) return false;
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<Tag> alternate)
        {
            var hash = default(HashCode);
            foreach (var (key, value) in alternate)
            {
                hash.Add(key, StringComparer.Ordinal);
                hash.Add(value);
            }

            return hash.ToHashCode();
        }

        public TagSet Create(ReadOnlySpan<Tag> alternate) => new(alternate.ToArray());
    }
}
