using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>The demo as people start it, twice on one data folder.</summary>
public sealed class DemoTests : IDisposable
{
    private static readonly string[] ExpectedInOrder =
    [
        "manufacturer: registers 1000 devices",
        "stranger X: claims with what A's pending transaction shows · refused by grain: badSignature",
        "without us · refused by contract: DeviceClaimKeyMismatch",
        "stranger X: claims with a photograph of the QR code · refused by grain: badSignature",
        "without us · refused by contract: DeviceStatementInvalid",
        "owner A: claims the device",
        "device: who owns me? · told: 0x",
        "publisher P: publishes a policy",
        "owner A: offers S telemetry:read",
        "service S: accepts the terms",
        "device: has S telemetry:read? · told: active data consent",
        "device: may X lock:open? · told: no",
        "owner A: grants X lock:open",
        "device: may X lock:open? · told: yes",
        "owner A: revokes everything of X in one act",
        "device: may X lock:open? · told: no",
        "ms from the block at the node to the changed answer",
        "the device is switched off",
        "owner A: transfers the device to B",
        "device: who owns me? · told: 0x",
        "device: has S telemetry:read? · told: none",
        "passport: operator demo.operator.example",
        "by a key that a passport confirms? · told: 0x",
        "by my own check of the whole evidence? · told: 0x",
        "other code, signed for by a careless verifier · refused by the device's own check: WrongPassport: Measurement",
        "other code, its evidence judged by the device · refused by the device's own check: WrongPassport: Evidence: MeasurementNotAllowed",
        "debug enclave, signed for by a careless verifier · refused by the device's own check: WrongPassport: Debug",
        "debug enclave, its evidence judged by the device · refused by the device's own check: WrongPassport: Evidence: DebugEnabled",
        "production is demanded, by its passport · refused by the device's own check: WrongPassport: Tier",
        "production is demanded, by its evidence · refused by the device's own check: WrongPassport: Evidence: RootUntrusted",
        "quote without the verifier's challenge, of the genuine enclave · refused by the verifier: ChallengeMissing",
        "endorser: revokes the key at PythiaRegistry",
        "revoked key, its passport still good · refused by the device's own check: KeyEnded",
        "lie ForgeValue · no answer (ProofInvalid",
        "lie ForgeHeader · no answer (",
        "lie WithholdLog · no logs (ReceiptsInvalid",
        "lie Hang · no answer (",
        "the follower has delivered every event",
        "lies told to the enclave",
        "development: the head is a node's word",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Demo_TwiceOnOneFolder_PlaysTheLifeAndDeploysOnce()
    {
        for (var run = 0; run < 2; run++)
        {
            await using var silo = SiloProcess.Start("demo", "--data", _folder.PathOf("data"));
            (await silo.WaitForExitAsync()).ShouldBe(0, silo.Text);

            var lines = silo.Output.ToList();
            lines.Count(line => line.Contains("  deployed ", StringComparison.Ordinal)).ShouldBe(run == 0 ? 6 : 0, silo.Text);
            var from = 0;
            foreach (var expected in ExpectedInOrder)
            {
                var found = lines.FindIndex(from, line => line.Contains(expected, StringComparison.Ordinal));
                found.ShouldBeGreaterThanOrEqualTo(from, $"run {run}: '{expected}' after line {from} of\n{silo.Text}");
                from = found + 1;
            }
        }
    }
}
