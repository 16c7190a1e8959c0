using System.Collections.Concurrent;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>
/// Keeps the newest good collateral of each platform, on disk too, and asks for it anew in time. Safe for concurrent calls.
/// </summary>
/// <remarks>
/// What holds:
/// <code>
/// 1. Only collateral that is whole, of that platform, signed under the trusted root and valid now takes the place of what is kept.
/// 2. Nothing takes the place of something newer: no lower evaluation number but the one that the operator named, no earlier issue within one number and of no
///    revocation list, even when what is kept has ended.
/// 3. What is kept is given out while it holds by its own dates, whatever the service does, and never after.
/// 4. A restart has what was kept, checked again.
/// </code>
/// </remarks>
/// <param name="source">Where it comes from; null: nowhere, and what is on disk is all there is.</param>
/// <param name="trust">The roots that collateral may be signed under.</param>
/// <param name="options">How often it is asked for.</param>
/// <param name="time">The clock that dates are held against.</param>
/// <param name="folder">Where the last good is kept; null: in memory only.</param>
public sealed class CollateralStore(ICollateralSource? source, QuoteTrust trust, CollateralOptions options, TimeProvider time, string? folder)
    : ICollateralSource, IDisposable
{
    /// <summary>The meter of <c>pythia.collateral.*</c>.</summary>
    public const string MeterName = "Pythia.Collateral";

    // From disk it is not known when it was asked for: at once again.
    private static readonly TimeSpan AgeUnknown = TimeSpan.FromDays(365);

    private readonly ConcurrentDictionary<CollateralKey, KeptCollateral> _kept = new();
    private readonly CollateralFiles? _files = folder is null ? null : new CollateralFiles(folder);
    private readonly CollateralMetrics _metrics = new();

    /// <summary>Every platform that was asked for.</summary>
    public IReadOnlyList<CollateralStanding> Standings
        => [.. _kept.Values.Select(kept => kept.Standing(time.GetUtcNow())).OrderBy(standing => standing.Key.ToString(), StringComparer.Ordinal)];

    /// <summary>What is there for a platform. Asks for it first only where nothing that is kept holds, and not before the pause after a failure is over.</summary>
    public async Task<CollateralLookup> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
    {
        var kept = Of(key);
        if (!kept.HoldsAt(time.GetUtcNow())) await RefreshAsync(kept, cancellationToken).ConfigureAwait(false);
        return kept.Lookup(time.GetUtcNow());
    }

    /// <inheritdoc/>
    async ValueTask<QuoteCollateral> ICollateralSource.GetAsync(CollateralKey key, CancellationToken cancellationToken)
    {
        var found = await GetAsync(key, cancellationToken).ConfigureAwait(false);
        return found.Collateral ?? throw new CollateralException(found.Standing.Trouble!.Kind, $"collateral {key}: {found.Standing.Trouble.Detail}");
    }

    /// <summary>Asks for everything whose time has come, all at once.</summary>
    public Task RefreshDueAsync(CancellationToken cancellationToken = default)
        => Task.WhenAll(_kept.Values.Select(kept => RefreshAsync(kept, cancellationToken)));

    /// <inheritdoc/>
    public void Dispose() => _metrics.Dispose();

    private KeptCollateral Of(CollateralKey key)
        => _kept.GetOrAdd(key, added =>
        {
            var kept = new KeptCollateral(added);
            Load(kept);
            _metrics.Watch(kept, time);
            return kept;
        });

    // A file that is damaged, or of another root than today's, is as good as none; the next success writes over it.
    private void Load(KeptCollateral kept)
    {
        try
        {
            if (_files?.Read(kept.Key) is { } stored) kept.Take(CheckedCollateral.Read(stored, kept.Key, trust), time.GetUtcNow() - AgeUnknown);
        }
        catch (CollateralException damaged)
        {
            kept.Fail(damaged, time.GetUtcNow(), retryAt: time.GetUtcNow());
        }
    }

    // One attempt at a time for each platform; who comes meanwhile waits for it and takes what it brought.
    private async Task RefreshAsync(KeptCollateral kept, CancellationToken cancellationToken)
    {
        await kept.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var now = time.GetUtcNow();
            if (kept.IsDueAt(now, options)) await AttemptAsync(kept, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            kept.Turn.Release();
        }
    }

    private async Task AttemptAsync(KeptCollateral kept, CancellationToken cancellationToken)
    {
        try
        {
            if (source is null) throw new CollateralException(CollateralTroubleKind.NoSource, $"{CollateralOptions.Section}:{nameof(CollateralOptions.Url)}: nothing found, an address expected");
            var found = CheckedCollateral.Read(await source.GetAsync(kept.Key, cancellationToken).ConfigureAwait(false), kept.Key, trust);
            var now = time.GetUtcNow();
            if (!found.HoldsAt(now)) throw new CollateralException(CollateralTroubleKind.NotGenuine, $"{found.NotBefore:u} to {found.NotAfter:u} found, dates around {now:u} expected");
            if (kept.FindRollback(found, options.EvaluationNumber) is { } older) throw new CollateralException(CollateralTroubleKind.RolledBack, older);
            kept.Take(found, now);
            _files?.Write(kept.Key, found.Collateral); // after the memory: what can't be written still serves, and is said
            _metrics.Refreshed(kept.Key, "Refreshed");
        }
        catch (CollateralException failed)
        {
            var now = time.GetUtcNow();
            kept.Fail(failed, now, now + TimeSpan.FromSeconds(options.RetrySeconds));
            _metrics.Refreshed(kept.Key, failed.Kind.ToString());
        }
    }
}
