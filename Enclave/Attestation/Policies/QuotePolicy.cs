using System.Collections.Immutable;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Policies;

/// <summary>Which appraisals are accepted. Immutable.</summary>
public sealed record QuotePolicy
{
    /// <summary>Intel's root, CRLs required, no debug, UpToDate or SWHardeningNeeded, any measurement, platform and evaluation number.</summary>
    public static QuotePolicy Strict { get; } = new();

    /// <summary>The root keys; hand it to <see cref="QuoteVerifier"/> too.</summary>
    public QuoteTrust Trust { get; init; } = QuoteTrust.Intel;

    /// <summary>False lets evidence through that was recorded without CRLs; one that is there must hold all the same.</summary>
    public bool CrlsRequired { get; init; } = true;

    public ImmutableHashSet<TcbStatus> Statuses { get; init; } = [TcbStatus.UpToDate, TcbStatus.SWHardeningNeeded];

    /// <summary>Null: any.</summary>
    public ImmutableHashSet<string>? Advisories { get; init; }

    /// <summary>The least tcbEvaluationDataNumber of TCB info and QE identity; null: any.</summary>
    public int? MinimumEvaluationNumber { get; init; }

    /// <summary>PPIDs, 32 lower-case hex digits each; null: any.</summary>
    public ImmutableHashSet<string>? Platforms { get; init; }

    /// <summary>64 lower-case hex digits each, for whoever knows what the quote binds (the issuer of passports); null: any.</summary>
    public ImmutableHashSet<string>? Configurations { get; init; }

    public bool DebugAllowed { get; init; }

    /// <summary>One of these must fit; null: any measurement.</summary>
    public ImmutableArray<AllowedMeasurement>? Measurements { get; init; }

    /// <summary>Says whether this evidence is accepted, with every reason against it.</summary>
    public PolicyVerdict Judge(QuoteAppraisal appraisal) => throw new NotSupportedException("being written");

    /// <summary>Reads a policy file (docs/operations/attestation-policy.md).</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="QuotePolicyException">It is no policy; the message names every mistake.</exception>
    public static QuotePolicy Read(ReadOnlyMemory<byte> json) => throw new NotSupportedException("being written");
}

/// <summary>A policy file that can't be used; the message names every mistake.</summary>
public sealed class QuotePolicyException(string message) : Exception(message);
