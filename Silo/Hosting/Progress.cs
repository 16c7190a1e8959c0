using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Pythia.Silo.Hosting;

/// <summary>Says what the program is at while it installs, compiles and waits: a spinner on a terminal, plain lines elsewhere.</summary>
public sealed class Progress(IAnsiConsole console)
{
    public IAnsiConsole Console { get; } = console;

    /// <summary>A progress on standard error, for when standard output is for objects only.</summary>
    public static Progress OnStandardError()
        => new(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) }));

    /// <summary>A progress on standard output.</summary>
    public static Progress OnStandardOutput() => new(AnsiConsole.Console);

    public async Task<T> RunAsync<T>(string what, Func<Task<T>> work)
    {
        var started = Stopwatch.GetTimestamp();
        T result;
        if (Console.Profile.Capabilities.Interactive && Console.Profile.Out.IsTerminal)
        {
            result = await Console.Status().StartAsync(Markup.Escape(what) + " …", _ => work());
        }
        else
        {
            Say($"{what} …");
            result = await work();
        }

        Say($"{what}: done in {Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        return result;
    }

    public Task RunAsync(string what, Func<Task> work)
        => RunAsync(what, async () =>
        {
            await work();
            return true;
        });

    /// <summary>For what reports its own lines.</summary>
    public IProgress<string> Lines() => new LineProgress(this);

    /// <summary>One line, as it is; never wrapped where output is no terminal.</summary>
    public void Say(string line)
    {
        if (Console.Profile.Out.IsTerminal) Console.WriteLine(line);
        else Console.Profile.Out.Writer.WriteLine(line);
    }

    // At once and in order, unlike Progress<T>.
    private sealed class LineProgress(Progress progress) : IProgress<string>
    {
        public void Report(string value) => progress.Say($"  {value}");
    }
}
