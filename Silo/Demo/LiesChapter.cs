using System.Diagnostics;
using System.Security.Cryptography;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Device;
using Pythia.Enclave;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Silo.Demo;

/// <summary>
/// All that the enclave reads but the head goes through a proxy that lies. For each lie: 1. it begins, 2. the chain changes under it, 3. a device
/// that knows of the new block asks what nobody asked before: it gets no answer and a named reason, or the truth; 4. the logs of that block are
/// read: the truth, or a named reason; 5. the lie ends, and the same question gets the truth.
/// </summary>
internal sealed class LiesChapter(LifeStage stage, LifeDevice device, IEnclave enclave, LyingProxy proxy)
{
    private readonly EthereumKey _bystander = AnvilRpc.KeyOf("bystander");

    public async Task<int> PlayAsync(Party owner, CancellationToken cancellationToken)
    {
        stage.Report.Chapter("Every node lies");
        stage.Report.Note("assurance development: the head itself is one node's word. All else is read through a proxy that forges, cuts, swaps and withholds.");
        stage.Report.Note("A whole false chain that is consistent in itself is excluded only by the consensus rules that come later.");
        var lies = Enum.GetValues<Lie>().Where(lie => lie != Lie.Honest).ToList();
        foreach (var lie in lies) await PlayAsync(lie, cancellationToken);

        await device.AskAsync("who owns me, after all that?", Fact.OwnerOf, owner.Address.ToString(), cancellationToken);
        await CatchUpAsync(cancellationToken);
        return lies.Count;
    }

    private async Task PlayAsync(Lie lie, CancellationToken cancellationToken)
    {
        // 1. lie
        var told = proxy.Calls.Count;
        proxy.Lie = lie;

        // 2. change
        var (block, unixSeconds) = await ChangeChainAsync(cancellationToken);

        // 3. question
        using var knowing = await device.KnowingAsync(block, unixSeconds, cancellationToken);
        var fact = Fact.Consent(Address.FromSpan(RandomNumberGenerator.GetBytes(Address.Size)), RegistryIds.Scope("telemetry:read"));
        var started = Stopwatch.GetTimestamp();
        var answer = await knowing.AskAsync([fact], cancellationToken);
        var took = Stopwatch.GetElapsedTime(started);
        Judge(lie, fact, answer);

        // 4. logs
        var logs = await enclave.ReadLogsAsync(block, cancellationToken);
        if (logs.Block is { } read && read.Logs.Count != 1)
            throw new UnexpectedException($"{lie}: logs of block {block}", $"{read.Logs.Count} logs", "the one that is there, or a named reason");
        if (!proxy.Calls.Skip(told).Any(call => call.Lie == lie)) throw new UnexpectedException($"{lie}", "never told", "told once at least");
        if (answer.Fault == DeviceFault.None && logs.Refusal is null) throw new UnexpectedException($"{lie}", "nobody noticed", "a named reason");

        proxy.Lie = Lie.Honest;
        var reasons = new[] { answer.Fault == DeviceFault.None ? null : $"no answer ({answer.Detail})", logs.Refusal is { } refusal ? $"no logs ({refusal.Reason}: {refusal.Detail})" : null };
        stage.Report.Lied(lie.ToString(), string.Join("; ", reasons.Where(reason => reason is not null)), answer.Fault == DeviceFault.None, took);

        // 5. truth
        answer = await knowing.AskAsync([fact], cancellationToken);
        if (answer.Fault != DeviceFault.None || !answer.Results[0].IsNull) throw new UnexpectedException($"after {lie}", answer.ToString(), "the truth: none");
    }

    private static void Judge(Lie lie, Fact fact, DeviceAnswer answer)
    {
        if (answer.Fault == DeviceFault.None)
        {
            if (!answer.Results[0].IsNull) throw new UnexpectedException($"{lie}", $"told {LifeDevice.Describe(fact, answer.Results[0])}", "no false answer");
        }
        else if (answer.Fault != DeviceFault.Refused || answer.Detail.Length == 0)
        {
            throw new UnexpectedException($"{lie}", answer.ToString(), "a refusal with a named reason");
        }
    }

    // Somebody acts on our contracts without us: a known account of the development chain ends what it never granted.
    private async Task<(ulong Block, ulong UnixSeconds)> ChangeChainAsync(CancellationToken cancellationToken)
    {
        var act = new RevokeGranteeAct(
            new ActHeader(stage.Chain.Contracts.ConsentRegistry, _bystander.Address, 0, 0), Address.FromSpan(RandomNumberGenerator.GetBytes(Address.Size)));
        var receipt = await stage.Chain.SenderOf(_bystander).SendAsync(act.Contract, act.EncodeDirectCall(), cancellationToken: cancellationToken);
        if (!receipt.Succeeded) throw new UnexpectedException("a bystander's transaction", "reverted", "mined");

        var block = await stage.Chain.Rpc.BlockAsync(BlockTag.Number(receipt.BlockNumber), cancellationToken);
        return (receipt.BlockNumber, block!.UnixSeconds);
    }

    // The follower stood while receipts were lies; it goes on by itself and misses nothing.
    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        var head = await stage.Chain.Rpc.BlockNumberAsync(cancellationToken);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var ledger = await stage.Rest.ViewAsync("ledger", cancellationToken);
            if ((ulong)ledger["cursor"]! >= head && (string?)ledger["trouble"] == "")
            {
                stage.Report.Note($"the follower has delivered every event up to block {head}");
                return;
            }

            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(60))
                throw new UnexpectedException("follower", ledger.ToJsonString(), $"cursor {head} without trouble");
            await Task.Delay(TimeSpan.FromMilliseconds(100), stage.Time, cancellationToken);
        }
    }
}
