using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Pythia.Contracts.JsonRpc;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Gateway;
using Pythia.Grains;
using Pythia.Silo.Options;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.EndToEnd.Operations;

/// <summary>Every log event of the program has an id of its own in its part's range, names nobody from Information on, and stands in docs/operations/logs.md.</summary>
public sealed partial class LogEventTests
{
    // What may not be a value of an event from Information on: it would be a device, an owner, or hold one. Grain and Target are the engine's,
    // which knows no better; the console cuts them.
    private static readonly string[] Personal =
        ["Subject", "Device", "DeviceId", "Owner", "Signer", "Grantee", "Manufacturer", "Address", "Consent", "Caller", "Client", "Ip", "RemoteAddress", "Path", "Url", "Body"];

    private static readonly (Assembly Assembly, (int First, int Last)[] Ranges)[] Parts =
    [
        (typeof(GrainKeys).Assembly, []),
        (typeof(PythiaGrainsExtensions).Assembly, [(1000, 1999), (4000, 4499)]),
        (typeof(GatewayOptions).Assembly, [(2000, 2999), (3300, 3399)]),
        (typeof(EnclaveOptions).Assembly, [(3000, 3999)]),
        (typeof(EnclaveSupervisor).Assembly, [(3400, 3499)]),
        (Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "enclave", "pythia-enclave.dll")), [(3400, 3499)]),
        (typeof(JsonRpcClient).Assembly, [(4500, 4999)]),
        (typeof(SiloSettings).Assembly, [(6000, 6999)]),
        .. EngineParts.All,
    ];

    private static readonly LogEvent[] Events = [.. Parts.SelectMany(p => Find(p.Assembly))];

    [Fact]
    public void Events_Ids_AreUniqueAndOfTheirPartsRange()
    {
        Events.Length.ShouldBeGreaterThan(40);
        Events.Select(e => e.Id).ShouldBeUnique();
        foreach (var (assembly, ranges) in Parts)
        {
            Find(assembly).ShouldAllBe(e => ranges.Any(r => e.Id >= r.First && e.Id <= r.Last), assembly.GetName().Name);
        }
    }

    [Fact]
    public void Events_FromInformationOn_NameNobody()
        => Events.Where(e => e.Level >= LogLevel.Information)
            .SelectMany(e => Placeholder().Matches(e.Message).Select(m => (e.Id, Name: m.Groups[1].Value)))
            .Where(p => Personal.Contains(p.Name, StringComparer.OrdinalIgnoreCase))
            .ShouldBeEmpty();

    [Fact(Skip = InOneProcess.Skip)]
    public void Page_Events_AreTheProgramsOwn()
        => File.ReadLines(Path.Combine(SharedVectors.RepositoryRoot, "docs", "operations", "logs.md"))
            .SkipWhile(line => line != "## Events").Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))
            .ShouldBe(Events.OrderBy(e => e.Id).Select(e => $"| {e.Id} | {e.Level} | {e.Message} |"));

    private static IEnumerable<LogEvent> Find(Assembly assembly)
        => from type in assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           let log = method.GetCustomAttribute<LoggerMessageAttribute>()
           where log is not null
           select new LogEvent(log.EventId, log.Level, log.Message);

    [GeneratedRegex(@"\{(\w+)")]
    private static partial Regex Placeholder();

    private sealed record LogEvent(int Id, LogLevel Level, string Message);
}
