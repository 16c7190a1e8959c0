using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Hosting;

/// <summary>One enclave beside this silo.</summary>
/// <param name="Id">Its name by this silo's settings.</param>
/// <param name="Mode">Where it runs.</param>
/// <param name="Enclave">The way to it.</param>
/// <param name="Service">What runs with the silo for it; null where somebody else runs it.</param>
public sealed record EnclaveMember(string Id, EnclaveMode Mode, IEnclave Enclave, BackgroundService? Service = null)
{
    /// <summary>What watches its process; null with any other mode than <see cref="EnclaveMode.Process"/>.</summary>
    public EnclaveSupervisor? Supervisor => Service as EnclaveSupervisor;

    /// <summary>Why nobody can be asked just now; null while somebody can, and always for one in this process.</summary>
    public EnclaveException? Trouble => (Enclave as SocketEnclave)?.Trouble;
}

/// <summary>
/// The enclaves beside this silo, the first of the settings first. They start and stop together; each fails alone. One in this process that ends by itself
/// ends the silo.
/// </summary>
public sealed partial class EnclaveFleet : BackgroundService, IAsyncDisposable
{
    private readonly ILogger _logger;

    /// <summary>For tests and hosts that bring their own.</summary>
    public EnclaveFleet(IEnumerable<EnclaveMember> members) => (Members, _logger) = ([.. members], NullLogger.Instance);

    /// <param name="enclave">What all of them are, and the name of the first.</param>
    /// <param name="process">Where they run.</param>
    /// <param name="time">For keys, pauses and patience.</param>
    /// <param name="loggers">For all of them.</param>
    /// <param name="attester">Makes the quotes of those in this process; null: none do.</param>
    public EnclaveFleet(IOptions<EnclaveOptions> enclave, IOptions<EnclaveProcessOptions> process, TimeProvider time, ILoggerFactory loggers, IAttester? attester = null)
    {
        _logger = loggers.CreateLogger<EnclaveFleet>();
        Members =
        [
            Create(enclave.Value, process.Value.ToFirst()),
            .. process.Value.Instances.Select(instance => Create(enclave.Value.Named(instance.Id), instance)),
        ];

        EnclaveMember Create(EnclaveOptions options, EnclaveInstanceOptions instance) => instance.Mode switch
        {
            EnclaveMode.InProcess => InProcess(options, time, loggers, attester),
            EnclaveMode.Process => Child(options, process.Value.Of(instance), time, loggers),
            _ => Connected(options.ToExpectation(), process.Value.Of(instance), time),
        };
    }

    /// <summary>Each of them, in the order of the settings.</summary>
    public ImmutableArray<EnclaveMember> Members { get; }

    private IEnumerable<BackgroundService> Services => Members.Select(member => member.Service).OfType<BackgroundService>();

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var service in Services) await service.StartAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Services.Select(service => service.StopAsync(cancellationToken)));
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var way in Members.Select(member => member.Enclave).OfType<IAsyncDisposable>()) await way.DisposeAsync();
        Dispose();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        foreach (var member in Members)
        {
            member.Service?.Dispose();
            (member.Enclave as IDisposable)?.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = Services.Select(service => service.ExecuteTask!).ToList();
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            await ended;
        }
    }

    private static EnclaveMember InProcess(EnclaveOptions options, TimeProvider time, ILoggerFactory loggers, IAttester? attester)
    {
        var enclave = new PythiaEnclave(options, time, loggers.CreateLogger<PythiaEnclave>(), attester);
        return new EnclaveMember(options.Id, EnclaveMode.InProcess, enclave, new EnclaveService(enclave));
    }

    private static EnclaveMember Child(EnclaveOptions options, EnclaveProcessOptions process, TimeProvider time, ILoggerFactory loggers)
    {
        var supervisor = new EnclaveSupervisor(options, process, time, loggers.CreateLogger<EnclaveSupervisor>());
        return new EnclaveMember(options.Id, EnclaveMode.Process, supervisor.Enclave, supervisor);
    }

    private EnclaveMember Connected(EnclaveExpectation expected, EnclaveProcessOptions process, TimeProvider time)
        => new(expected.Id, EnclaveMode.Connect, new SocketEnclave(
            SocketEnclave.Parse(process.EndPoint), TimeSpan.FromMilliseconds(process.PatienceMilliseconds), time, expected, mismatch => LogOther(expected.Id, mismatch)));

    [LoggerMessage(EventId = 3440, Level = LogLevel.Error, Message = "Another enclave than {Enclave} is at its endpoint, and gets no question: {Mismatch}")]
    private partial void LogOther(string enclave, string mismatch);

    private sealed class EnclaveService(PythiaEnclave enclave) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => enclave.RunAsync(stoppingToken);
    }
}
