using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Serving;

/// <summary>One enclave and its server, from start to drained stop.</summary>
internal sealed partial class EnclaveProgram : IDisposable
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private readonly ProcessSettings _settings;
    private readonly StderrLogger<PythiaEnclave> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SimulatedPlatform? _platform;
    private readonly PythiaEnclave _enclave;

    public EnclaveProgram(ProcessSettings settings)
    {
        _settings = settings;
        _logger = new StderrLogger<PythiaEnclave>(settings.Level);
        _platform = settings.Host.SimulatedPlatform is { } folder ? SimulatedPlatform.LoadOrCreate(folder, TimeProvider.System) : null;
        _enclave = new PythiaEnclave(settings.Options, TimeProvider.System, _logger, CreateAttester());
    }

    /// <summary>Serves until it is told to stop, then finishes what is under way and forgets the keys.</summary>
    public async Task RunAsync()
    {
        var server = new EnclaveServer(_enclave, _settings.EndPoint, TimeProvider.System, _logger);
        using var listener = server.Listen();
        using var following = new CancellationTokenSource();
        var heads = _enclave.RunAsync(following.Token);

        // Whichever ends first: heads never do by themselves.
        var serving = server.RunAsync(listener, DrainTime, _stopping.Token);
        var first = await Task.WhenAny(heads, serving);
        await _stopping.CancelAsync();
        await serving;
        await following.CancelAsync();
        await heads;
        await first;
    }

    /// <summary>For a signal.</summary>
    public void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stopping.Cancel();
    }

    /// <summary>Reads standard input to its end: it ends when the parent closes it, or dies in whatever way.</summary>
    public void StopWithStandardInput() => new Thread(() =>
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[64];
        while (input.Read(ignored) > 0)
        {
        }

        _stopping.Cancel();
    })
    {
        IsBackground = true,
        Name = "standard input",
    }.Start();

    /// <summary>Says that memory is not kept from others as it should be.</summary>
    public void SayOpen(string why) => LogOpen(why);

    public void Dispose()
    {
        _enclave.Dispose();
        _platform?.Dispose();
        _stopping.Dispose();
    }

    // As under SGX: what is measured is the code and the file that says what it is.
    private IAttester? CreateAttester() => _settings.Attester switch
    {
        "gramine" => new GramineAttester(TimeProvider.System),
        "simulated" => new SimulatedAttester(_platform!, SimulatedEnclave.OfFiles(Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Append(_settings.ConfigPath))),
        _ => null,
    };

    [LoggerMessage(EventId = 3416, Level = LogLevel.Warning, Message = "Core files and readers of this process's memory could not be forbidden: {Why}")]
    private partial void LogOpen(string why);
}
