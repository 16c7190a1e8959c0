using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pythia.Contracts.DevChain;
using Pythia.Enclave;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;
using Pythia.Tests.DevChain;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Benchmarks.Answers;

/// <summary>A real chain with claimed devices, and silo, enclave and gateway on it, all in this process save the node.</summary>
internal sealed class Site : IAsyncDisposable
{
    private const string DataFolderSetting = "Data:Folder";

    private readonly DataFolder _folder;
    private readonly ChainAccess _access;
    private readonly PythiaProgram _program;
    private bool _isStopped;

    private Site(RegistryChain chain, IReadOnlyList<Hash32> devices, DataFolder folder, ChainAccess access, PythiaProgram program)
        => (Chain, Devices, _folder, _access, _program) = (chain, devices, folder, access, program);

    public RegistryChain Chain { get; }

    public IReadOnlyList<Hash32> Devices { get; }

    public IGrainFactory Grains => _program.Services.GetRequiredService<IGrainFactory>();

    public string DataFolder => _folder.FullName;

    public EnclaveOptions EnclaveOptions => _program.Services.GetRequiredService<IOptions<EnclaveOptions>>().Value;

    public IEnclave Enclave => _program.Services.GetRequiredService<IEnclave>();

    /// <summary>Where a device asks.</summary>
    public Uri AnswerUrl => new(_program.Url, $"pythia/{Chain.ChainId}/answer");

    public static async Task<Site> StartAsync(int devices, CancellationToken cancellationToken)
    {
        var chain = new RegistryChain();
        await chain.InitializeAsync();
        var claimed = new List<Hash32>();
        using var owner = await chain.FundedKeyAsync("owner");
        for (var i = 0; i < devices; i++)
        {
            using var device = await chain.ClaimedAsync(owner);
            claimed.Add(device.Id);
        }

        var settings = SiloSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(Settings(chain)).Build());
        var progress = Progress.OnStandardError();
        var folder = Silo.Hosting.DataFolder.Take(settings.Data.Folder);
        var access = await ChainAccess.OpenAsync(settings, folder, progress, cancellationToken);
        return new Site(chain, claimed, folder, access, await PythiaProgram.StartAsync(settings, access, folder, progress, cancellationToken));
    }

    /// <summary>A question about a device's owner. With a nonce each answer is signed anew.</summary>
    public byte[] Ask(int number, bool withNonce)
    {
        var nonce = new byte[Request.NonceBytes];
        BitConverter.TryWriteBytes(nonce, (long)number);
        return new Request(Question.Create(Devices[number % Devices.Count], 0, Fact.OwnerOf), withNonce ? [.. nonce] : null, 0).Encode();
    }

    /// <summary>How the program is started as a process of its own on this chain.</summary>
    public IEnumerable<string> Arguments(string folder)
        => Settings(Chain).Where(setting => setting.Key != DataFolderSetting).SelectMany(setting => new[] { "--set", $"{setting.Key}={setting.Value}" }).Prepend(folder).Prepend("--data");

    /// <summary>Stops all but the node, so that another process can take the folder.</summary>
    public async Task StopProgramAsync()
    {
        if (_isStopped) return;

        _isStopped = true;
        await _program.DisposeAsync();
        await _access.DisposeAsync();
        _folder.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopProgramAsync();
        await Chain.DisposeAsync();
    }

    private static Dictionary<string, string?> Settings(RegistryChain chain)
    {
        using var relay = AnvilRpc.KeyOf("relay");
        Span<byte> key = stackalloc byte[Hash32.Size];
        relay.ExportPrivateKey(key);
        return new()
        {
            [DataFolderSetting] = Path.Combine(chain.Folder, "silo"),
            ["Chain:Rpc:0"] = chain.Anvil.Address.ToString(),
            ["Chain:Manifest"] = chain.ManifestPath,
            ["Relay:Key"] = Hex.Format(key),
            ["Gateway:RequestsPerSecond"] = "1000000",
            ["Gateway:RequestBurst"] = "1000000",
        };
    }
}
