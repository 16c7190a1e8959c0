using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>Which kind of trusted environment a quote speaks of.</summary>
public enum TeeKind
{
    Sgx,
    Tdx,
}

/// <summary>Every fact that quote and collateral state. Null: not stated, or not readable.</summary>
public sealed record QuoteFacts
{
    /// <summary>3, 4 or 5.</summary>
    public required int Version { get; init; }

    public required TeeKind Tee { get; init; }

    /// <summary>The enclave; null for TDX.</summary>
    public SgxReport? Sgx { get; init; }

    /// <summary>The trust domain; null for SGX.</summary>
    public TdxReport? Tdx { get; init; }

    /// <summary>64 bytes.</summary>
    public required ReadOnlyMemory<byte> ReportData { get; init; }

    /// <summary>Its memory can be read from outside: DEBUG for SGX, any bit of TUD for TDX.</summary>
    public required bool Debug { get; init; }

    /// <summary>Bytes behind the quote.</summary>
    public int TrailingBytes { get; init; }

    /// <summary>The platform as its PCK certificate states it.</summary>
    public PckFacts? Pck { get; init; }

    /// <summary>The platform's level in the TCB info.</summary>
    public TcbFinding? Platform { get; init; }

    /// <summary>The TDX module's level; null for SGX and where the TCB info lists no identity for the module's version.</summary>
    public TcbFinding? TdxModule { get; init; }

    /// <summary>The quoting enclave's level in the QE identity.</summary>
    public TcbFinding? Qe { get; init; }

    /// <summary>Platform, TDX module and quoting enclave together: what a policy judges. Null unless all that apply are known.</summary>
    public TcbStatus? Status { get; init; }

    /// <summary>The advisories of all levels found, each once, the platform's first.</summary>
    public ImmutableArray<string> AdvisoryIds { get; init; } = [];

    /// <summary>tcbEvaluationDataNumber of the TCB info.</summary>
    public int? TcbEvaluationNumber { get; init; }

    /// <summary>tcbEvaluationDataNumber of the QE identity.</summary>
    public int? QeEvaluationNumber { get; init; }

    public ValidityWindow? TcbInfoValidity { get; init; }

    public ValidityWindow? QeIdentityValidity { get; init; }

    public ValidityWindow? RootCrlValidity { get; init; }

    public ValidityWindow? PckCrlValidity { get; init; }

    /// <summary>From the latest beginning to the earliest end of every certificate, CRL and document that was read: outside of it this evidence has a fault.</summary>
    public ValidityWindow? Validity { get; init; }
}

/// <summary>From when until when something holds.</summary>
public readonly record struct ValidityWindow(DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <summary>The level that was found for a platform, a module or a quoting enclave.</summary>
/// <param name="Status">Its status.</param>
/// <param name="AdvisoryIds">As listed.</param>
/// <param name="Date">tcbDate: issues published until then are what the level stands for.</param>
public sealed record TcbFinding(TcbStatus Status, ImmutableArray<string> AdvisoryIds, DateTimeOffset Date);

/// <summary>What a PCK certificate and its chain state.</summary>
public sealed record PckFacts : SgxExtension
{
    [SetsRequiredMembers]
    internal PckFacts(SgxExtension platform)
        : base(platform)
    {
    }

    /// <summary>Common name of the CA that the certificate names: <c>Intel SGX PCK Platform CA</c> or <c>Intel SGX PCK Processor CA</c>; null where it names none in a form that is known.</summary>
    public string? Ca { get; init; }

    /// <summary>The leaf's own.</summary>
    public required ValidityWindow Validity { get; init; }

    /// <summary>x ‖ y, 64 bytes: the key that the chain ends in, trusted or not; null where the certificates are no chain.</summary>
    public ReadOnlyMemory<byte>? RootKey { get; init; }
}
