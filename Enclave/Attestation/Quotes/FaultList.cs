using System.Collections.Immutable;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>Collects faults while a check goes on.</summary>
internal sealed class FaultList
{
    private readonly List<QuoteFault> _faults = [];

    public void Add(QuoteFaultKind kind, string detail) => _faults.Add(new QuoteFault(kind, detail));

    public void AddRange(ImmutableArray<QuoteFault> faults) => _faults.AddRange(faults);

    /// <summary>Adds a fault unless <paramref name="holds"/>.</summary>
    /// <returns><paramref name="holds"/>.</returns>
    public bool Expect(bool holds, QuoteFaultKind kind, string detail)
    {
        if (!holds) Add(kind, detail);
        return holds;
    }

    /// <summary>In the order of the check, which is that of the kinds.</summary>
    public ImmutableArray<QuoteFault> ToSorted() => [.. _faults.OrderBy(fault => fault.Kind)];
}
