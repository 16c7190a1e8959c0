using System.Diagnostics;

namespace Pythia.EndToEnd;

/// <summary>A program that is run to its end: what it was told, what it said, and its exit code.</summary>
internal static class ShortRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The silo program with one command.</summary>
    public static Task<(int Code, string Output, string Error)> SiloAsync(params string[] arguments) => SiloAsync("", arguments);

    /// <inheritdoc cref="SiloAsync(string[])"/>
    /// <param name="input">Its standard input, which ends behind it.</param>
    public static Task<(int Code, string Output, string Error)> SiloAsync(string input, string[] arguments)
        => RunAsync("dotnet", input, [Path.Combine(AppContext.BaseDirectory, "Pythia.Silo.dll"), .. arguments]);

    public static async Task<(int Code, string Output, string Error)> RunAsync(string program, string input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        using var patience = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await error);
    }
}
