using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Pythia.Silo.Options;

namespace Pythia.Silo.Commands;

/// <summary>
/// Where settings come from, later ones first: <c>--set</c>, environment (<c>Chain__Rpc__0=…</c>), the file of <c>--settings</c>,
/// <c>appsettings.json</c> in the working folder.
/// </summary>
public sealed class SettingsOptions
{
    private readonly Option<DirectoryInfo> _data = new("--data")
    {
        Description = "Folder of the chain's and the grains' state; made if it is missing. Short for --set Data:Folder=….",
        Recursive = true,
    };

    private readonly Option<FileInfo?> _settings = new("--settings") { Description = "A JSON file of settings.", Recursive = true };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "One setting, KEY=VALUE with colons between names, as Chain:Rpc:0=http://127.0.0.1:8545. May be given many times.",
        Recursive = true,
        AllowMultipleArgumentsPerToken = false,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_data);
        command.Options.Add(_settings);
        command.Options.Add(_set);
    }

    /// <exception cref="StartException">A file is missing or no JSON, or a <c>--set</c> has no form.</exception>
    public IConfigurationRoot Read(ParseResult parsed)
    {
        var builder = new ConfigurationBuilder();
        builder.AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true);
        if (parsed.GetValue(_settings) is { } file)
        {
            if (!file.Exists) throw new StartException($"--settings: no file {file.FullName} found", SiloCommandLine.WrongInput);
            builder.AddJsonFile(file.FullName, optional: false);
        }

        builder.AddEnvironmentVariables();
        var given = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (parsed.GetValue(_data) is { } folder) given["Data:Folder"] = folder.FullName;
        foreach (var setting in parsed.GetValue(_set) ?? [])
        {
            var equals = setting.IndexOf('=');
            if (equals <= 0) throw new StartException($"--set: '{setting}' found, KEY=VALUE expected", SiloCommandLine.WrongInput);
            given[setting[..equals]] = setting[(equals + 1)..];
        }

        try
        {
            // The environment is full of others' names; what is written for us is judged by its first name too.
            RefuseUnknownSections(new ConfigurationBuilder().AddInMemoryCollection(given).Build());
            if (parsed.GetValue(_settings) is { } written) RefuseUnknownSections(new ConfigurationBuilder().AddJsonFile(written.FullName, optional: false).Build());
            return builder.AddInMemoryCollection(given).Build();
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new StartException($"settings: {e.Message} {e.InnerException?.Message}".TrimEnd(), SiloCommandLine.WrongInput);
        }
    }

    private static void RefuseUnknownSections(IConfiguration written)
    {
        string[] known = [.. SiloSettings.Sections, "Logging", "Orleans", "ConnectionStrings"];
        var unknown = written.GetChildren().Where(section => !known.Contains(section.Key, StringComparer.OrdinalIgnoreCase)).Select(section => section.Key).ToList();
        if (unknown.Count > 0)
        {
            throw new StartException(
                $"Settings that can't be used:{Environment.NewLine}{string.Join(Environment.NewLine, unknown.Select(name => $"{name}: an unknown section found, one of {string.Join(", ", known)} expected"))}",
                SiloCommandLine.WrongInput);
        }
    }
}
