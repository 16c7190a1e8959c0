using System.Globalization;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>
/// No reply of a node brings pythia-enclave down by what it takes of memory, time or depth: it is refused by name, the process stays the same one, and
/// what is proven already goes on being answered.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class HostileNodeTests(AnvilChain chain, ITestOutputHelper output) : IClassFixture<AnvilChain>
{
    private const long ResidentBytes = 128L << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Address Owner = Address.Parse("0x00000000000000000000000000000000000000aa");

    public static TheoryData<Hostility, RefusalReason, string> Hostilities => new()
    {
        { Hostility.Announces, RefusalReason.ReplyTooLong, "a reply of more than 4194304 bytes" },
        { Hostility.Endless, RefusalReason.ReplyTooLong, "a reply of more than 4194304 bytes" },
        { Hostility.ManyValues, RefusalReason.ProofInvalid, nameof(InvalidReason.JsonTooLarge) },
        { Hostility.ManyNames, RefusalReason.ProofInvalid, nameof(InvalidReason.JsonTooLarge) },
        { Hostility.OneString, RefusalReason.ProofInvalid, nameof(InvalidReason.BadMember) },
        { Hostility.LongError, RefusalReason.NodeUnavailable, nameof(InvalidReason.NodeError) },
        { Hostility.Deep, RefusalReason.ProofInvalid, nameof(InvalidReason.BadJson) },
        { Hostility.Drips, RefusalReason.NodeUnavailable, "no reply within" },
        { Hostility.DripsLate, RefusalReason.NodeUnavailable, "no reply within" },
        { Hostility.Redirects, RefusalReason.NodeUnavailable, "307" },
    };

    [Theory]
    [MemberData(nameof(Hostilities))]
    public async Task Answer_OnlyNodeIsHostile_IsRefusedByNameAndTheRestGoesOn(Hostility hostility, RefusalReason expected, string named)
    {
        await using var node = new HostileNode(chain.Url);
        var devices = await StoreAsync(9);
        await using var enclave = await SupervisedEnclave.StartAsync(Options(hostility, node.Url));
        await HeadAsync(enclave);
        (await AskAsync(enclave, devices[0])).Refusal.ShouldBeNull();
        var process = enclave.ProcessId;

        // Eight at once, each about a device of its own, while one that is known is asked about all the time.
        node.Hostility = hostility;
        var asking = Task.WhenAll(devices.Skip(1).Select(device => AskAsync(enclave, device)));
        var known = 0;
        for (; !asking.IsCompleted || known == 0; known++) (await AskAsync(enclave, devices[0])).Refusal.ShouldBeNull("what is proven goes on being answered");

        foreach (var reply in await asking)
        {
            reply.Refusal.ShouldNotBeNull().Reason.ShouldBe(expected, reply.Refusal!.Detail);
            reply.Refusal.Detail.ShouldContain(named);
        }

        node.Hostility = Hostility.None;
        (await AskAsync(enclave, devices[1])).Refusal.ShouldBeNull();
        enclave.ProcessId.ShouldBe(process, "it is the same process");
        output.WriteLine($"{hostility}: {known} known answers meanwhile, {Resident(process) / 1e6:0.#} MB resident at most");
        Resident(process).ShouldBeLessThan(ResidentBytes);
    }

    [Fact]
    public async Task Answer_EveryHostilityAtOnceBesideAnHonestNode_IsTrue()
    {
        var nodes = Hostilities.Select(row => (Hostility)row[0]).Select(hostility => (Hostility: hostility, Node: new HostileNode(chain.Url))).ToList();
        try
        {
            var devices = await StoreAsync(64);
            var options = Options(Hostility.Drips, [.. nodes.Select(pair => pair.Node.Url), chain.Url]);
            options.SetAsideSeconds = 2;
            await using var enclave = await SupervisedEnclave.StartAsync(options);
            await HeadAsync(enclave);
            var process = enclave.ProcessId;
            foreach (var (hostility, node) in nodes) node.Hostility = hostility;

            var replies = await Task.WhenAll(devices.Select(device => AskAsync(enclave, device)));
            replies.ShouldAllBe(reply => reply.Refusal == null);
            var health = await enclave.Enclave.HealthAsync();
            health.Nodes.Take(nodes.Count).ShouldAllBe(node => node.LastTrouble != null);
            health.Nodes[^1].LastTrouble.ShouldBeNull("the honest one is not taken for another");
            enclave.ProcessId.ShouldBe(process, "it is the same process");
            output.WriteLine($"{Resident(process) / 1e6:0.#} MB resident at most");
            Resident(process).ShouldBeLessThan(ResidentBytes);
        }
        finally
        {
            foreach (var (_, node) in nodes) await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Prove_PaddedReply_IsTheProofWithoutThePadding()
    {
        await using var node = new HostileNode(chain.Url);
        var devices = await StoreAsync(3);
        await using var enclave = await SupervisedEnclave.StartAsync(Options(Hostility.Padded, node.Url));
        await HeadAsync(enclave);
        var process = enclave.ProcessId;
        node.Hostility = Hostility.Padded;
        var request = new Request(Question.Create(devices[0], 0, Fact.OwnerOf), null, 0).Encode();
        var proofs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => enclave.Enclave.ProveAsync(request).AsTask())).WaitAsync(Patience);
        foreach (var proof in proofs)
        {
            proof.Refusal.ShouldBeNull();
            proof.Answer.Length.ShouldBeLessThan(32 << 10);
            RawProof.Read(proof.Answer).TryGet(out var raw, out var damage).ShouldBeTrue($"{damage}");
            raw!.Proofs.ShouldHaveSingleItem().Slots.ShouldHaveSingleItem().Value.IsZero.ShouldBeFalse();
        }

        enclave.ProcessId.ShouldBe(process);
        output.WriteLine($"{Resident(process) / 1e6:0.#} MB resident at most");
        Resident(process).ShouldBeLessThan(ResidentBytes);
    }

    [Theory]
    [InlineData(Hostility.Announces, RefusalReason.ReplyTooLong)]
    [InlineData(Hostility.Endless, RefusalReason.ReplyTooLong)]
    [InlineData(Hostility.ManyValues, RefusalReason.ReceiptsInvalid)]
    [InlineData(Hostility.Deep, RefusalReason.ReceiptsInvalid)]
    [InlineData(Hostility.OneString, RefusalReason.ReceiptsInvalid)]
    public async Task ReadLogs_OnlyNodeIsHostile_IsRefusedByName(Hostility hostility, RefusalReason expected)
    {
        await using var node = new HostileNode(chain.Url) { Method = "eth_getBlockReceipts", Hostility = hostility };
        await StoreAsync(2);
        var block = await chain.BlockNumberAsync();
        await using var enclave = await SupervisedEnclave.StartAsync(Options(hostility, node.Url));
        await HeadAsync(enclave);
        var process = enclave.ProcessId;
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => enclave.Enclave.ReadLogsAsync(block).AsTask())).WaitAsync(Patience);
        replies.ShouldAllBe(reply => reply.Refusal != null && reply.Refusal.Reason == expected);
        node.Hostility = Hostility.None;
        (await enclave.Enclave.ReadLogsAsync(block)).Block!.Logs.Count.ShouldBe(2);
        enclave.ProcessId.ShouldBe(process);
        Resident(process).ShouldBeLessThan(ResidentBytes);
    }

    private static EnclaveOptions With(EnclaveOptions options, Action<EnclaveOptions> change)
    {
        change(options);
        return options;
    }

    private EnclaveOptions Options(Hostility hostility, params Uri[] nodes)
        => With(chain.Options(nodes), options => options.ReplyMilliseconds = hostility is Hostility.Drips or Hostility.DripsLate ? 1_000 : options.ReplyMilliseconds);

    private async Task<Hash32[]> StoreAsync(int count)
    {
        var devices = Enumerable.Range(0, count).Select(_ => Keccak256.HashData(Guid.NewGuid().ToByteArray())).ToArray();
        foreach (var device in devices) await chain.StoreDeviceAsync(device, Owner, status: 1);
        await chain.MineAsync();
        return devices;
    }

    private async Task HeadAsync(SupervisedEnclave enclave)
    {
        using var limit = new CancellationTokenSource(Patience);
        await enclave.Enclave.WaitForHeadAsync(await chain.BlockNumberAsync() - 1, limit.Token);
    }

    private static Task<EnclaveReply> AskAsync(SupervisedEnclave enclave, Hash32 device)
        => enclave.Enclave.AnswerAsync(new Request(Question.Create(device, 0, Fact.OwnerOf), null, 0).Encode()).AsTask().WaitAsync(Patience);

    private static long Resident(int process)
        => long.Parse(File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
}
