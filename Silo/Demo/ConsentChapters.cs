using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Silo.Demo;

/// <summary>Grants, acceptance, revocation and sale, each followed by what the device is told.</summary>
internal sealed class ConsentChapters(LifeStage stage, Cast cast, MadeDevice made, LifeDevice device)
{
    private const ulong Hour = 3_600;
    private const ulong ClockSlack = 60;

    private static readonly Hash32 Telemetry = RegistryIds.Scope("telemetry:read");
    private static readonly Hash32 LockOpen = RegistryIds.Scope("lock:open");
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(10);

    private Fact ServiceReads => Fact.Consent(cast.Service.Address, Telemetry);

    private Fact StrangerOpens => Fact.CommandAllowed(cast.Stranger.Address, LockOpen);

    /// <summary>Policy, offer, acceptance.</summary>
    public async Task ShareDataAsync(CancellationToken cancellationToken)
    {
        stage.Report.Chapter("The owner shares data under a policy");
        var policy = Encoding.UTF8.GetBytes($$"""{"publisher":"{{cast.Publisher.Address}}","salt":"{{RandomNumberGenerator.GetHexString(16, lowercase: true)}}","purpose":"maintenance","retentionDays":30}""");
        var policyId = RegistryIds.PolicyId(policy);
        await stage.ActAsync(cast.Publisher, $"publishes a policy of {policy.Length} bytes", "Publish", new JsonObject { ["content"] = Hex.Format(policy) }, cancellationToken);
        await device.AskAsync("is the policy published?", Fact.PolicyStatus(policyId), "published", cancellationToken);

        await stage.ActAsync(cast.OwnerA, "offers S telemetry:read for a day", "Grant", Grant(cast.Service, Telemetry, ConsentKind.Data, 24 * Hour, policyId), cancellationToken);
        await device.AskAsync("has S telemetry:read?", ServiceReads, "offered", cancellationToken);
        await stage.ActAsync(
            cast.Service, "accepts the terms", "Accept",
            new JsonObject { ["key"] = new JsonObject { ["deviceId"] = made.Id.ToString(), ["scope"] = Telemetry.ToString() } }, cancellationToken);
        await device.AskAsync("has S telemetry:read?", ServiceReads, "active", cancellationToken);
    }

    /// <summary>Permission to command and its end.</summary>
    /// <returns>From the block of the revocation to the changed answer.</returns>
    public async Task<TimeSpan> CommandAsync(CancellationToken cancellationToken)
    {
        stage.Report.Chapter("A stranger commands, and no longer");
        await device.AskAsync("may X lock:open?", StrangerOpens, "no", cancellationToken);
        await stage.ActAsync(cast.OwnerA, "grants X lock:open for an hour", "Grant", Grant(cast.Stranger, LockOpen, ConsentKind.Command, Hour, default), cancellationToken);
        await device.AskAsync("may X lock:open?", StrangerOpens, "yes", cancellationToken);

        // The device asks all the time while the revocation goes its way; a clock notes when the node first has each block.
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answers = WatchAnswersAsync(watching.Token);
        var blocks = WatchBlocksAsync(watching.Token);
        var revoked = await stage.ActAsync(
            cast.OwnerA, "revokes everything of X in one act", "RevokeGrantee", new JsonObject { ["grantee"] = cast.Stranger.Address.ToString() }, cancellationToken);
        var seen = await answers;
        await watching.CancelAsync();
        var changed = Judge(seen, revoked.Block, await blocks);
        await device.AskAsync("may X lock:open?", StrangerOpens, "no", cancellationToken);
        stage.Report.Note($"asked {seen.Count} times meanwhile: yes before block {revoked.Block}, no from it on; {changed.TotalMilliseconds:0} ms from the block at the node to the changed answer");
        return changed;
    }

    /// <summary>The device is off while it changes hands.</summary>
    public async Task SellAsync(CancellationToken cancellationToken)
    {
        stage.Report.Chapter("The owner sells the device while it is off");
        device.SwitchOff();
        stage.Report.Note("the device is switched off");
        await stage.ActAsync(
            cast.OwnerA, "transfers the device to B", "Transfer", new JsonObject { ["deviceId"] = made.Id.ToString(), ["to"] = cast.OwnerB.Address.ToString() }, cancellationToken);
        await device.SwitchOnAsync(cancellationToken);
        stage.Report.Note($"the device is switched on and remembers block {device.Client.Memory.Block}");
        await device.AskAsync("who owns me?", Fact.OwnerOf, cast.OwnerB.Address.ToString(), cancellationToken);
        await device.AskAsync("what am I?", Fact.DeviceStatus, "active, epoch 2", cancellationToken);
        await device.AskAsync("has S telemetry:read?", ServiceReads, "none", cancellationToken);
        await stage.RefusedAsync(
            cast.OwnerA, "grants once more", "Grant", Grant(cast.Stranger, LockOpen, ConsentKind.Command, Hour, default), ["notAllowed"], cancellationToken);
    }

    private JsonObject Grant(Party grantee, Hash32 scope, ConsentKind kind, ulong seconds, Hash32 policy) => new()
    {
        ["terms"] = new JsonObject
        {
            ["deviceId"] = made.Id.ToString(),
            ["grantee"] = grantee.Address.ToString(),
            ["scope"] = scope.ToString(),
            ["kind"] = (int)kind,
            ["notBefore"] = stage.Now - ClockSlack,
            ["notAfter"] = stage.Now + seconds,
            ["bond"] = "0",
            ["policy"] = policy.ToString(),
        },
    };

    private async Task<List<(ulong Block, bool Given, long At)>> WatchAnswersAsync(CancellationToken cancellationToken)
    {
        var seen = new List<(ulong Block, bool Given, long At)>();
        do
        {
            var permission = await device.Client.MayCommandAsync(cast.Stranger.Address, LockOpen, cancellationToken);
            if (!permission.Answer.IsUsable) throw new UnexpectedException("device: may X lock:open?", permission.Answer.ToString(), "an answer");

            seen.Add((permission.Answer.Body!.Block, permission.IsGiven, stage.Time.GetTimestamp()));
            await Task.Delay(WatchPause, stage.Time, cancellationToken);
        }
        while (seen[^1].Given);

        return seen;
    }

    // Nodes push nothing over HTTP: whoever wants to know when a block is there has to look.
    private async Task<Dictionary<ulong, long>> WatchBlocksAsync(CancellationToken cancellationToken)
    {
        var first = new Dictionary<ulong, long>();
        try
        {
            while (true)
            {
                first.TryAdd(await stage.Chain.Rpc.BlockNumberAsync(cancellationToken), stage.Time.GetTimestamp());
                await Task.Delay(WatchPause, stage.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return first;
        }
    }

    private TimeSpan Judge(List<(ulong Block, bool Given, long At)> seen, ulong revokedAt, Dictionary<ulong, long> blocks)
    {
        foreach (var (block, given, _) in seen)
        {
            if (given != block < revokedAt)
                throw new UnexpectedException("device: may X lock:open?", $"{(given ? "yes" : "no")} at block {block}", string.Create(CultureInfo.InvariantCulture, $"yes before block {revokedAt}, no from it on"));
        }

        return blocks.TryGetValue(revokedAt, out var at) ? stage.Time.GetElapsedTime(at, seen[^1].At) : throw new UnexpectedException("revocation", $"block {revokedAt} unseen", "seen at the node");
    }
}
