namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>What is kept for one platform, and when it is looked after again.</summary>
internal sealed class KeptCollateral(CollateralKey key)
{
    private static readonly TimeSpan BeforeItEnds = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private CheckedCollateral? _good;
    private DateTimeOffset _takenAt;
    private DateTimeOffset _retryAt;
    private CollateralTrouble? _trouble;
    private int? _wentBackFrom;

    public CollateralKey Key { get; } = key;

    /// <summary>One attempt at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public bool HoldsAt(DateTimeOffset now)
    {
        lock (_gate) return _good?.HoldsAt(now) == true;
    }

    /// <summary>Nothing kept holds, or it is old, or it ends within a day; but never within the pause after a failure.</summary>
    public bool IsDueAt(DateTimeOffset now, CollateralOptions options)
    {
        lock (_gate)
        {
            if (_trouble is not null) return now >= _retryAt;
            var age = now - _takenAt;
            return _good?.HoldsAt(now) != true
                || age >= TimeSpan.FromHours(options.RefreshHours)
                || (now >= _good.NotAfter - BeforeItEnds && age >= TimeSpan.FromSeconds(options.RetrySeconds));
        }
    }

    /// <summary>In which piece <paramref name="found"/> is older than what is kept; null when in none.</summary>
    /// <param name="found">What a service sent.</param>
    /// <param name="named">The evaluation number that the operator goes back to; 0: none.</param>
    public string? FindRollback(CheckedCollateral found, int named)
    {
        lock (_gate) return _good is null ? null : found.FindOlderThan(_good, named);
    }

    public void Take(CheckedCollateral found, DateTimeOffset at)
    {
        lock (_gate)
        {
            if (_good is not null && found.EvaluationNumber != _good.EvaluationNumber) _wentBackFrom = found.EvaluationNumber < _good.EvaluationNumber ? _good.EvaluationNumber : null;
            (_good, _takenAt, _trouble) = (found, at, null);
        }
    }

    public void Fail(CollateralException failed, DateTimeOffset now, DateTimeOffset retryAt)
    {
        lock (_gate) (_trouble, _retryAt) = (new CollateralTrouble(failed.Kind, failed.Message, _trouble?.Since ?? now), retryAt);
    }

    public CollateralLookup Lookup(DateTimeOffset now)
    {
        lock (_gate) return new CollateralLookup(_good?.HoldsAt(now) == true ? _good.Collateral : null, Standing(now));
    }

    public CollateralStanding Standing(DateTimeOffset now)
    {
        lock (_gate)
        {
            var trouble = _good is null || _good.HoldsAt(now)
                ? _trouble
                : new CollateralTrouble(
                    CollateralTroubleKind.Expired,
                    $"{_good.NotBefore:u} to {_good.NotAfter:u} kept, {now:u} asked for; the newest attempt: {_trouble?.Kind.ToString() ?? "none"} {_trouble?.Detail}".TrimEnd(),
                    _good.NotAfter);
            return new CollateralStanding(Key, _good?.EvaluationNumber, _good?.NotBefore, _good?.NotAfter, trouble, _wentBackFrom);
        }
    }
}
