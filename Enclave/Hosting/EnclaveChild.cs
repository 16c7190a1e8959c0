using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pythia.Enclave.Hosting;

/// <summary>One run of pythia-enclave: its own environment, its lines, and its end when its standard input ends.</summary>
internal sealed class EnclaveChild : IDisposable
{
    private readonly Process _process;

    private EnclaveChild(Process process) => _process = process;

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    /// <exception cref="System.ComponentModel.Win32Exception">The program can't be run.</exception>
    public static EnclaveChild Start(string program, EnclaveFiles files, Action<string> line)
    {
        var isDll = program.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(isDll ? RuntimeHost() : program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[.. isDll ? [program] : Array.Empty<string>(), "--config", files.Config, "--host", files.Host, "--end-with-stdin"]) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in EnclaveEnvironment.Variables) start.Environment[name] = value;

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, data) => Pass(data.Data, line);
        process.ErrorDataReceived += (_, data) => Pass(data.Data, line);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new EnclaveChild(process);
    }

    /// <summary>Completes when it has ended and its last line is read.</summary>
    public Task WaitForExitAsync() => _process.WaitForExitAsync(CancellationToken.None);

    /// <summary>Ends it at once, with what it started: its program may be a script, and our lines end when nobody holds them any more.</summary>
    public void Kill()
    {
        _process.StandardInput.Close();
        _process.Kill(entireProcessTree: true);
    }

    /// <summary>Ends its standard input: it finishes what is under way; killed when that takes longer than <paramref name="limit"/>.</summary>
    public async Task StopAsync(TimeSpan limit, TimeProvider time)
    {
        try
        {
            _process.StandardInput.Close();
            await WaitForExitAsync().WaitAsync(limit, time);
        }
        catch (TimeoutException)
        {
            Kill();
            await WaitForExitAsync();
        }
    }

    public void Dispose() => _process.Dispose();

    private static void Pass(string? text, Action<string> line)
    {
        if (!string.IsNullOrEmpty(text)) line(text);
    }

    // …/shared/Microsoft.NETCore.App/10.0.x/ → …/dotnet
    internal static string RuntimeHost()
        => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
}
