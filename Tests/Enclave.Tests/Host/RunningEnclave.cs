using Microsoft.Extensions.Logging.Abstractions;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Enclave.Serving;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>An enclave with its follower running, and a device's way of asking it.</summary>
internal sealed class RunningEnclave : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly PythiaEnclave? _inProcess;
    private readonly EnclaveSupervisor? _supervisor;
    private readonly DirectoryInfo? _folder;
    private readonly Task _serving = Task.CompletedTask;
    private readonly Task _running;

    private RunningEnclave(EnclaveOptions options, TimeProvider? time)
    {
        _inProcess = new PythiaEnclave(options, time);
        Enclave = _inProcess;
        _running = _inProcess.RunAsync(_stop.Token);
    }

    private RunningEnclave(EnclaveOptions options, DirectoryInfo folder)
        : this(options, (TimeProvider?)null)
    {
        _folder = folder;
        var endPoint = SocketEnclave.Parse($"unix:{folder.FullName}/own/socket");
        var server = new EnclaveServer(_inProcess!, endPoint, TimeProvider.System, NullLogger.Instance);
        _serving = server.RunAsync(server.Listen(), TimeSpan.FromSeconds(5), _stop.Token);
        Enclave = new SocketEnclave(endPoint, Patience);
    }

    private RunningEnclave(EnclaveSupervisor supervisor)
    {
        _supervisor = supervisor;
        Enclave = supervisor.Enclave;
        _running = supervisor.StartAsync(CancellationToken.None);
    }

    public IEnclave Enclave { get; }

    public static RunningEnclave Start(EnclaveOptions options, TimeProvider? time = null) => new(options, time);

    /// <param name="kind">Where it runs.</param>
    public static RunningEnclave Start(EnclaveKind kind, EnclaveOptions options) => kind switch
    {
        EnclaveKind.InProcess => new(options, (TimeProvider?)null),
        EnclaveKind.Socket => new(options, Directory.CreateTempSubdirectory("pythia-running-")),
        _ => new(new EnclaveSupervisor(options, new EnclaveProcessOptions { PatienceMilliseconds = 20_000 }, TimeProvider.System, NullLogger<EnclaveSupervisor>.Instance)),
    };

    public async Task<VerifiedHead> HeadAtAsync(ulong block)
    {
        using var limit = new CancellationTokenSource(Patience);
        return await Enclave.WaitForHeadAsync(block - 1, limit.Token);
    }

    /// <summary>Asks one fact and checks the answer as a device does.</summary>
    public async Task<AnswerBody> AskAsync(Hash32 device, Fact fact, ulong minBlock = 0)
    {
        var request = new Request(Question.Create(device, minBlock, fact), [1, 2, 3, 4, 5, 6, 7, 8], 0);
        var reply = await Enclave.AnswerAsync(request.Encode());
        reply.Refusal.ShouldBeNull(reply.Refusal?.ToString());
        return await CheckAsync(reply.Answer, request);
    }

    public async Task<AnswerBody> CheckAsync(ReadOnlyMemory<byte> answer, Request request)
    {
        var identity = await Enclave.IdentifyAsync();
        using var key = Es256Key.TryImport(identity.SigningKey.Span).ShouldNotBeNull();
        var verdict = AnswerCheck.Check(answer.Span, request, key, identity.ConfigurationHash.Span);
        verdict.Fault.ShouldBe(AnswerFault.None, verdict.Detail);
        return verdict.Body!;
    }

    public async Task<EnclaveRefusal> RefusedAsync(Hash32 device, Fact fact, ulong minBlock = 0)
    {
        var request = new Request(Question.Create(device, minBlock, fact), null, 0);
        var reply = await Enclave.AnswerAsync(request.Encode());
        reply.Answer.Length.ShouldBe(0);
        var refusal = reply.Refusal.ShouldNotBeNull();
        ConciseProblem.Decode(reply.Problem.Span, out var problem).ShouldBe(Verifier.Cbor.CborError.None);
        problem!.Reason.ShouldBe((ulong)refusal.Reason);
        return refusal;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Patience);
        await _serving.WaitAsync(Patience);
        if (_folder is not null)
        {
            await ((SocketEnclave)Enclave).DisposeAsync();
            _folder.Delete(recursive: true);
        }

        if (_supervisor is not null)
        {
            await _supervisor.StopAsync(CancellationToken.None).WaitAsync(Patience);
            _supervisor.Dispose();
        }

        _inProcess?.Dispose();
        _stop.Dispose();
    }
}
