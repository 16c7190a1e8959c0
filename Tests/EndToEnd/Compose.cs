using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Pythia.Vectors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Pythia.EndToEnd;

/// <summary>A compose file with its anchors resolved.</summary>
internal sealed record Compose(IReadOnlyDictionary<string, ComposeService> Services)
{
    public static Compose Read(string path)
    {
        using var reader = new StreamReader(path);
        var parser = new MergingParser(new Parser(reader));
        parser.Consume<StreamStart>();
        var root = (Dictionary<object, object>)new DeserializerBuilder().Build().Deserialize(parser)!;
        var services = (Dictionary<object, object>)root["services"];
        return new(services.ToDictionary(
            pair => (string)pair.Key, pair => new ComposeService((string)pair.Key, (Dictionary<object, object>)pair.Value), StringComparer.Ordinal));
    }

    /// <summary>Services of an image, with this command if one is named.</summary>
    public IEnumerable<ComposeService> Of(string dockerfile, string? command = null)
        => Services.Values.Where(service => service.Dockerfile == dockerfile && (command is null || service.Command.SequenceEqual([command])));
}

/// <summary>One service.</summary>
internal sealed class ComposeService(string name, Dictionary<object, object> yaml)
{
    public string Name => name;

    public string? Dockerfile => yaml.TryGetValue("build", out var build) ? (string)((Dictionary<object, object>)build)["dockerfile"] : null;

    public IReadOnlyList<string> Command => ListOf("command");

    public IReadOnlyList<string> Ports => ListOf("ports");

    /// <summary>Folders in the container that volumes are mounted at.</summary>
    public IEnumerable<string> Mounts => ListOf("volumes").Select(volume => volume.Split(':')[1]);

    public IEnumerable<string> DependsOn => yaml.TryGetValue("depends_on", out var others) ? ((Dictionary<object, object>)others).Keys.Cast<string>() : [];

    /// <summary>Environment, a map as all services here have it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; } = yaml.TryGetValue("environment", out var environment)
        ? ((Dictionary<object, object>)environment).ToDictionary(pair => (string)pair.Key, pair => (string)pair.Value, StringComparer.Ordinal)
        : [];

    /// <summary>As the program sees it.</summary>
    public IConfiguration Configuration => new ConfigurationBuilder()
        .AddInMemoryCollection(Environment.Select(e => KeyValuePair.Create(e.Key.Replace("__", ":", StringComparison.Ordinal), (string?)e.Value)))
        .Build();

    private IReadOnlyList<string> ListOf(string member) => yaml.TryGetValue(member, out var list) ? [.. ((List<object>)list).Cast<string>()] : [];
}

/// <summary>What of a Dockerfile can be held against the tree.</summary>
internal sealed partial record Dockerfile(IReadOnlyList<string> Copied, IReadOnlyList<string> Exposed, IReadOnlyList<string> EntryPoint, IReadOnlyList<string> Command)
{
    public static Dockerfile Read(string name)
    {
        var lines = System.IO.File.ReadAllLines(Path.Combine(SharedVectors.RepositoryRoot, name));
        return new(
            [.. lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from=", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[1..^1])],
            [.. lines.Where(line => line.StartsWith("EXPOSE ", StringComparison.Ordinal)).SelectMany(line => Digits().Matches(line).Select(match => match.Value))],
            ArrayOf(lines, "ENTRYPOINT "),
            ArrayOf(lines, "CMD "));
    }

    private static string[] ArrayOf(string[] lines, string instruction)
        => lines.LastOrDefault(line => line.StartsWith(instruction, StringComparison.Ordinal)) is { } line
            ? JsonSerializer.Deserialize<string[]>(line[instruction.Length..])!
            : [];

    [GeneratedRegex("[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Digits();
}
