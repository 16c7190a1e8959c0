using System.Text.Json.Nodes;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;

namespace Pythia.Silo.Demo;

/// <summary>Registration and claim.</summary>
internal static class ClaimChapter
{
    public static async Task RegisterAsync(LifeStage stage, Factory factory, CancellationToken cancellationToken)
    {
        var batch = factory.Batch;
        var mined = await stage.ActAsync(
            factory.Manufacturer, $"registers {batch.Count} devices by one Merkle root", "RegisterBatch",
            new JsonObject { ["root"] = batch.Root.ToString(), ["count"] = batch.Count, ["uri"] = "https://maker.invalid/batches/1" }, cancellationToken);
        stage.Report.Note($"root {batch.Root}; {DemoReport.Number(mined.GasUsed / batch.Count)} gas a device");
    }

    /// <summary>The owner's evidence is ready but not mined when two strangers try with what they could see.</summary>
    public static async Task ClaimAsync(LifeStage stage, Cast cast, Factory factory, MadeDevice device, CancellationToken cancellationToken)
    {
        var (chainId, registry) = (stage.Chain.Contracts.ChainId, stage.Chain.Contracts.DeviceRegistry);
        var owners = Evidence(factory, device, device, chainId, registry, cast.OwnerA.Address);

        // The stranger copies everything out of the pending transaction.
        await TryAsync(stage, cast.Stranger, "claims with what A's pending transaction shows", owners, "DeviceClaimKeyMismatch", cancellationToken);

        // The stranger photographed the QR code, but holds another device.
        var photographed = Evidence(factory, device, factory.Devices[0] == device ? factory.Devices[1] : factory.Devices[0], chainId, registry, cast.Stranger.Address);
        await TryAsync(stage, cast.Stranger, "claims with a photograph of the QR code", photographed, "DeviceStatementInvalid", cancellationToken);

        await stage.ActAsync(cast.OwnerA, "claims the device with QR code and the device's own signature", "Claim", Fields(stage, owners, cast.OwnerA), cancellationToken);
        await stage.RefusedAsync(cast.Stranger, "claims the device that A has", "Claim", Fields(stage, owners, cast.Stranger), ["badSignature", "wrongState"], cancellationToken);
    }

    private static async Task TryAsync(LifeStage stage, Party who, string what, ClaimEvidence evidence, string contractsError, CancellationToken cancellationToken)
    {
        await stage.RefusedAsync(who, what, "Claim", Fields(stage, evidence, who), ["badSignature"], cancellationToken);
        await stage.RevertedAsync(who, what + ", without us", Act(stage, evidence, who), contractsError, cancellationToken);
    }

    private static ClaimEvidence Evidence(Factory factory, MadeDevice device, MadeDevice speaker, ulong chainId, Address registry, Address claimer)
        => factory.Evidence(
            device,
            device.ClaimKey.Sign(ClaimStatements.ClaimKeyMessage(chainId, registry, device.Id, claimer)).ToArray(),
            speaker.Identity.SignClaim(chainId, registry, claimer));

    private static JsonObject Fields(LifeStage stage, ClaimEvidence evidence, Party who) => LifeStage.FieldsOf(Act(stage, evidence, who));

    private static ClaimAct Act(LifeStage stage, ClaimEvidence evidence, Party who)
        => new(new ActHeader(stage.Chain.Contracts.DeviceRegistry, who.Address, 0, 0), evidence);
}
