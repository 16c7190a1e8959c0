using Microsoft.Extensions.Options;
using Pythia.Gateway.Requests;
using Pythia.Grains;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Health;

/// <summary>What grains say of each chain served: which enclaves answer, and where its follower stands.</summary>
internal sealed class GrainHealth(IGrainFactory grains, ServedChains chains, IOptions<OperationsOptions> options) : IHealthPart
{
    public string Name => "grains";

    public async ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
    {
        var reasons = new List<HealthReason>();
        var enclaves = 0;
        foreach (var chain in chains.All)
        {
            try
            {
                var healthy = await grains.GetPythiaDirectory(chain.ChainId).ListHealthyAsync().WaitAsync(cancellationToken);
                enclaves += healthy.IsDefault ? 0 : healthy.Length;
                if (healthy.IsDefaultOrEmpty)
                    reasons.Add(new(HealthCodes.NoEnclaveOfChain, chain.ChainId, null, $"no enclave of chain {chain.ChainId} has said within a minute that it answers"));

                var reports = await grains.GetPythiaDirectory(chain.ChainId).ListAsync().WaitAsync(cancellationToken);
                reasons.AddRange(reports.Where(report => report.State == EnclaveState.Drained).Select(report => Judge(HealthCodes.EnclaveDrained, chain.ChainId, report)));
                reasons.AddRange(reports.Where(report => report is { State: EnclaveState.Healthy, NextReasons.IsDefaultOrEmpty: false })
                    .Select(report => Judge(HealthCodes.EnclaveNextKeys, chain.ChainId, report with { Reasons = report.NextReasons }) with { Since = null }));
                if (!healthy.IsDefaultOrEmpty)
                    reasons.AddRange(reports.Where(report => report.State == EnclaveState.Silent).Select(report => Judge(HealthCodes.EnclaveSilent, chain.ChainId, report)));

                var ledger = await grains.GetLedger(chain.ChainId).GetAsync().WaitAsync(cancellationToken);
                if (Judge(chain.ChainId, ledger) is { } reason) reasons.Add(reason);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
            {
                return [new(HealthCodes.SilosSilent, chain.ChainId, null, $"the grains of chain {chain.ChainId} do not answer: {e.Message}")];
            }
        }

        // Useless to devices only if no chain at all has one.
        return enclaves > 0 ? reasons : [.. reasons.Select(r => r.Code == HealthCodes.NoEnclaveOfChain ? r with { Code = HealthCodes.NoEnclave } : r)];
    }

    private static HealthReason Judge(HealthCode code, ulong chain, EnclaveReport report)
        => new(
            code, chain, report.EnclaveId,
            $"enclave {report.EnclaveId} ({report.Attestation}): {string.Join("; ", report.Reasons.Select(reason => $"{reason.Name}, {reason.Detail}"))}",
            DateTimeOffset.FromUnixTimeMilliseconds(report.SinceUnixMs));

    private HealthReason? Judge(ulong chain, LedgerView ledger)
    {
        var since = ledger.TroubleSinceUnixMs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(ledger.TroubleSinceUnixMs) : default(DateTimeOffset?);
        if (ledger.Trouble.Length > 0)
            return new(HealthCodes.Of(ledger.TroubleCode), chain, null, $"the follower stands at block {ledger.Cursor}: {ledger.Trouble}", since);

        var lag = ledger.Head - Math.Min(ledger.Head, ledger.Cursor);
        return lag > (ulong)options.Value.FollowerLagBlocks
            ? new(HealthCodes.FollowerLags, chain, null, $"the follower is at block {ledger.Cursor}, {lag} behind the verified head {ledger.Head}; at most {options.Value.FollowerLagBlocks} expected")
            : null;
    }
}
