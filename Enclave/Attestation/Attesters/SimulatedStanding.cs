namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>How the simulated vendor stands to the platform when it issues collateral. The default is that all is well.</summary>
public sealed record SimulatedStanding
{
    /// <summary><c>tcbStatus</c> of the platform's level.</summary>
    public string TcbStatus { get; init; } = "UpToDate";

    /// <summary><c>advisoryIDs</c> of the platform's level.</summary>
    public IReadOnlyList<string> AdvisoryIds { get; init; } = [];

    /// <summary><c>tcbStatus</c> of the quoting enclave's level.</summary>
    public string QeStatus { get; init; } = "UpToDate";

    /// <summary><c>tcbEvaluationDataNumber</c> of TCB info and QE identity.</summary>
    public int EvaluationNumber { get; init; } = 17;

    /// <summary>Issued at this time instead of now; may lie in the future.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>From issue to next update of TCB info and QE identity. Intel: 30 days.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>From issue to next update of the PCK CRL; null: <see cref="Lifetime"/>.</summary>
    public TimeSpan? PckCrlLifetime { get; init; }

    /// <summary>From issue to next update of the root CRL. Intel: about a year.</summary>
    public TimeSpan RootCrlLifetime { get; init; } = TimeSpan.FromDays(365);

    /// <summary>The PCK CRL names the platform's certificate.</summary>
    public bool LeafRevoked { get; init; }

    /// <summary>The root CRL names the PCK CA.</summary>
    public bool IntermediateRevoked { get; init; }

    /// <summary>The root CRL names the TCB signing certificate.</summary>
    public bool TcbSignerRevoked { get; init; }

    /// <summary>FMSPC of the TCB info; null: the platform's.</summary>
    public ReadOnlyMemory<byte>? Fmspc { get; init; }

    /// <summary>PCEID of the TCB info; null: the platform's.</summary>
    public ReadOnlyMemory<byte>? PceId { get; init; }

    /// <summary>MRSIGNER of the QE identity; null: the quoting enclave's.</summary>
    public ReadOnlyMemory<byte>? QeSigner { get; init; }

    /// <summary>The TCB info lists only a level that the platform does not reach.</summary>
    public bool NoLevel { get; init; }
}
