using System.CommandLine;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Pythia.Gateway.Settings;
using Pythia.Silo.Options;

namespace Pythia.Silo.Commands;

/// <summary><c>config</c>: the settings that would hold, each with where it comes from; secrets are not shown. Starts nothing.</summary>
public static class ConfigCommand
{
    public static Command Build()
    {
        var command = new Command("config", "Prints every setting with its value and where it comes from; secrets are not shown. Starts nothing.");
        var settings = new SettingsOptions();
        settings.AddTo(command);
        command.SetAction(parsed => Print(settings.Read(parsed), Console.Out));
        return command;
    }

    /// <summary>One line a setting: key, value, source, with tabs between. What can't be used is a <see cref="StartException"/>, as for <c>run</c>.</summary>
    public static int Print(IConfigurationRoot configuration, TextWriter output)
    {
        SiloSettings.Read(configuration);
        foreach (var (section, type) in SiloSettings.Types)
        {
            foreach (var (key, property, value) in Walk(type, Activator.CreateInstance(type)!, section))
            {
                foreach (var line in Lines(configuration, key, property, value)) output.WriteLine(line);
            }
        }

        return SiloCommandLine.AllHolds;
    }

    private static IEnumerable<string> Lines(IConfigurationRoot configuration, string key, PropertyInfo property, object? @default)
    {
        var secret = property.IsDefined(typeof(SecretAttribute));
        var written = configuration.GetSection(key).AsEnumerable().Where(setting => !string.IsNullOrEmpty(setting.Value)).OrderBy(s => s.Key, StringComparer.Ordinal).ToList();
        if (written.Count == 0)
        {
            yield return $"{key}\t{Show(@default)}\tdefault";
            yield break;
        }

        foreach (var (path, value) in written) yield return $"{path}\t{(secret ? "(a secret)" : WithoutKey(value!))}\t{SourceOf(configuration, path)}";
    }

    private static IEnumerable<(string Key, PropertyInfo Property, object? Default)> Walk(Type type, object defaults, string path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length > 0 || (property.SetMethod is null && !property.PropertyType.IsGenericType)) continue;

            var (key, value) = ($"{path}:{property.Name}", property.GetValue(defaults));
            var isSection = value is not null && property.PropertyType is { IsClass: true, IsGenericType: false } && property.PropertyType != typeof(string);
            if (!isSection) yield return (key, property, value);
            else
            {
                foreach (var below in Walk(property.PropertyType, value!, key)) yield return below;
            }
        }
    }

    // A node's path, query or user may be an access key.
    private static string WithoutKey(string value)
        => Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && (url.PathAndQuery.Length > 1 || url.UserInfo.Length > 0)
            ? $"{url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}/…"
            : value;

    private static string Show(object? value) => value switch
    {
        null or "" or System.Collections.ICollection => "",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    // The last provider that has it wins.
    private static string SourceOf(IConfigurationRoot configuration, string key)
        => configuration.Providers.LastOrDefault(provider => provider.TryGet(key, out _)) switch
        {
            FileConfigurationProvider file => file.Source.FileProvider?.GetFileInfo(file.Source.Path ?? "").PhysicalPath ?? file.Source.Path ?? "a file",
            Microsoft.Extensions.Configuration.EnvironmentVariables.EnvironmentVariablesConfigurationProvider => "environment",
            Microsoft.Extensions.Configuration.Memory.MemoryConfigurationProvider => "command line",
            { } other => other.ToString() ?? "",
            null => "",
        };
}
