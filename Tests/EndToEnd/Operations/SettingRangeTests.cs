using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Pythia.Grains.Pythia;
using Pythia.Silo.Commands;
using Pythia.Silo.Options;
using Shouldly;

namespace Pythia.EndToEnd.Operations;

/// <summary>Each setting that has a range is refused below and above it, and each that is no text is refused as one: made from the types, so that
/// a new setting is tried too. <c>run</c> reads its settings by the same call before anything is made.</summary>
public sealed class SettingRangeTests
{
    private static readonly (string Key, PropertyInfo Property)[] Settings = [.. SiloSettings.Types.SelectMany(t => Walk(t.Options, t.Section))];

    public static TheoryData<string, string, string> OutOfRange
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var (key, property) in Settings)
            {
                if (property.GetCustomAttribute<RangeAttribute>() is { } range)
                {
                    cases.Add(key, Beyond(range.Minimum, -1), "found");
                    cases.Add(key, Beyond(range.Maximum, 1), "found");
                }

                if (property.PropertyType != typeof(string) && property.PropertyType.IsValueType) cases.Add(key, "soon", "'soon' found");
                if (property.GetCustomAttribute<AllowedValuesAttribute>() is not null) cases.Add(key, "neither", "'neither' found, one of");
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Read_SettingThatCannotBe_IsNamedWithWhatWasFound(string key, string value, string named)
    {
        var error = Should.Throw<StartException>(() => Read((key, value)));
        error.ExitCode.ShouldBe(SiloCommandLine.WrongInput);
        error.Message.ShouldContain(key);
        error.Message.ShouldContain(named);
    }

    [Fact]
    public void Read_AllOfThemAtOnce_NamesEach()
    {
        var wrong = Settings.Where(s => s.Property.GetCustomAttribute<RangeAttribute>() is not null)
            .Select(s => (s.Key, Beyond(s.Property.GetCustomAttribute<RangeAttribute>()!.Maximum, 1))).ToArray();
        var message = Should.Throw<StartException>(() => Read(wrong)).Message;
        wrong.Length.ShouldBeGreaterThan(20);
        wrong.ShouldAllBe(s => message.Contains(s.Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Data"), InlineData("Chain"), InlineData("Relay"), InlineData("Enclave"), InlineData("Mirror"), InlineData("Mirror:Fees"), InlineData("Gateway"), InlineData("Operations"), InlineData("Telemetry"), InlineData("Attestation"), InlineData("Collateral")]
    public void Read_UnknownName_IsRefusedInEverySection(string section)
        => Should.Throw<StartException>(() => Read(($"{section}:Nonsense", "1"))).Message.ShouldContain($"{section}:Nonsense: an unknown setting found");

    [Fact]
    public void Read_Attestation_IsSimulatedOnAChainOfOnesOwnAndOtherwiseOnlyByName()
    {
        SiloSettings.Read(Configuration()).Attestation.Mode.ShouldBe(AttestationMode.Simulated);
        SiloSettings.Read(Configuration(("Attestation:Mode", "None"))).Attestation.Mode.ShouldBe(AttestationMode.None);
        (string, string)[] others = [("Chain:Rpc:0", "http://127.0.0.1:1"), ("Relay:Key", "0x" + new string('5', 64))];
        SiloSettings.Read(Configuration(others)).Attestation.Mode.ShouldBe(AttestationMode.None);
        SiloSettings.Read(Configuration([.. others, ("Attestation:Mode", "Simulated")])).Attestation.Mode.ShouldBe(AttestationMode.Simulated);

        static IConfiguration Configuration(params (string Key, string Value)[] settings)
            => new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
    }

    [Fact]
    public void Config_Effective_ShowsValueAndSourceAndNoSecret()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """{ "Mirror": { "BatchSize": 7 }, "Telemetry": { "OtlpHeaders": "x=topsecret" } }""");
            var configuration = new ConfigurationBuilder().AddJsonFile(file)
                .AddInMemoryCollection([new("Chain:Rpc:0", "https://user:topsecret@node.example/v3/topsecret"), new("Relay:Key", "0x" + new string('5', 64))]).Build();
            using var output = new StringWriter();
            ConfigCommand.Print(configuration, output).ShouldBe(0);

            var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            lines.ShouldContain($"Mirror:BatchSize\t7\t{file}");
            lines.ShouldContain("Mirror:StuckAfterSeconds\t45\tdefault");
            lines.ShouldContain("Mirror:Fees:MaxFeePerGasGwei\t200\tdefault");
            lines.ShouldContain("Chain:Rpc:0\thttps://node.example/…\tcommand line");
            lines.ShouldContain("Relay:Key\t(a secret)\tcommand line");
            output.ToString().ShouldNotContain("topsecret");
            output.ToString().ShouldNotContain("5555");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static SiloSettings Read(params (string Key, string Value)[] settings)
        => SiloSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build());

    private static string Beyond(object bound, int by) => bound switch
    {
        int number => ((long)number + by).ToString(CultureInfo.InvariantCulture),
        double number => (number + by).ToString("R", CultureInfo.InvariantCulture),
        _ => (decimal.Parse((string)bound, CultureInfo.InvariantCulture) + by).ToString(CultureInfo.InvariantCulture),
    };

    private static IEnumerable<(string Key, PropertyInfo Property)> Walk(Type type, string path)
        => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is not null).SelectMany(p =>
            p.PropertyType is { IsClass: true, IsGenericType: false } && p.PropertyType != typeof(string) ? Walk(p.PropertyType, $"{path}:{p.Name}") : [($"{path}:{p.Name}", p)]);
}
