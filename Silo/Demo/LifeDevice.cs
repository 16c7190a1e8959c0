using System.Diagnostics;
using Pythia.Device;
using Pythia.Enclave;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Silo.Demo;

/// <summary>The simulated device: it asks over HTTP, believes what it can check, and remembers the highest head in a file.</summary>
internal sealed class LifeDevice : IDisposable
{
    private readonly DeviceTrust _trust;
    private readonly HttpDeviceTransport _transport;
    private readonly DemoReport _report;
    private readonly string _memoryFile;
    private DeviceClient? _client;

    public LifeDevice(Hash32 id, EnclaveIdentity pinned, HttpClient http, Uri gateway, string memoryFile, DemoReport report)
    {
        _trust = new DeviceTrust
        {
            DeviceId = id,
            EnclaveKeys = [pinned.SigningKey.ToArray()],
            ConfigurationHash = pinned.ConfigurationHash.ToArray(),
            MinLevel = (byte)AssuranceLevel.Development,
            MaxAge = TimeSpan.FromSeconds(30),
        };
        _transport = new HttpDeviceTransport(http, new Uri(gateway, $"pythia/{pinned.ChainId}/answer"));
        (_memoryFile, _report) = (memoryFile, report);
    }

    public DeviceClient Client => _client ?? throw new InvalidOperationException("the device is switched off");

    /// <summary>Starts with what its file remembers.</summary>
    public async Task SwitchOnAsync(CancellationToken cancellationToken)
        => _client = await DeviceClient.StartAsync(_trust, _transport, new FileDeviceStore(_memoryFile), cancellationToken: cancellationToken);

    public void SwitchOff()
    {
        _client?.Dispose();
        _client = null;
    }

    /// <summary>The same device with the knowledge that a block is there: it takes no older head.</summary>
    public Task<DeviceClient> KnowingAsync(ulong block, ulong unixSeconds, CancellationToken cancellationToken)
        => DeviceClient.StartAsync(_trust, _transport, new GivenMemory(new DeviceMemory(block, unixSeconds)), cancellationToken: cancellationToken);

    /// <summary>Asks one fact and prints what it was told; anything but <paramref name="expected"/> ends the demo.</summary>
    public async Task<DeviceAnswer> AskAsync(string question, Fact fact, string expected, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = await Client.AskAsync([fact], cancellationToken);
        if (!answer.IsUsable) throw new UnexpectedException($"device: {question}", answer.ToString(), expected);

        var told = Describe(fact, answer.Results[0]);
        if (!told.StartsWith(expected, StringComparison.Ordinal)) throw new UnexpectedException($"device: {question}", told, expected);

        _report.Told(question, told, answer.Encoded!.Length, answer.Body!.Block, Stopwatch.GetElapsedTime(started));
        return answer;
    }

    /// <summary>A result in words; the first word decides.</summary>
    public static string Describe(Fact fact, FactResult result)
    {
        if (result.IsNull) return fact.Kind == FactKind.CommandAllowed ? "no" : "none";

        var values = result.Values;
        return fact.Kind switch
        {
            FactKind.OwnerOf => Hex.Format(values[0].Bytes.Span),
            FactKind.DeviceStatus => $"{Name(values[0], "active", "frozen", "retired")}, epoch {values[1]}, security counter {values[2]}",
            FactKind.Consent => $"{Name(values[0], "offered", "active", "revoked")} {Name(values[1], "data", "command")} consent until {values[3]}",
            FactKind.CommandAllowed => $"yes, until {values[1]}",
            FactKind.PolicyStatus => Name(values[0], "published", "deprecated"),
            _ => result.ToString(),
        };
    }

    public void Dispose() => SwitchOff();

    private static string Name(FactValue value, params string[] names) => names[(int)value.Number - 1];

    private sealed class GivenMemory(DeviceMemory memory) : IDeviceStore
    {
        public ValueTask<DeviceMemory> LoadAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(memory);

        public ValueTask StoreAsync(DeviceMemory memory, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
