using Microsoft.Extensions.Configuration;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Pythia.Gateway;
using Pythia.Gateway.Settings;
using Pythia.Silo.Commands;
using Pythia.Silo.Options;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>
/// <c>docker-compose.yml</c> and the Dockerfiles can't be run here, so every setting and port in them is held against the program: each
/// environment key must bind to an option, each value be in its range, each host be a service and each port one that something listens on.
/// </summary>
public sealed class ComposeTests
{
    private static readonly Compose File = Compose.Read(Path.Combine(SharedVectors.RepositoryRoot, "docker-compose.yml"));

    // What Orleans itself reads (Orleans 10, section Orleans). Its ServiceKey is not among them: it names a Redis connection in the
    // service collection, and a program without one (as ours are) ends at its start.
    private static readonly string[] OrleansSettings =
    [
        "Orleans:ClusterId", "Orleans:ServiceId", "Orleans:Clustering:ProviderType", "Orleans:Clustering:ConnectionString",
        "Orleans:GrainStorage:pythia:ProviderType", "Orleans:GrainStorage:pythia:ConnectionString",
        "Orleans:Reminders:ProviderType", "Orleans:Reminders:ConnectionString",
        "Orleans:Endpoints:SiloPort", "Orleans:Endpoints:GatewayPort", "Orleans:Metadata:enclave",
    ];

    private static readonly string[] OptionSections = ["Data", "Chain", "Relay", "Enclave", "Mirror", "Gateway"];

    public static TheoryData<string> Services => [.. File.Services.Keys];

    [Fact]
    public void Compose_Services_AreThoseOfTheDesign()
    {
        File.Of("Silo/Dockerfile", "run").Count().ShouldBe(3);
        File.Of("Silo/Dockerfile", "deploy").Count().ShouldBe(1);
        File.Of("Gateway/Dockerfile").Count().ShouldBe(2);
        File.Of("Contracts/Dockerfile").Count().ShouldBe(1);
        File.Services.ContainsKey("redis").ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Compose_EverySetting_IsOneThatSomebodyReads(string name)
    {
        foreach (var key in File.Services[name].Environment.Keys.Select(key => key.Replace("__", ":", StringComparison.Ordinal)))
        {
            var known = OptionSections.Contains(key.Split(':')[0]) || OrleansSettings.Contains(key);
            known.ShouldBeTrue($"{name}: {key}");
        }
    }

    [Fact]
    public void Compose_SettingsOfSilos_AreTaken()
    {
        var silos = File.Of("Silo/Dockerfile").ToList();
        silos.Count.ShouldBe(4);
        foreach (var silo in silos)
        {
            var settings = SiloSettings.Read(silo.Configuration);
            settings.OwnChain.ShouldBeFalse(silo.Name);
            settings.Chain.Manifest.ShouldNotBeNull();
            silo.Mounts.ShouldContain(mount => settings.Chain.Manifest!.StartsWith(mount + "/", StringComparison.Ordinal), silo.Name);
        }
    }

    [Fact]
    public void Compose_SettingThatNobodyKnows_WouldBeFound()
    {
        var silo = File.Of("Silo/Dockerfile", "run").First();
        var wrong = new ConfigurationBuilder().AddConfiguration(silo.Configuration).AddInMemoryCollection([new("Chain:HeadRcp", "http://chain:8545")]).Build();

        Should.Throw<StartException>(() => SiloSettings.Read(wrong)).Message.ShouldContain("Chain:HeadRcp");
    }

    [Fact]
    public void Compose_SettingsOfGateways_AreTaken()
    {
        foreach (var gateway in File.Of("Gateway/Dockerfile"))
        {
            StrictSettings.Check<GatewayOptions>(gateway.Configuration, GatewayOptions.Section).ShouldBeEmpty(gateway.Name);

            // A client fails at start if it sees these (engine seam).
            gateway.Configuration.GetSection("Orleans:Reminders").Exists().ShouldBeFalse();
            gateway.Configuration.GetSection("Orleans:GrainStorage").Exists().ShouldBeFalse();
        }
    }

    [Fact]
    public void Compose_Enclaves_HaveNamesOfTheirOwnThatPlacementKnows()
    {
        var silos = File.Of("Silo/Dockerfile", "run").ToList();
        silos.Select(silo => silo.Environment["Enclave__Id"]).Distinct().Count().ShouldBe(silos.Count);
        foreach (var silo in silos) silo.Environment["Orleans__Metadata__enclave"].ShouldBe(silo.Environment["Enclave__Id"]);
    }

    [Fact]
    public void Compose_ContractsOfGateways_AreWhatDeployMakes()
    {
        using var key = EthereumKey.Parse(File.Of("Silo/Dockerfile", "deploy").Single().Environment["Relay__Key"]);
        foreach (var gateway in File.Of("Gateway/Dockerfile"))
        {
            string[] order = ["DeviceRegistry", "PolicyRegistry", "ConsentRegistry", "Relay", "ProvenFacts", "PythiaRegistry"];
            for (var nonce = 0; nonce < order.Length; nonce++)
            {
                if (order[nonce] is "Relay" or "ProvenFacts") continue; // which a gateway need not know

                gateway.Environment[$"Gateway__Chains__0__{order[nonce]}"].ShouldBe(Address.OfCreatedContract(key.Address, (ulong)nonce).ToString(), order[nonce]);
            }
        }
    }

    [Fact]
    public void Compose_HostsAndPorts_AreThoseOfServices()
    {
        var chainPort = Dockerfile.Read("Contracts/Dockerfile").Command.SkipWhile(word => word != "--port").ElementAt(1);
        foreach (var silo in File.Of("Silo/Dockerfile"))
        {
            foreach (var url in silo.Environment.Where(e => e.Key.StartsWith("Chain__", StringComparison.Ordinal) && e.Value.StartsWith("http", StringComparison.Ordinal)))
            {
                var uri = new Uri(url.Value);
                File.Services.ContainsKey(uri.Host).ShouldBeTrue($"{silo.Name}: {url.Key}");
                uri.Port.ToString().ShouldBe(chainPort, $"{silo.Name}: {url.Key}");
            }
        }

        foreach (var service in File.Of("Silo/Dockerfile", "run").Concat(File.Of("Gateway/Dockerfile")))
        {
            // Whoever names Redis as a provider says where it is.
            foreach (var provider in service.Environment.Keys.Where(key => key.EndsWith("__ProviderType", StringComparison.Ordinal)))
                service.Environment[provider.Replace("__ProviderType", "__ConnectionString", StringComparison.Ordinal)].ShouldBe("redis:6379", $"{service.Name}: {provider}");
        }

        foreach (var gateway in File.Of("Gateway/Dockerfile"))
        {
            var port = new Uri(gateway.Environment["Gateway__Url"]).Port.ToString();
            gateway.Ports.Select(published => published.Split(':')[^1]).ShouldBe([port], gateway.Name);
            Dockerfile.Read("Gateway/Dockerfile").Exposed.ShouldContain(port);
        }

        File.Services["chain"].Ports.Select(published => published.Split(':')[^1]).ShouldBe([chainPort]);
        Dockerfile.Read("Contracts/Dockerfile").Exposed.ShouldContain(chainPort);
        foreach (var silo in File.Of("Silo/Dockerfile", "run"))
        {
            foreach (var port in new[] { "SiloPort", "GatewayPort" })
                Dockerfile.Read("Silo/Dockerfile").Exposed.ShouldContain(silo.Environment[$"Orleans__Endpoints__{port}"]);
        }

        File.Services.Values.SelectMany(service => service.Ports).Select(published => string.Join(':', published.Split(':')[..^1])).ShouldBeUnique();
    }

    [Theory]
    [InlineData("Silo/Dockerfile", "Pythia.Silo.dll")]
    [InlineData("Gateway/Dockerfile", "Pythia.Gateway.dll")]
    [InlineData("Contracts/Dockerfile", null)]
    public void Dockerfile_CopiesWhatIsThereAndStartsTheProgram(string name, string? program)
    {
        var file = Dockerfile.Read(name);
        file.Copied.ShouldNotBeEmpty();
        foreach (var source in file.Copied) Path.Exists(Path.Combine(SharedVectors.RepositoryRoot, source)).ShouldBeTrue($"{name}: COPY {source}");
        if (program is not null) file.EntryPoint.ShouldBe(["dotnet", program]);
    }

    [Fact]
    public void Compose_DependsOn_AreServices()
    {
        foreach (var service in File.Services.Values)
        {
            foreach (var other in service.DependsOn) File.Services.ContainsKey(other).ShouldBeTrue($"{service.Name} depends on {other}");
        }
    }
}
