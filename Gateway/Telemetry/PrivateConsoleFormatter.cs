using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Pythia.Gateway.Telemetry;

/// <summary>Writes as another formatter does, and from Information on shortens what names somebody: an address, and the key of a grain of a device,
/// an owner or a consent, wherever it stands in a message, an exception or a scope. Digests of intents and hashes of blocks stay whole.</summary>
/// <remarks>Our own events name nobody (a test holds them to it); this is for the engine's, the web server's, and the words of exceptions.</remarks>
internal sealed partial class PrivateConsoleFormatter(string inner, IServiceProvider services) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "pythia";

    private readonly Lazy<ConsoleFormatter> _inner = new(() => services.GetServices<ConsoleFormatter>().Single(f => f.Name == inner));

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (logEntry.LogLevel < LogLevel.Information)
        {
            _inner.Value.Write(logEntry, scopeProvider, textWriter);
            return;
        }

        using var line = new StringWriter();
        _inner.Value.Write(logEntry, scopeProvider, line);
        textWriter.Write(Shorten(line.ToString()));
    }

    /// <summary>Leaves the first four digits, enough to tell two lines of one thing.</summary>
    public static string Shorten(string line) => Personal().Replace(line, "${kept}…");

    // 0x and 40 digits, no more; or any key behind the name of a grain and a chain id: device/31337/0x…
    [GeneratedRegex("(?<kept>0x[0-9a-fA-F]{4})[0-9a-fA-F]{36}(?![0-9a-fA-F])|(?<=[a-z]/[0-9]+/)(?<kept>0x[0-9a-fA-F]{4})[0-9a-fA-F]{36,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Personal();
}
