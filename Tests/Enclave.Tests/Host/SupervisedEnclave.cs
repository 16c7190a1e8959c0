using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>A real child under its supervisor, whose lines are kept and which can be killed.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal sealed class SupervisedEnclave : IAsyncDisposable, ILogger<EnclaveSupervisor>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly EnclaveSupervisor _supervisor;

    private SupervisedEnclave(EnclaveOptions options, EnclaveProcessOptions process)
        => _supervisor = new EnclaveSupervisor(options, process, TimeProvider.System, this);

    public IEnclave Enclave => _supervisor.Enclave;

    public IReadOnlyCollection<string> Lines => _lines;

    public int ProcessId => _supervisor.Status.ProcessId;

    public EnclaveProcessStatus Status => _supervisor.Status;

    public string FilesFolder => _supervisor.FilesFolder;

    /// <param name="shell">A working folder for the child and what a shell does before it becomes the child; null: nothing.</param>
    public static async Task<SupervisedEnclave> StartAsync(EnclaveOptions options, EnclaveProcessOptions? process = null, (string Folder, string Command)? shell = null)
    {
        process ??= new EnclaveProcessOptions { PatienceMilliseconds = 20_000 };
        if (shell is { } before) process.Program = await WriteScriptAsync(before.Folder, before.Command);
        var started = new SupervisedEnclave(options, process);
        await started._supervisor.StartAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(Patience);
        await started.Enclave.WaitForHeadAsync(0, limit.Token);
        return started;
    }

    /// <summary>A program that carries out <paramref name="command"/> in <paramref name="folder"/> and then becomes the child.</summary>
    public static async Task<string> WriteScriptAsync(string folder, string command)
    {
        var script = Path.Combine(folder, "run.sh");
        await File.WriteAllTextAsync(script, $"""
            #!/bin/sh
            cd {folder}
            {command}
            exec {EnclaveChild.RuntimeHost()} {Path.Combine(AppContext.BaseDirectory, "enclave", "pythia-enclave.dll")} "$@"
            """);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }

    public async Task AnswerAsync(Hash32 device)
    {
        using var limit = new CancellationTokenSource(Patience);
        await Enclave.WaitForHeadAsync(0, limit.Token);
        var reply = await Enclave.AnswerAsync(new Request(Question.Create(device, 0, Fact.OwnerOf), [1, 2, 3, 4, 5, 6, 7, 8], 0).Encode(), limit.Token);
        reply.Refusal.ShouldBeNull();
    }

    /// <summary>Kills the child and waits until another one is connected.</summary>
    public async Task KillAsync(string signal = "-KILL")
    {
        await UntilAsync(e => e.Status.IsConnected); // number 0 is no process, but all of the test's group
        using var limit = new CancellationTokenSource(Patience);
        var victim = ProcessId;
        using (var kill = Process.Start("kill", [signal, $"{victim}"])) await kill.WaitForExitAsync(limit.Token);
        await UntilAsync(e => e.ProcessId != victim && e.Status.IsConnected);
    }

    /// <summary>Waits until the child is as the test wants it, or has said so.</summary>
    public async Task UntilAsync(Func<SupervisedEnclave, bool> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!holds(this))
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"it said only:\n{string.Join('\n', _lines)}");

            await Task.Delay(5, CancellationToken.None);
        }
    }

    public async Task AnsweredAsync(int from, Func<int> count, int more)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (count() < from + more) await Task.Delay(5, limit.Token);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => _lines.Enqueue(formatter(state, exception));

    public async ValueTask DisposeAsync()
    {
        await _supervisor.StopAsync(CancellationToken.None).WaitAsync(Patience);
        _supervisor.Dispose();
    }
}
