using System.CommandLine;

namespace Pythia.Silo.Commands;

/// <summary>The one command line of the program. Exit codes: 0 all holds, 1 something does not, 2 wrong settings or arguments.</summary>
public static class SiloCommandLine
{
    public const int AllHolds = 0;
    public const int DoesNotHold = 1;
    public const int WrongInput = 2;

    /// <summary>How long a command may take to stop after Ctrl-C or SIGTERM before the process ends anyway: the longest
    /// <c>Operations:StopSeconds</c>, and what the chain takes to write its state.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(150);

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Build().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("See --help.");
            return WrongInput;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopPatience });
        }
        catch (OperationCanceledException)
        {
            return DoesNotHold;
        }
        catch (StartException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
    }

    /// <summary>All commands; without one, <c>run</c>.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand("Orleans.Pythia: tells devices what the blockchain says, proven, and carries their owners' word back to it.")
        {
            RunCommand.Build(),
            DemoCommand.Build(),
            DeployCommand.Build(),
            BackupCommand.BuildBackup(),
            BackupCommand.BuildRestore(),
            KeyCommand.Build(),
            PassportCommand.Build(),
            RegistryCommand.Build(),
            VerifyCommand.Build(),
            ConfigCommand.Build(),
        };
        RunCommand.MakeDefault(root);
        return root;
    }
}

/// <summary>The program can't start or go on, for a reason that its user can mend. The message names it; no stack trace is shown.</summary>
public sealed class StartException : Exception
{
    public StartException(string message, int exitCode = SiloCommandLine.DoesNotHold)
        : base(message) => ExitCode = exitCode;

    public StartException(string message, Exception inner)
        : base(message, inner) => ExitCode = SiloCommandLine.DoesNotHold;

    public int ExitCode { get; }
}
