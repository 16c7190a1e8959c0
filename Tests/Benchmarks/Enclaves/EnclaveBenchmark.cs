using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Pythia.Benchmarks.Answers;
using Pythia.Benchmarks.Measuring;
using Pythia.Enclave;
using Pythia.Enclave.Hosting;

namespace Pythia.Benchmarks.Enclaves;

/// <summary>The enclave as a process of its own against the enclave in the silo's process, and what it takes of memory after a million answers.</summary>
internal sealed class EnclaveBenchmark : IBenchmark
{
    private const int Questions = 4_096;
    private const int Callers = 64;
    private const int Answers = 1_000_000;
    private const double LoadedBytes = 128e6;
    private const double IdleBytes = 64e6;
    private const double EnclaveBytes = 1 << 30;

    public string Name => "enclave";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        await using var site = await Site.StartAsync(scale.Of(20), cancellationToken);
        using var logs = LoggerFactory.Create(builder => builder.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var supervisor = new EnclaveSupervisor(
            site.EnclaveOptions, new EnclaveProcessOptions { PatienceMilliseconds = 30_000 }, TimeProvider.System, logs.CreateLogger<EnclaveSupervisor>());
        await supervisor.StartAsync(cancellationToken);
        await supervisor.Enclave.WaitForHeadAsync(0, cancellationToken);
        var idle = Status(supervisor);
        var fresh = Enumerable.Range(0, Questions).Select(i => site.Ask(i, withNonce: true)).ToArray();
        var shared = Enumerable.Range(0, Questions).Select(i => site.Ask(i, withNonce: false)).ToArray();
        foreach (var asked in (IEnclave[])[site.Enclave, supervisor.Enclave]) await AskAsync(asked, fresh, 64);

        report.Add(
            "In the process against a process of its own",
            $"{Callers} callers at once. The peer signs as many bytes with ES256, on each core; the enclave in the process is asked by a call, the other one over its Unix socket, where caller and enclave share the cores.",
            await Contest.RunAsync(
                scale,
                new Contestant("ES256 alone", SignAsync),
                new Contestant("with a nonce, in the process", until => AskAsync(site.Enclave, fresh, until)),
                new Contestant("with a nonce, process of its own", until => AskAsync(supervisor.Enclave, fresh, until)),
                new Contestant("without, in the process", until => AskAsync(site.Enclave, shared, until)),
                new Contestant("without, process of its own", until => AskAsync(supervisor.Enclave, shared, until))));

        var count = scale.Of(Answers);
        await AskAsync(supervisor.Enclave, fresh, count);
        var loaded = Status(supervisor);
        report.Add(
            "Memory of the process",
            $"As the kernel counts it (/proc/PID/status), with the environment of the manifest: before the first question, and after {count:N0} answers with a nonce beside those above.",
            [
                new Measured("resident, idle", idle["VmRSS"], "bytes", "limit", IdleBytes),
                new Measured("resident, after the answers", loaded["VmRSS"], "bytes", "limit", LoadedBytes),
                new Measured("of it not backed by files", loaded["RssAnon"], "bytes", "limit", LoadedBytes),
                new Measured("resident at most", loaded["VmHWM"], "bytes", "limit", LoadedBytes),
                new Measured("addresses reserved at most, nothing limiting them", loaded["VmPeak"], "bytes", "enclave size", EnclaveBytes),
            ]);
        await supervisor.StopAsync(cancellationToken);
    }

    private static Dictionary<string, double> Status(EnclaveSupervisor supervisor)
        => File.ReadLines($"/proc/{supervisor.Status.ProcessId}/status")
            .Select(line => line.Split([':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts[0] is "VmRSS" or "VmHWM" or "VmPeak" or "RssAnon")
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture) * 1_024, StringComparer.Ordinal);

    private static async Task<long> SignAsync(Deadline until)
        => (await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(() =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var toBeSigned = new byte[160];
            var signature = new byte[64];
            var signed = 0L;
            for (; !until.HasPassed; signed++) key.TrySignData(toBeSigned, signature, HashAlgorithmName.SHA256, out var _);
            return signed;
        })))).Sum();

    private static Task<long> AskAsync(IEnclave enclave, byte[][] questions, Deadline until) => AskAsync(enclave, questions, () => !until.HasPassed);

    private static async Task AskAsync(IEnclave enclave, byte[][] questions, int count)
    {
        var left = count;
        await AskAsync(enclave, questions, () => Interlocked.Decrement(ref left) >= 0);
    }

    private static async Task<long> AskAsync(IEnclave enclave, byte[][] questions, Func<bool> goOn)
        => (await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var answered = 0L;
            for (var i = caller * 97; goOn(); i++, answered++)
            {
                var reply = await enclave.AnswerAsync(questions[i % questions.Length]).ConfigureAwait(false);
                if (reply.Refusal is not null) throw new InvalidOperationException(reply.Refusal.ToString());
            }

            return answered;
        })))).Sum();
}
