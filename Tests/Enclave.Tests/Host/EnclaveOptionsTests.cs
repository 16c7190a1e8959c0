using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>A wrong or missing setting stops the start and is named, with what was found and expected.</summary>
public sealed class EnclaveOptionsTests
{
    private const string Hash = "0x00000000000000000000000000000000000000000000000000000000000000aa";

    private static Dictionary<string, string?> Good => new(StringComparer.Ordinal)
    {
        ["Enclave:Id"] = "one",
        ["Enclave:ChainId"] = "31337",
        ["Enclave:GenesisHash"] = Hash,
        ["Enclave:Contracts:DeviceRegistry:Address"] = "0x00000000000000000000000000000000000d0001",
        ["Enclave:Contracts:DeviceRegistry:CodeHash"] = Hash,
        ["Enclave:Contracts:ConsentRegistry:Address"] = "0x00000000000000000000000000000000000d0002",
        ["Enclave:Contracts:ConsentRegistry:CodeHash"] = Hash,
        ["Enclave:Contracts:PolicyRegistry:Address"] = "0x00000000000000000000000000000000000d0003",
        ["Enclave:Contracts:PolicyRegistry:CodeHash"] = Hash,
        ["Enclave:Contracts:PythiaRegistry:Address"] = "0x00000000000000000000000000000000000d0004",
        ["Enclave:Contracts:PythiaRegistry:CodeHash"] = Hash,
        ["Enclave:HeadRpc"] = "http://127.0.0.1:1",
        ["Enclave:UntrustedRpc:0"] = "http://127.0.0.1:1",
    };

    [Theory]
    [InlineData("Enclave:Id", "Upper Case")]
    [InlineData("Enclave:Id", null)]
    [InlineData("Enclave:ChainId", "0")]
    [InlineData("Enclave:ChainId", "1")]
    [InlineData("Enclave:GenesisHash", "0x12")]
    [InlineData("Enclave:GenesisHash", null)]
    [InlineData("Enclave:Contracts:PolicyRegistry:Address", "0x12")]
    [InlineData("Enclave:Contracts:PolicyRegistry:Address", "0x00000000000000000000000000000000000D0001")]
    [InlineData("Enclave:Contracts:PolicyRegistry:CodeHash", "")]
    [InlineData("Enclave:HeadRpc", "file:///etc/passwd")]
    [InlineData("Enclave:HeadRpc", null)]
    [InlineData("Enclave:UntrustedRpc:0", "not a url")]
    [InlineData("Enclave:UntrustedRpc:0", null)]
    [InlineData("Enclave:CacheBytes", "1000")]
    [InlineData("Enclave:PollMilliseconds", "0")]
    [InlineData("Enclave:ReplyMilliseconds", "70000")]
    [InlineData("Enclave:MinBlockWaitMilliseconds", "-1")]
    [InlineData("Enclave:SetAsideSeconds", "0")]
    public async Task Start_OneSettingWrong_StopsAndNamesIt(string setting, string? value)
    {
        var settings = Good;
        settings[setting] = value;
        using var host = Build(settings);
        var failure = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());
        failure.Message.ShouldContain(setting.Split(':')[1]);
    }

    [Fact]
    public async Task Start_ContractMissing_NamesIt()
    {
        var settings = Good.Where(pair => !pair.Key.Contains("ConsentRegistry", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        using var host = Build(settings);
        (await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync())).Message.ShouldContain("Contracts:ConsentRegistry");
    }

    [Fact]
    public async Task StartAndStop_AsAProcess_LeavesNoFolder()
    {
        var settings = Good;
        settings["EnclaveProcess:Mode"] = "Process";
        settings["EnclaveProcess:PatienceMilliseconds"] = "20000";
        using var host = Build(settings);
        await host.StartAsync();
        await host.Services.GetRequiredService<IEnclave>().IdentifyAsync();
        var folder = host.Services.GetRequiredService<EnclaveFleet>().Members[0].Supervisor!.FilesFolder;
        Directory.Exists(folder).ShouldBeTrue();
        await host.StopAsync();
        host.Dispose();
        Directory.Exists(folder).ShouldBeFalse();
    }

    [Fact]
    public async Task StartAndStop_NodesAreAway_RunsAndEnds()
    {
        using var host = Build(Good);
        await host.StartAsync();
        var enclave = host.Services.GetRequiredService<IEnclave>();
        var identity = await enclave.IdentifyAsync();
        identity.Id.ShouldBe("one");
        identity.SigningKey.Length.ShouldBe(64);
        identity.KeyId.Length.ShouldBe(8);
        identity.ConfigurationHash.Length.ShouldBe(32);
        (await enclave.HealthAsync()).CanAnswer.ShouldBeFalse();
        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Dispose_WhileSomeoneWaits_TellsThem()
    {
        var enclave = new PythiaEnclave(Build(Good).Services.GetRequiredService<IOptions<EnclaveOptions>>().Value);
        var waiting = enclave.WaitForHeadAsync(0).AsTask();
        enclave.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(() => waiting);
        await Should.ThrowAsync<ObjectDisposedException>(() => enclave.AnswerAsync(default).AsTask());
    }

    [Theory]
    [InlineData(true, EnclaveFault.Busy)]
    [InlineData(false, EnclaveFault.QuoteFailed)]
    public async Task AttestAsync_NoQuoteIsMade_SaysWhetherOneWasBegun(bool isBusy, EnclaveFault fault)
    {
        using var enclave = new PythiaEnclave(Build(Good).Services.GetRequiredService<IOptions<EnclaveOptions>>().Value, attester: new RefusingAttester(isBusy));
        (await Should.ThrowAsync<EnclaveException>(() => enclave.AttestAsync(default, default).AsTask())).Fault.ShouldBe(fault);
    }

    private sealed class RefusingAttester(bool isBusy) : IAttester
    {
        public string Kind => "refusing";

        public ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken = default)
            => throw new AttestationException("no") { IsBusy = isBusy };
    }

    private static IHost Build(Dictionary<string, string?> settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddLogging();
        builder.Services.AddPythiaEnclave(builder.Configuration);
        return builder.Build();
    }
}
