using Microsoft.Extensions.Configuration;
using Pythia.Gateway.Settings;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>Settings that can't be used are named with what was found and what would do, all of them at once.</summary>
public sealed class StrictSettingsTests
{
    private const string Chain = "Gateway:Chains:0:";

    [Fact]
    public void Check_GoodSettings_FindsNothing() => Check().ShouldBeEmpty();

    [Theory]
    [InlineData("Gateway:RequestBurst", "0", "'0' found, 1 to 1000000 expected")]
    [InlineData("Gateway:IntentLifetimeSeconds", "59", "'59' found, 60 to 86400 expected")]
    [InlineData(Chain + "ChainId", "0", "'0' found, 1 to 18446744073709551615 expected")]
    [InlineData(Chain + "DeviceRegistry", "0x12", "'0x12' found, 0x and 40 hex digits expected")]
    [InlineData(Chain + "DeviceRegistry", "", "nothing found, a value expected")]
    public void Check_OutOfRange_NamesKeyFoundAndExpected(string key, string value, string expected)
        => Check((key, value)).ShouldHaveSingleItem().ToString().ShouldBe($"{key}: {expected}");

    [Theory]
    [InlineData("Gateway:RequestBurst", "many", "'many' found, a whole number expected")]
    [InlineData("Gateway:RequestBurst:0", "1", "an unknown setting found, a value at Gateway:RequestBurst expected")]
    [InlineData(Chain + "ChainId", "-1", "'-1' found, a whole number expected")]
    [InlineData("Gateway:Chains:first:ChainId", "1", "an unknown setting found, a position from 0: Gateway:Chains:0 expected")]
    public void Check_OtherShape_NamesKeyFoundAndExpected(string key, string value, string expected)
        => Check((key, value)).Select(problem => problem.ToString()).ShouldContain(text => text.EndsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void Check_UnknownNames_AreEachFound()
    {
        var problems = Check(("Gateway:Ulr", "http://x"), (Chain + "Relay", "0x1"));

        problems.Select(problem => problem.Key).ShouldBe(["Gateway:Ulr", Chain + "Relay"], ignoreOrder: true);
    }

    [Fact]
    public async Task Start_WrongSetting_Stops()
    {
        var failure = await Should.ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => GatewayFixture.StartAsync(("Gateway:RequestBurst", "0")));

        failure.Message.ShouldContain("Gateway:RequestBurst: '0' found, 1 to 1000000 expected");
    }

    private static IReadOnlyList<SettingProblem> Check(params (string Key, string Value)[] changes)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
            {
                [Chain + "ChainId"] = "31337",
                [Chain + "DeviceRegistry"] = GatewayFixture.DeviceRegistry,
                [Chain + "ConsentRegistry"] = GatewayFixture.ConsentRegistry,
                [Chain + "PolicyRegistry"] = GatewayFixture.PolicyRegistry,
                [Chain + "PythiaRegistry"] = GatewayFixture.PythiaRegistry,
            })
            .AddInMemoryCollection(changes.Select(change => KeyValuePair.Create(change.Key, (string?)change.Value)))
            .Build();
        return StrictSettings.Check<GatewayOptions>(configuration, GatewayOptions.Section);
    }
}
