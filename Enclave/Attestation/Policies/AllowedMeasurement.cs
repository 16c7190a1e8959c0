using System.Collections.Immutable;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Policies;

/// <summary>One code that is allowed: by MRENCLAVE, by MRSIGNER with product and least SVN, or by MRTD. What it states narrows or widens the policy for it alone.</summary>
public sealed record AllowedMeasurement
{
    /// <summary>For people: printed where it let evidence through.</summary>
    public string? Name { get; init; }

    /// <summary>64 lower-case hex digits.</summary>
    public string? MrEnclave { get; init; }

    /// <summary>64 lower-case hex digits; then <see cref="IsvProdId"/> and <see cref="MinimumIsvSvn"/> are there too.</summary>
    public string? MrSigner { get; init; }

    public int? IsvProdId { get; init; }

    public int? MinimumIsvSvn { get; init; }

    /// <summary>96 lower-case hex digits.</summary>
    public string? MrTd { get; init; }

    /// <summary>Beside <see cref="MrTd"/>, 96 lower-case hex digits: the service domains that may be bound to it; null: none may.</summary>
    public string? MrServiceTd { get; init; }

    /// <summary>In place of the policy's; null: the policy's.</summary>
    public ImmutableHashSet<TcbStatus>? Statuses { get; init; }

    /// <summary>In place of the policy's; null: the policy's.</summary>
    public ImmutableHashSet<string>? Advisories { get; init; }

    /// <summary>In place of the policy's; null: the policy's.</summary>
    public ImmutableHashSet<string>? Configurations { get; init; }

    public bool DebugAllowed { get; init; }

    /// <summary>Whether it names the code that these facts are of. An entry that names no code fits none.</summary>
    internal bool Fits(QuoteFacts facts) => facts switch
    {
        { Sgx: { } sgx } when MrEnclave is not null => IsHex(sgx.MrEnclave, MrEnclave),
        { Sgx: { } sgx } when MrSigner is not null => IsHex(sgx.MrSigner, MrSigner) && sgx.IsvProdId == IsvProdId && sgx.IsvSvn >= MinimumIsvSvn,
        { Tdx: { } tdx } when MrTd is not null => IsHex(tdx.MrTd, MrTd),
        _ => false,
    };

    /// <summary>Whether the service domains bound to it are those that it names. A report of TDX 1.0 names none; such a domain has none.</summary>
    internal bool FitsServiceTd(TdxReport tdx)
        => tdx.MrServiceTd is { } found && found.Span.ContainsAnyExcept((byte)0) ? MrServiceTd is not null && IsHex(found, MrServiceTd) : MrServiceTd is null;

    private static bool IsHex(ReadOnlyMemory<byte> bytes, string hex) => string.Equals(Convert.ToHexStringLower(bytes.Span), hex, StringComparison.Ordinal);
}
