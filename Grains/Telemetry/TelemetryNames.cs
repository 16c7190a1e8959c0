using System.Collections.Concurrent;
using System.Text;

namespace Pythia.Grains.Telemetry;

/// <summary>How names of enums stand in labels, attributes and health codes: <c>OutOfFunds</c> is <c>out-of-funds</c>.</summary>
public static class TelemetryNames
{
    private static readonly ConcurrentDictionary<Enum, string> Known = new();

    /// <summary>The name of a member; a value that has none is <c>unknown</c>, so that no peer can make labels up.</summary>
    public static string Of(Enum code)
        => Enum.IsDefined(code.GetType(), code) ? Known.GetOrAdd(code, static c => Kebab(c.ToString())) : "unknown";

    private static string Kebab(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0) text.Append('-');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
