using System.Security.Cryptography;
using Pythia.Benchmarks.Measuring;
using Pythia.Contracts.JsonRpc;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;

namespace Pythia.Benchmarks.Answers;

/// <summary>Signed answers: in the process against the signature alone, through the gateway against an endpoint that does nothing, and both
/// against asking a node.</summary>
internal sealed class AnswerBenchmark : IBenchmark
{
    private const int Questions = 4_096;
    private const int Connections = 32;

    public string Name => "answers";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        await using var site = await Site.StartAsync(scale.Of(20), cancellationToken);
        var fresh = Enumerable.Range(0, Questions).Select(i => site.Ask(i, withNonce: true)).ToArray();
        var shared = Enumerable.Range(0, Questions).Select(i => site.Ask(i, withNonce: false)).ToArray();
        var first = await site.Enclave.AnswerAsync(fresh[0], cancellationToken);
        if (first.Refusal is not null) throw new InvalidOperationException(first.Refusal.ToString());

        report.Add(
            "In the process",
            $"{Environment.ProcessorCount} callers. Each answer is proven from cached trie nodes and signed anew; the peer only signs as many bytes. Expected: at least × 0.50.",
            await Contest.RunAsync(
                scale,
                new Contestant("ES256 alone", Sign),
                new Contestant("answers with a nonce, signed each", until => AnswerAsync(site, fresh, until)),
                new Contestant("answers without, signed once a head", until => AnswerAsync(site, shared, until))));

        await using var bare = await BareEndpoint.StartAsync(first.Answer.ToArray(), cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections });
        report.Add(
            "Through the gateway",
            $"{Connections} connections of one client in the same process. The peer reads the question and sends an answer of the same size; the second one signs ES256 besides, which is the least that an answer with a nonce takes. Expected: at least × 0.50.",
            await Contest.RunAsync(
                scale,
                new Contestant("bare Kestrel endpoint", until => PostAsync(http, bare.Url("answer"), fresh, until)),
                new Contestant("bare Kestrel endpoint that signs", until => PostAsync(http, bare.Url("sign"), fresh, until)),
                new Contestant("answers with a nonce, through gateway, grain and enclave", until => PostAsync(http, site.AnswerUrl, fresh, until)),
                new Contestant("answers without, the same way", until => PostAsync(http, site.AnswerUrl, shared, until))));

        report.Add(
            "Against asking a node",
            "The same question to the same node (anvil), 16 at once: unproven by eth_call, or proven by eth_getProof and a check of that proof. Ours are proven and signed.",
            await Contest.RunAsync(
                scale,
                new Contestant("eth_call", until => CallAsync(site, until)),
                new Contestant("eth_getProof and check", until => ProveAsync(site, until)),
                new Contestant("signed answers in the process", until => AnswerAsync(site, fresh, until)),
                new Contestant("signed answers through the gateway", until => PostAsync(http, site.AnswerUrl, fresh, until))));
    }

    private static Task<long> Sign(Deadline until) => OnEachCoreAsync(_ =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var toBeSigned = new byte[160];
        var signature = new byte[64];
        var signed = 0L;
        while (!until.HasPassed)
        {
            key.TrySignData(toBeSigned, signature, HashAlgorithmName.SHA256, out var _);
            signed++;
        }

        return Task.FromResult(signed);
    });

    private static Task<long> AnswerAsync(Site site, byte[][] questions, Deadline until) => OnEachCoreAsync(async core =>
    {
        var answered = 0L;
        for (var i = core * 97; !until.HasPassed; i++, answered++)
        {
            var reply = await site.Enclave.AnswerAsync(questions[i % questions.Length]).ConfigureAwait(false);
            if (reply.Refusal is not null) throw new InvalidOperationException(reply.Refusal.ToString());
        }

        return answered;
    });

    private static Task<long> PostAsync(HttpClient http, Uri url, byte[][] questions, Deadline until) => SideBySideAsync(Connections, async caller =>
    {
        var answered = 0L;
        for (var i = caller * 97; !until.HasPassed; i++, answered++)
        {
            using var content = new ByteArrayContent(questions[i % questions.Length]) { Headers = { ContentType = new("application/cbor") } };
            using var response = await http.PostAsync(url, content).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
        }

        return answered;
    });

    private static Task<long> CallAsync(Site site, Deadline until) => SideBySideAsync(16, async caller =>
    {
        var answered = 0L;
        for (var i = caller; !until.HasPassed; i++, answered++) await site.Chain.Reader.DeviceAsync(site.Devices[i % site.Devices.Count]).ConfigureAwait(false);
        return answered;
    });

    private static async Task<long> ProveAsync(Site site, Deadline until)
    {
        var root = (await site.Chain.Rpc.BlockAsync(BlockTag.Latest))!.StateRoot;
        var registry = site.Chain.Deployment.DeviceRegistry;
        return await SideBySideAsync(16, async caller =>
        {
            var answered = 0L;
            for (var i = caller; !until.HasPassed; i++, answered++)
            {
                var slot = SlotMath.OfMapping(site.Devices[i % site.Devices.Count], StorageLayout.Device.MappingSlot);
                var json = await site.Chain.Rpc.CallAsync(new RpcRequest("eth_getProof", registry, new[] { slot }, BlockTag.Latest)).ConfigureAwait(false);
                if (!IsProven(root, registry, slot, AccountProof.Read(json).Value!)) throw new InvalidOperationException("the node's proof does not hold");
            }

            return answered;
        });
    }

    private static bool IsProven(Hash32 root, Address registry, Hash32 slot, AccountProof proof)
        => ProofCheck.Check(root, registry, [slot], proof).Slots[0].Verdict is Enclave.Verifier.Verdict.Included;

    private static Task<long> OnEachCoreAsync(Func<int, Task<long>> work) => SideBySideAsync(Environment.ProcessorCount, work);

    private static async Task<long> SideBySideAsync(int count, Func<int, Task<long>> work)
        => (await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => work(i))))).Sum();
}
