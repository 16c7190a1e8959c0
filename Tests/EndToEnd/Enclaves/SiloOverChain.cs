using System.Collections;
using System.Net;
using System.Text.Json.Nodes;
using Pythia.Device;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;
using Pythia.Grains.Pythia;
using Pythia.Tests.DevChain;
using Shouldly;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.EndToEnd.Enclaves;

/// <summary>The silo program over a chain of the test's, with a verifier at its gateway, and a device that pins code and verifier.</summary>
internal sealed class SiloOverChain : IAsyncDisposable
{
    private const int MeasurementOffset = 112; // 48 bytes of a quote's header, 64 of its report body

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly byte[] _verifier;

    private SiloOverChain(SiloProcess process, byte[] verifier) => (Process, _verifier) = (process, verifier);

    public SiloProcess Process { get; }

    /// <summary>Of the gateway.</summary>
    public Uri Gateway { get; private set; } = null!;

    private Uri Operations { get; set; } = null!;

    /// <param name="folder">Keeps data, the simulated platform and the verifier over several starts.</param>
    /// <param name="settings">KEY=VALUE.</param>
    public static SiloOverChain Start(RegistryChain chain, TemporaryFolder folder, params string[] settings)
    {
        string[] all =
        [
            $"Chain:Rpc:0={chain.Anvil.Address}", $"Chain:Manifest={chain.ManifestPath}", $"Relay:Key=0x{new string('1', 64)}",
            "Attestation:Mode=Simulated", $"Attestation:Folder={folder.PathOf("attestation")}", "Attestation:ReportSeconds=1", "Gateway:RequestsPerSecond=1000000", "Gateway:RequestBurst=1000000", "Logging:LogLevel:Pythia.Enclave=Information",
            .. settings,
        ];
        var verifier = Verifier(folder);
        var arguments = all.Concat([$"Passport:KeyFile={folder.PathOf("verifier.pem")}", $"Passport:PolicyFile={folder.PathOf("policy.json")}"]).SelectMany(setting => (string[])["--set", setting]);
        return new SiloOverChain(SiloProcess.Start(["run", "--data", folder.PathOf("data"), .. arguments]), verifier);
    }

    public async Task<SiloOverChain> WaitUntilUpAsync()
    {
        Gateway = UrlOf(await Process.WaitForLineAsync("POST http"));
        Operations = UrlOf(await Process.WaitForLineAsync("Operators"));
        await Process.WaitForLineAsync("Up. Ctrl-C stops it.");
        return this;

        static Uri UrlOf(string line) => new(new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Split(' ')[0]), "/");
    }

    /// <summary>The enclaves that get questions: id and signing key.</summary>
    public async Task<Dictionary<string, string>> ListAsync()
        => (await GetAsync(new Uri(Gateway, "pythia/31337/enclaves")))["enclaves"]!.AsArray().ToDictionary(one => (string)one!["id"]!, one => (string)one!["signingKey"]!, StringComparer.Ordinal);

    public Task<Dictionary<string, string>> UntilListedAsync(Func<Dictionary<string, string>, bool> holds) => UntilAsync(ListAsync, holds);

    /// <summary>What the operator's page says is wrong: code and name.</summary>
    public async Task<(string Code, string Name, string Detail)[]> HealthAsync()
        => [.. (await GetAsync(new Uri(Operations, "health/ready")))["reasons"]!.AsArray().Select(reason => ((string)reason!["code"]!, (string?)reason["name"] ?? "", (string?)reason["detail"] ?? ""))];

    public Task<(string Code, string Name, string Detail)[]> UntilHealthAsync(Func<(string Code, string Name, string Detail), bool> holds, bool there = true)
        => UntilAsync(HealthAsync, reasons => reasons.Any(holds) == there);

    /// <summary>A device that pins the code of this enclave and the verifier asks it, or any of them, who its owner is.</summary>
    public async Task<DeviceAnswer> AskAsync(Hash32 device, byte[] measurement, byte[] configuration, string? enclave = null)
    {
        var trust = new DeviceTrust
        {
            DeviceId = device,
            ConfigurationHash = configuration,
            MinLevel = 0,
            Passports = new PassportTrust { VerifierKeys = [_verifier], Measurements = [measurement], LeastTier = PassportTier.None },
        };
        var path = enclave is null ? "pythia/31337/answer" : $"pythia/31337/enclaves/{enclave}/answer";
        using var client = await DeviceClient.StartAsync(trust, new HttpDeviceTransport(_http, new Uri(Gateway, path)), new NoMemory());
        return await client.AskAsync([Fact.OwnerOf]);
    }

    /// <summary>What an enclave's quote says of its code and configuration.</summary>
    public async Task<(byte[] Measurement, byte[] Configuration)> EvidenceAsync(string enclave)
    {
        var bytes = await _http.GetByteArrayAsync(new Uri(Gateway, $"pythia/31337/enclaves/{enclave}/evidence"));
        EnclaveEvidence.Decode(bytes, out var evidence).ShouldBe(CborError.None);
        return (evidence!.Quote.Slice(MeasurementOffset, 32).ToArray(), evidence.Binding.ConfigurationHash.ToArray());
    }

    /// <summary>Asks without a nonce; the gateway's status.</summary>
    public async Task<HttpStatusCode> AskPlainlyAsync(Hash32 device)
    {
        using var content = new ByteArrayContent(new Request(Question.Create(device, 0, Fact.OwnerOf), null, 0).Encode());
        content.Headers.ContentType = new("application/cbor");
        using var response = await _http.PostAsync(new Uri(Gateway, "pythia/31337/answer"), content);
        return response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> find, Func<T, bool> holds)
        where T : IEnumerable
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var found = await find();
            if (holds(found)) return found;
            if (patience.IsCancellationRequested) throw new TimeoutException($"found after {Patience}: {string.Join("; ", found.Cast<object>())}");
            await Task.Delay(20);
        }
    }

    // A verifier that takes the simulated platform of this folder, whatever runs there: the device pins the code.
    private static byte[] Verifier(TemporaryFolder folder)
    {
        using var platform = SimulatedPlatform.LoadOrCreate(AttestationSetup.SimulatedPlatformFolder(folder.PathOf("attestation")), TimeProvider.System);
        File.WriteAllText(folder.PathOf("policy.json"), $$"""
            {
              "quote": { "roots": ["{{Convert.ToHexStringLower(platform.RootKey.Span)}}"] },
              "operators": [{ "name": "operator.example", "platforms": ["{{Convert.ToHexStringLower(platform.Processor.Ppid.Span)}}"] }],
              "developmentAnchor": true
            }
            """);
        var key = folder.PathOf("verifier.pem");
        if (!File.Exists(key))
        {
            using var made = PassportSigner.Create();
            File.WriteAllText(key, made.Export());
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using var signer = PassportSigner.Import(File.ReadAllText(key));
        return signer.PublicKey.ToArray();
    }

    private async Task<JsonObject> GetAsync(Uri url)
    {
        using var response = await _http.GetAsync(url);
        var text = await response.Content.ReadAsStringAsync();
        (response.Content.Headers.ContentType?.MediaType ?? "").ShouldEndWith("json", Case.Sensitive, $"{url}: {response.StatusCode} {text}");
        return (JsonObject)JsonNode.Parse(text)!;
    }

    private sealed class NoMemory : IDeviceStore
    {
        public ValueTask<DeviceMemory> LoadAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(DeviceMemory.Nothing);

        public ValueTask StoreAsync(DeviceMemory memory, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
