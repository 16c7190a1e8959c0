using System.Globalization;
using System.Reflection;
using Pythia.Contracts.Transactions;
using Pythia.Silo.Options;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>docs/operations/settings.md names every setting with its default, and none that is not there.</summary>
public sealed class SettingsPageTests
{
    private static readonly (string Section, Type Options)[] Sections =
    [
        .. SiloSettings.Types,
        ("Mirror:Fees", typeof(FeePolicy)),
    ];

    private static readonly string[] Rows =
        [.. File.ReadLines(Path.Combine(SharedVectors.RepositoryRoot, "docs", "operations", "settings.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal))];

    [Fact]
    public void Page_EverySetting_StandsInARowOfItsOwn()
        => Rows.Select(KeyOf).ShouldBe(Settings().Select(setting => setting.Key), ignoreOrder: true);

    [Fact]
    public void Page_EveryFixedDefault_IsTheProgramsOwn()
    {
        foreach (var (key, value) in Settings())
        {
            if (value is not (int or long or bool or double)) continue;

            var stated = Rows.Single(row => KeyOf(row) == key).Split('|')[^2].Trim();
            stated.ShouldBe(Convert.ToString(value, CultureInfo.InvariantCulture)!.ToLowerInvariant(), $"default of {key}");
        }
    }

    private static string KeyOf(string row) => row.Split('`')[1];

    private static IEnumerable<(string Key, object? Default)> Settings()
        => from section in Sections
           let defaults = Activator.CreateInstance(section.Options)
           from property in section.Options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
           where property.PropertyType != typeof(FeePolicy)
           where property.SetMethod is not null || property.PropertyType.IsGenericType
           select ($"{section.Section}:{property.Name}", property.GetValue(defaults));
}
