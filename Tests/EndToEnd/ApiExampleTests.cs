using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>The examples of the API's documentation, run as they stand: bash with curl, and C# compiled, against a gateway on a chain.</summary>
public sealed class ApiExampleTests : IDisposable
{
    private const string Client = "docs";

    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _clientKey.Dispose();
        _folder.Dispose();
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Examples_OfEveryCall_Run()
    {
        var keyFile = _folder.PathOf("client.pem");
        await File.WriteAllTextAsync(keyFile, _clientKey.ExportPkcs8PrivateKeyPem());
        Environment.SetEnvironmentVariable("CLIENT_KEY", keyFile);
        Environment.SetEnvironmentVariable("CLIENT", Client);
        var settings = SiloSettings.Read(Configuration());
        using var data = DataFolder.Take(settings.Data.Folder);
        await using var chain = await ChainAccess.OpenAsync(settings, data, Progress.OnStandardError(), CancellationToken.None);
        await using var program = await PythiaProgram.StartAsync(settings, chain, data, Progress.OnStandardError(), CancellationToken.None);

        await RunBashAsync(program.Url, keyFile);
        using var http = new HttpClient { BaseAddress = program.Url };
        await ApiExamples.Compile()(http, "/v1/chains/31337", program.Services.GetRequiredService<IGrainFactory>());
    }

    [Fact]
    public void Examples_NameEveryCall()
    {
        var document = JsonNode.Parse(File.ReadAllText(Path.Combine(SharedVectors.RepositoryRoot, "docs", "api", "openapi.json")))!;
        foreach (var language in new[] { "bash", "csharp" })
        {
            var text = ApiExamples.Read(language);
            foreach (var (path, _) in document["paths"]!.AsObject())
            {
                // The two that only one language shows.
                if (language == "csharp" && (path.EndsWith("{enclave}/answer", StringComparison.Ordinal) || path is "/openapi/v1.json" or "/health/ready")) continue;
                if (path == "/v1/chains/{chain}") continue; // the beginning of all others

                var tail = path.Replace("/v1/chains/{chain}", "", StringComparison.Ordinal).Replace("/pythia/{chain}", "", StringComparison.Ordinal).TrimStart('/');
                var form = string.Join('/', tail.Split('/').Select(part => part.StartsWith('{') ? "[^/\"? ]+" : Regex.Escape(part)));
                var shown = Regex.IsMatch(text, form, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
                    || tail.Split('/')[^1] is var last && Regex.IsMatch(text, $"\"{last}[\"?]", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
                shown.ShouldBeTrue($"{language}: {path}");
            }
        }
    }

    private IConfigurationRoot Configuration()
    {
        var q = _clientKey.ExportParameters(includePrivateParameters: false).Q;
        return new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Data:Folder"] = _folder.PathOf("data"),
            ["Gateway:Clients:0:Id"] = Client,
            ["Gateway:Clients:0:PublicKey"] = Hex.Format([.. q.X!, .. q.Y!]),
            ["Gateway:Clients:0:Roles:0"] = "Read",
            ["Gateway:Clients:0:Roles:1"] = "Operate",
        }).Build();
    }

    private async Task RunBashAsync(Uri gateway, string keyFile)
    {
        using var owner = EthereumKey.Create();
        var number = new byte[EthereumKey.PrivateKeySize];
        owner.ExportPrivateKey(number);
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-x", "-s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = _folder.PathOf("."),
        };
        var tools = ContractsFolder.Find().Combine("node_modules", ".bin");
        start.Environment["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["GATEWAY"] = gateway.ToString().TrimEnd('/');
        start.Environment["API"] = $"{gateway}v1/chains/31337";
        start.Environment["CHAIN"] = "31337";
        start.Environment["OWNER_KEY"] = Hex.Format(number);
        start.Environment["CLIENT"] = Client;
        start.Environment["CLIENT_KEY"] = keyFile;
        using var bash = Process.Start(start)!;
        var output = bash.StandardOutput.ReadToEndAsync();
        var errors = bash.StandardError.ReadToEndAsync();
        await bash.StandardInput.WriteAsync(ApiExamples.Read("bash"));
        bash.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await bash.WaitForExitAsync(patience.Token);

        bash.ExitCode.ShouldBe(0, $"{await output}\n{await errors}");
    }
}
