using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Pythia.Grains.Pythia;
using Pythia.Tests.DevChain;

namespace Pythia.EndToEnd.Enclaves;

/// <summary>pythia-enclave as somebody starts it who is no silo: its two files, and no standard input that ends it.</summary>
internal sealed class EnclaveByHand : IAsyncDisposable
{
    private const string Listening = " 3413 ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private EnclaveByHand(Process process) => _process = process;

    /// <param name="id">Its name, which is its host's word.</param>
    /// <param name="listen"><c>unix:/path</c> or <c>tcp:address:port</c>.</param>
    /// <param name="drop">A contract that it is not told of, so that its configuration is another one.</param>
    public static async Task<EnclaveByHand> StartAsync(RegistryChain chain, TemporaryFolder folder, string id, string listen, string? drop = null)
    {
        var home = Directory.CreateDirectory(folder.PathOf($"by-hand-{Path.GetRandomFileName()}")).FullName;
        var contracts = chain.Deployment.Contracts.Where(contract => contract.Name != drop)
            .ToDictionary(contract => contract.Name, contract => new { Address = contract.Address.ToString(), CodeHash = chain.Deployment.CodeHashOf(contract.Name).ToString() }, StringComparer.Ordinal);
        Write("config.json", new { chain.ChainId, GenesisHash = chain.Deployment.GenesisHash.ToString(), Contracts = contracts, Attester = "simulated" });
        Write("host.json", new
        {
            Id = id,
            Listen = listen,
            HeadRpc = chain.Anvil.Address,
            UntrustedRpc = new[] { chain.Anvil.Address },
            SimulatedPlatform = AttestationSetup.SimulatedPlatformFolder(folder.PathOf("attestation")),
        });
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "enclave", "pythia-enclave.dll"), "--config", Path.Combine(home, "config.json"), "--host", Path.Combine(home, "host.json")])
            start.ArgumentList.Add(argument);
        var enclave = new EnclaveByHand(new Process { StartInfo = start });
        enclave._process.ErrorDataReceived += (_, data) => enclave.Take(data.Data);
        enclave._process.Start();
        enclave._process.BeginErrorReadLine();
        await enclave.SaidAsync(Listening);
        return enclave;

        void Write<T>(string name, T value) => File.WriteAllText(Path.Combine(home, name), JsonSerializer.Serialize(value));
    }

    /// <summary>As an operator stops it: SIGTERM, and it ends by itself.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null) _lines.Writer.TryComplete();
        else _lines.Writer.TryWrite(line);
    }

    private async Task SaidAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        var all = new List<string>();
        await foreach (var line in _lines.Reader.ReadAllAsync(patience.Token))
        {
            if (line.Contains(text, StringComparison.Ordinal)) return;
            all.Add(line);
        }

        throw new InvalidOperationException($"pythia-enclave ended, '{text}' was awaited: {string.Join('\n', all)}");
    }
}
