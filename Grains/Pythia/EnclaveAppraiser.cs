using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains.Pythia;

/// <summary>What an appraisal found.</summary>
/// <param name="Reasons">Why the enclave gets no questions; empty: it is accepted.</param>
/// <param name="HoldsUntil">When the evidence ends; null: there is none that ends.</param>
/// <param name="NextReasons">Why it would get none if its next keys signed already; empty: it would, or has announced none.</param>
public sealed record EnclaveStanding(ImmutableArray<EnclaveReason> Reasons, DateTimeOffset? HoldsUntil, ImmutableArray<EnclaveReason> NextReasons)
{
    public bool IsAccepted => Reasons.IsEmpty;
}

/// <summary>
/// Judges the enclaves beside this silo as their devices' verifiers would, so that an operator learns of evidence that no longer holds before the devices do.
/// It is a service to the operator, and no part of what a device trusts. Safe for concurrent calls.
/// <code>
/// 1. a quote over the keys that sign now and a nonce of ours; kept while those keys sign, and renewed every QuoteMinutes
/// 2. collateral of its platform from the store
/// 3. verifier and policy, at this moment
/// 4. report data: this nonce, these keys, this configuration
/// 5. the same for the keys that sign next, as soon as they are announced: when they sign, their evidence is there and was judged, and what stands against them was
///    said an overlap before
/// </code>
/// </summary>
public sealed partial class EnclaveAppraiser(
    AttestationSetup setup, IOptions<AttestationOptions> options, TimeProvider time, EnclaveFigures figures, ILogger<EnclaveAppraiser> logger)
{
    private readonly ConcurrentDictionary<(ulong Chain, string Id, string KeyId), Evidence> _evidence = new();
    private readonly CollateralCache _cache = new();

    /// <summary><c>unattested</c>, <c>simulated</c> or <c>gramine</c>.</summary>
    public string Attestation => setup.Name;

    /// <summary>Judges one enclave now.</summary>
    /// <exception cref="EnclaveException">It is gone.</exception>
    public async Task<EnclaveStanding> AppraiseAsync(IEnclave enclave, EnclaveIdentity identity, CancellationToken cancellationToken)
    {
        if (setup.Policy is not { } policy) return new EnclaveStanding([], null, []);

        Forget(identity);
        var (reasons, holdsUntil) = await AppraiseAsync(enclave, identity, identity.Current, policy, cancellationToken);
        if (reasons is [{ Name: nameof(EnclaveFault.UnknownKey) }])
        {
            // Its keys turned since it said who it is: once more, by the new ones.
            identity = await WithinAsync(enclave.IdentifyAsync, cancellationToken);
            (reasons, holdsUntil) = await AppraiseAsync(enclave, identity, identity.Current, policy, cancellationToken);
        }

        // 5. the keys that sign next
        var next = identity.Next is { } keys ? (await AppraiseAsync(enclave, identity, keys, policy, cancellationToken)).Reasons : [];
        var standing = new EnclaveStanding(reasons, holdsUntil, next);
        figures.Appraised(identity.Id, setup.Name, standing);
        return standing;
    }

    private async Task<(ImmutableArray<EnclaveReason> Reasons, DateTimeOffset? HoldsUntil)> AppraiseAsync(
        IEnclave enclave, EnclaveIdentity identity, EnclaveKeys keys, QuotePolicy policy, CancellationToken cancellationToken)
    {
        // 1. a quote
        var (evidence, refusal) = await FindEvidenceAsync(enclave, identity, keys, cancellationToken);
        if (evidence is null) return ([refusal!], null);

        // 2. collateral
        var quote = evidence.Attestation.Quote;
        var (collateral, missing) = await setup.FindCollateralAsync(quote, cancellationToken);
        var reasons = ImmutableArray.CreateBuilder<EnclaveReason>();
        if (missing is not null) reasons.Add(missing);

        // 3. verifier and policy
        var appraisal = QuoteVerifier.Verify(quote, collateral ?? new QuoteCollateral(), policy.Trust, time.GetUtcNow(), _cache);
        var verdict = policy.Judge(appraisal);
        if (collateral is not null || appraisal.Facts?.Pck is null) reasons.AddRange(verdict.Reasons.Select(r => new EnclaveReason(r.Name, r.Detail)));
        if (verdict.IsAccepted && !policy.AllowsConfiguration(verdict, identity.ConfigurationHash.Span))
        {
            reasons.Add(new("ConfigurationNotAllowed", $"configuration hash {Convert.ToHexStringLower(identity.ConfigurationHash.Span)} found, one of the policy's expected"));
        }

        // 4. report data
        if (FindUnbound(evidence, identity, keys, appraisal.Facts) is { } unbound) reasons.Add(unbound);
        return (reasons.ToImmutable(), appraisal.Facts?.Validity?.NotAfter);
    }

    // Of keys that are gone.
    private void Forget(EnclaveIdentity identity)
    {
        foreach (var kept in _evidence.Keys.Where(kept => kept.Chain == identity.ChainId && kept.Id == identity.Id))
        {
            if (kept.KeyId != Name(identity.Current) && (identity.Next is null || kept.KeyId != Name(identity.Next))) _evidence.TryRemove(kept, out _);
        }
    }

    private static string Name(EnclaveKeys keys) => Convert.ToHexStringLower(keys.KeyId.Span);

    private async Task<(Evidence? Evidence, EnclaveReason? Refusal)> FindEvidenceAsync(
        IEnclave enclave, EnclaveIdentity identity, EnclaveKeys keys, CancellationToken cancellationToken)
    {
        var key = (identity.ChainId, identity.Id, Name(keys));
        var kept = _evidence.GetValueOrDefault(key);
        if (kept is not null && time.GetElapsedTime(kept.MadeAt) < TimeSpan.FromMinutes(options.Value.QuoteMinutes)) return (kept, null);

        var nonce = RandomNumberGenerator.GetBytes(KeyBinding.NonceBytes);
        try
        {
            var attestation = await WithinAsync(giveUp => enclave.AttestAsync(nonce, keys.KeyId, giveUp), cancellationToken);
            var evidence = new Evidence(attestation, nonce, time.GetTimestamp());
            _evidence[key] = evidence;
            return (evidence, null);
        }
        catch (EnclaveException refused) when (refused.Fault is EnclaveFault.NotAttested or EnclaveFault.QuoteFailed or EnclaveFault.UnknownKey or EnclaveFault.Busy or EnclaveFault.Gone)
        {
            // A quote that hangs is one that is not made; whether its enclave is gone too, those who ask it for something else will find.
            // A quote of the same keys stays true, although a newer one can't be made just now.
            LogNoQuote(identity.Id, refused.Fault, refused);
            return kept is not null ? (kept, null) : (null, new EnclaveReason(refused.Fault.ToString(), refused.Message));
        }
    }

    private Task<T> WithinAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
        => EnclaveReplies.WithinAsync(TimeSpan.FromSeconds(options.Value.ReplySeconds), time, ask, cancellationToken);

    private static EnclaveReason? FindUnbound(Evidence evidence, EnclaveIdentity identity, EnclaveKeys keys, QuoteFacts? facts)
    {
        if (facts is null) return null;

        // What it hands over beside the quote counts for nothing: the keys are those that it answers with, the nonce is ours.
        var binding = new KeyBinding(
            keys.SigningKey, keys.AgreementKey, identity.ConfigurationHash, identity.AnchorHash, evidence.Nonce);
        var expected = binding.ComputeReportData();
        return facts.ReportData.Span.SequenceEqual(expected)
            ? null
            : new("ReportDataMismatch", $"REPORTDATA {Convert.ToHexStringLower(facts.ReportData.Span)} found, {Convert.ToHexStringLower(expected)} expected");
    }

    [LoggerMessage(EventId = 1402, Level = LogLevel.Warning, Message = "Enclave {Enclave} gave no quote: {Fault}")]
    private partial void LogNoQuote(string enclave, EnclaveFault fault, Exception exception);

    private sealed record Evidence(EnclaveAttestation Attestation, ReadOnlyMemory<byte> Nonce, long MadeAt);
}
