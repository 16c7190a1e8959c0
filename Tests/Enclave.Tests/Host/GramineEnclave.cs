using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Vectors;

namespace Pythia.Enclave.Tests.Host;

/// <summary>pythia-enclave under gramine-direct, as Enclave/tools/gramine-direct.sh runs it, and a way to it over tcp.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal sealed class GramineEnclave : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly EnclaveFiles _files;
    private readonly Process _process;

    private GramineEnclave(EnclaveFiles files, IPEndPoint endPoint, string app, string logLevel, string path)
    {
        _files = files;
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(SharedVectors.RepositoryRoot, "Enclave", "tools", "gramine-direct.sh"), app,
            files.Config, Path.GetDirectoryName(files.Host)!, WorkFolder, logLevel,
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["PATH"] = path;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, data) => Keep(data.Data);
        _process.ErrorDataReceived += (_, data) => Keep(data.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Enclave = new SocketEnclave(endPoint, Patience);
    }

    public SocketEnclave Enclave { get; }

    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>Of the library OS with the program in it: the script becomes it.</summary>
    public int ProcessId => _process.Id;

    public string GramineLog => Path.Combine(WorkFolder, "gramine.log");

    private string WorkFolder => Path.Combine(Path.GetDirectoryName(_files.Config)!, "work");

    /// <param name="options">What the enclave is, and its nodes.</param>
    /// <param name="logLevel">Gramine's.</param>
    /// <param name="attester">none, gramine or simulated.</param>
    /// <param name="app">The program's folder; null: beside this one.</param>
    /// <param name="afterManifest">What a shell does when the manifest is made and before it is run; null: nothing.</param>
    public static async Task<GramineEnclave> StartAsync(EnclaveOptions options, string logLevel = "error", string attester = "none", string? app = null, string? afterManifest = null)
    {
        var endPoint = FreeEndPoint();
        var files = new EnclaveFiles(options, new EnclaveProcessOptions { Attester = attester });
        var host = JsonNode.Parse(await File.ReadAllTextAsync(files.Host))!;
        host["Listen"] = string.Create(CultureInfo.InvariantCulture, $"tcp:{endPoint}");
        await File.WriteAllTextAsync(files.Host, host.ToJsonString());

        var path = Environment.GetEnvironmentVariable("PATH")!;
        if (afterManifest is not null) path = $"{await WriteRunnerAsync(Path.GetDirectoryName(files.Config)!, afterManifest)}:{path}";
        var started = new GramineEnclave(files, endPoint, app ?? Path.Combine(AppContext.BaseDirectory, "enclave"), logLevel, path);
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            var ended = started._process.WaitForExitAsync(limit.Token);
            var head = started.Enclave.WaitForHeadAsync(0, limit.Token).AsTask();
            if (await Task.WhenAny(ended, head) == ended) throw new InvalidOperationException($"it ended: {string.Join(Environment.NewLine, started._lines)}");

            await head;
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM, and the program's exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using (var kill = Process.Start("kill", ["-TERM", $"{ProcessId}"])) await kill.WaitForExitAsync(limit.Token);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await Enclave.DisposeAsync();
        _process.Dispose();
        _files.Dispose();
    }

    // A gramine-direct before the true one.
    private static async Task<string> WriteRunnerAsync(string folder, string command)
    {
        var runner = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName, "gramine-direct");
        await File.WriteAllTextAsync(runner, $"""
            #!/bin/sh
            {command}
            PATH=${"{PATH#*:}"}
            exec gramine-direct "$@"
            """);
        File.SetUnixFileMode(runner, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.GetDirectoryName(runner)!;
    }

    // Nobody else takes it at once: the system gives ports in turn.
    private static IPEndPoint FreeEndPoint()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)probe.LocalEndPoint!;
    }

    private void Keep(string? line)
    {
        if (!string.IsNullOrEmpty(line)) _lines.Enqueue(line);
    }
}
