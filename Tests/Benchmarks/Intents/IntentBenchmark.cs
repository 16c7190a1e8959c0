using System.Globalization;
using Pythia.Benchmarks.Measuring;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;

namespace Pythia.Benchmarks.Intents;

/// <summary>Intents from their submission until the follower has read their outcome in verified receipts, against one transaction each.</summary>
internal sealed class IntentBenchmark : IBenchmark
{
    private const int Lanes = 2;
    private const int Owners = 400;

    // What an operator without a mirror would do: as many calls at once as a client's connections carry.
    private const int DirectAtOnce = 32;

    public string Name => "intents";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        using var chain = new LoadChain(Lanes);
        await chain.InitializeAsync();
        try
        {
            var owners = Enumerable.Range(0, Math.Min(Owners, scale.Of(Owners * 10))).Select(_ => EthereumKey.Create()).ToArray();
            var each = Math.Max(2, scale.Of(16));
            await RelayAsync(chain, await SignAsync(chain, owners, 1, 0), cancellationToken); // warm-up
            chain.Counts.Clear();

            var acts = await SignAsync(chain, owners, each, 1);
            var bytes = GC.GetTotalAllocatedBytes();
            var processor = Environment.CpuUsage.TotalTime;
            var relayed = await RelayAsync(chain, acts, cancellationToken);
            bytes = GC.GetTotalAllocatedBytes() - bytes;
            var milliseconds = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / acts.Length;
            var work = chain.Counts.Done;
            var direct = await SendEachAsync(chain, await SignAsync(chain, owners, Math.Max(1, each / 4), 2), cancellationToken);

            report.Add(
                "Carried out",
                $"{acts.Length} intents of {owners.Length} owners, {Lanes} lanes, blocks of a second; from the first submission until each outcome was read in verified receipts and stored. "
                    + $"The peer sends one transaction each, {DirectAtOnce} at once, stores nothing and checks nothing. {bytes / acts.Length:N0} bytes allocated an intent.",
                [
                    new Measured("intents in batches", relayed, "/s", "one transaction each", direct),
                    new Measured("intents in batches", relayed, "/s", "target", 1_000),
                    new Measured("by the silo's processor time, enclave and callers included, for each core it has to itself", 1_000 / milliseconds, "/s", "target", 1_000),
                ]);
            report.Add(
                "Work for each intent",
                "Counted, since seconds depend on the machine.",
                [.. work.Select(w => new Measured(
                    string.Create(CultureInfo.InvariantCulture, $"{w.What}{(w.Bytes > 0 ? $", {w.Bytes / w.Times:N0} bytes each" : "")}"),
                    (double)w.Times / acts.Length,
                    "",
                    "one an intent",
                    1))]);
        }
        finally
        {
            await chain.DisposeAsync();
        }
    }

    private static async Task<Signed[]> SignAsync(LoadChain chain, EthereumKey[] owners, int each, int series)
    {
        var deadline = await chain.NowAsync() + 3_600;
        return [.. from i in Enumerable.Range(0, each)
                   from owner in owners
                   select Sign(chain, owner, new ActHeader(
                       chain.Deployment.ConsentRegistry, owner.Address, KeyedNonce.Of((ulong)((series * 1_000) + i), 0), deadline))];
    }

    private static Signed Sign(LoadChain chain, EthereumKey owner, ActHeader header)
    {
        var grantee = Address.FromSpan(Keccak256.HashData([.. owner.Address.ToArray(), .. header.Nonce.ToByteArray()]).ToArray().AsSpan(12));
        var act = new RevokeGranteeAct(header, grantee);
        var signature = owner.Sign(act.Digest(chain.ChainId)).ToArray();
        return new(act, new SignedIntent(SignedActJson.Format(act), [.. signature]), act.EncodeSignedCall(signature));
    }

    private static async Task<double> RelayAsync(LoadChain chain, Signed[] acts, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var perOwner = acts.GroupBy(a => a.Act.Signer).Select(async group =>
        {
            var owner = chain.Grains.GetGrain<IOwnerGrain>(chain.Key(group.Key));
            foreach (var act in group)
            {
                await SubmitAsync(owner, act, cancellationToken).ConfigureAwait(false);
            }

            foreach (var act in group)
            {
                await UntilMinedAsync(chain, act, cancellationToken).ConfigureAwait(false);
            }
        });
        await Task.WhenAll(perOwner);
        return acts.Length / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task SubmitAsync(IOwnerGrain owner, Signed act, CancellationToken cancellationToken)
    {
        while (true)
        {
            var receipt = await owner.SubmitAsync(act.Intent, cancellationToken).ConfigureAwait(false);
            if (receipt.Verdict is IntentVerdict.Accepted) return;
            if (receipt.Verdict is not IntentVerdict.Busy) throw new InvalidOperationException($"{receipt.Verdict}: {receipt.Detail}");
            await Task.Delay(100, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task UntilMinedAsync(LoadChain chain, Signed act, CancellationToken cancellationToken)
    {
        var intent = chain.Grains.GetGrain<IIntentGrain>(chain.Key(act.Act.Digest(chain.ChainId)));
        var view = await intent.GetAsync().ConfigureAwait(false);
        while (view.Stage < IntentStage.Mined)
        {
            view = await intent.WaitAsync(view.Version, TimeSpan.FromSeconds(15), cancellationToken).ConfigureAwait(false);
        }

        if (view.Stage is IntentStage.Failed) throw new InvalidOperationException($"{view.Digest} failed: {view.Reason}");
    }

    private static async Task<double> SendEachAsync(LoadChain chain, Signed[] acts, CancellationToken cancellationToken)
    {
        using var key = await chain.FundedKeyAsync("direct");
        var transactions = acts.Select((act, i) => new Eip1559Transaction
        {
            ChainId = chain.ChainId,
            Nonce = (ulong)i,
            MaxFeePerGasWei = FeePolicy.Gwei(100),
            MaxPriorityFeePerGasWei = FeePolicy.Gwei(1),
            GasLimit = 1_000_000,
            To = act.Act.Contract,
            Data = act.Call,
        }.Sign(key)).ToArray();

        var started = TimeProvider.System.GetTimestamp();
        await Parallel.ForEachAsync(
            transactions,
            new ParallelOptions { MaxDegreeOfParallelism = DirectAtOnce, CancellationToken = cancellationToken },
            async (transaction, token) => await chain.Rpc.SendAsync(transaction, token).ConfigureAwait(false));
        var last = default(RpcReceipt);
        while (last is null)
        {
            last = await chain.Rpc.ReceiptAsync(transactions[^1].Hash, cancellationToken);
            if (last is null) await Task.Delay(50, cancellationToken);
        }

        return last.Succeeded ? acts.Length / TimeProvider.System.GetElapsedTime(started).TotalSeconds : throw new InvalidOperationException("the last act was refused");
    }

    private sealed record Signed(SignedAct Act, SignedIntent Intent, byte[] Call);
}
