namespace Pythia.Gateway.Passports;

/// <summary>
/// Who may have how many of the quotes that can be made:
/// <code>
/// a fifth       renewing stored passports, which all are served with: nobody's requests take from it
/// four fifths   whoever asks for a quote of his own, and renewals beyond their fifth
/// a quarter     of these four fifths at most: one network address
/// </code>
/// </summary>
/// <param name="perMinute">Quotes a minute, of all together.</param>
/// <param name="time">Its timer.</param>
internal sealed class QuoteShares(int perMinute, TimeProvider time)
{
    private const double RenewalShare = 1 / 5.0;
    private const double AddressShare = 1 / 4.0;
    private const int MostAddresses = 4_096;

    private readonly Lock _lock = new();
    private readonly QuoteBudget _renewals = new(perMinute * RenewalShare, time);
    private readonly QuoteBudget _asked = new(perMinute * (1 - RenewalShare), time);
    private readonly Dictionary<string, QuoteBudget> _addresses = new(StringComparer.Ordinal);

    /// <summary>Takes one quote.</summary>
    /// <param name="address">Who asks for it, as of <c>NetworkAddress</c>; null where a stored passport is renewed.</param>
    /// <returns>What it was taken from, to be given back where no quote was made; null: none is left.</returns>
    public QuoteBudget[]? TryTake(string? address)
    {
        if (address is null) return _renewals.TryTake() ? [_renewals] : _asked.TryTake() ? [_asked] : null;

        var own = Of(address);
        if (!own.TryTake()) return null;
        if (_asked.TryTake()) return [own, _asked];

        own.GiveBack();
        return null;
    }

    // Whoever has more addresses than the table holds is limited by what all have together.
    private QuoteBudget Of(string address)
    {
        lock (_lock)
        {
            if (_addresses.TryGetValue(address, out var known)) return known;
            if (_addresses.Count >= MostAddresses) _addresses.Clear();

            return _addresses[address] = new QuoteBudget(perMinute * (1 - RenewalShare) * AddressShare, time);
        }
    }
}
