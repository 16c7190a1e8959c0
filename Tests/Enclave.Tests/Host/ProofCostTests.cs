using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Silo.Demo;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Host;

/// <summary>What is fetched, and how often: a block costs as much as it changed.</summary>
public sealed class ProofCostTests(AnvilChain chain, ITestOutputHelper output) : IClassFixture<AnvilChain>
{
    private const int Devices = 64;
    private static readonly Address Owner = Address.Parse("0x00000000000000000000000000000000000000aa");
    private static readonly Address Buyer = Address.Parse("0x00000000000000000000000000000000000000cc");

    [Fact]
    public async Task NewHead_OneOfManyDevicesChanged_CostsOneProofAContractAndNoneADevice()
    {
        var devices = Enumerable.Range(0, Devices).Select(i => Keccak256.HashData([(byte)i, 77])).ToArray();
        foreach (var device in devices)
        {
            await chain.StoreDeviceAsync(device, Owner, status: 1);
        }

        await using var proxy = await LyingProxy.StartAsync(chain.Url);
        await using var enclave = RunningEnclave.Start(chain.Options(proxy.Url));
        await enclave.HeadAtAsync(await chain.MineAsync());
        await AskAllAsync(enclave, devices, 0);
        await PreparedAsync(enclave);

        proxy.Calls.Clear();
        await chain.StoreDeviceAsync(devices[3], Buyer, status: 1);
        var block = await chain.MineAsync();
        await enclave.HeadAtAsync(block);
        var answers = await AskAllAsync(enclave, devices, block);

        answers[3].ShouldBe(FactResult.Single(FactValue.Of(Buyer)));
        answers.Where((_, i) => i != 3).ShouldAllBe(answer => answer == FactResult.Single(FactValue.Of(Owner)));
        var proofs = proxy.Calls.Where(call => call.Method == "eth_getProof").ToArray();
        output.WriteLine($"{Devices} devices, 1 changed: {string.Join(", ", proofs.Select(call => $"{call.Slots} slots"))}; {proxy.Calls.Count} calls in all");
        proofs.Sum(call => call.Slots).ShouldBeLessThanOrEqualTo(4);
        proofs.Length.ShouldBeLessThanOrEqualTo(3 + 2);
    }

    [Fact]
    public async Task Answer_ManyAskTheSameAtOnce_FetchOnce()
    {
        // Neighbours, so that the proof of another slot does not already hold this one's leaf.
        var device = Keccak256.HashData("asked by many"u8);
        await chain.StoreDeviceAsync(device, Owner, status: 1);
        for (byte i = 0; i < 16; i++)
        {
            await chain.StoreDeviceAsync(Keccak256.HashData([i, 78]), Owner, status: 1);
        }

        await using var proxy = await LyingProxy.StartAsync(chain.Url);
        await using var enclave = RunningEnclave.Start(chain.Options(proxy.Url));
        await enclave.HeadAtAsync(await chain.MineAsync());
        await PreparedAsync(enclave);

        proxy.Calls.Clear();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        proxy.Hold = call => call.Slots > 0 ? release.Task : Task.CompletedTask;
        var asking = Enumerable.Range(0, 50).Select(_ => enclave.AskAsync(device, Fact.OwnerOf)).ToArray();
        release.SetResult();
        (await Task.WhenAll(asking)).ShouldAllBe(answer => answer.Results[0] == FactResult.Single(FactValue.Of(Owner)));
        proxy.Calls.Count(call => call.Slots > 0).ShouldBe(1);
    }

    [Fact]
    public async Task Answer_WarmCache_RateIsPrinted()
    {
        var device = Keccak256.HashData("warm"u8);
        await chain.StoreDeviceAsync(device, Owner, status: 1);
        await using var enclave = RunningEnclave.Start(chain.Options());
        await enclave.HeadAtAsync(await chain.MineAsync());
        await enclave.AskAsync(device, Fact.OwnerOf);
        var request = new Request(Question.Create(device, 0, Fact.OwnerOf), [1, 2, 3, 4, 5, 6, 7, 8], 0).Encode();

        const int Rounds = 5_000;
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < Rounds; i++)
        {
            (await enclave.Enclave.AnswerAsync(request)).Refusal.ShouldBeNull();
        }

        var answers = Rounds / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < Rounds; i++)
        {
            key.SignData(request, HashAlgorithmName.SHA256);
        }

        var raw = Rounds / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        output.WriteLine($"{answers:0} signed answers a second on one thread, {100 * answers / raw:0} % of {raw:0} raw ES256 signatures");
    }

    private static async Task<FactResult[]> AskAllAsync(RunningEnclave enclave, Hash32[] devices, ulong minBlock)
    {
        var results = new List<FactResult>();
        foreach (var device in devices)
        {
            results.Add((await enclave.AskAsync(device, Fact.OwnerOf, minBlock)).Results[0]);
        }

        return [.. results];
    }

    // All three accounts are proven under the current head, so that what is counted afterwards is not of before.
    private static async Task PreparedAsync(RunningEnclave enclave)
    {
        foreach (var fact in (Fact[])[Fact.OwnerOf, Fact.PolicyStatus(Hash32.Zero)])
        {
            await enclave.AskAsync(Hash32.Zero, fact);
        }
    }
}
