using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;

namespace Pythia.Silo.Endorsing;

/// <summary>
/// Holds another endorser's proposal against one's own policy and one's own look at the enclave: 1. the proposer's evidence is what its hash says and is let through by
/// this policy, 2. every term follows from it, 3. it is of the enclave that answered to one's own nonce, 4. its times are near enough, and not so near that the registration
/// is worth nothing. Pure.
/// </summary>
internal static class ProposalCheck
{
    // What two endorsers' clocks may differ.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LongestOpen = TimeSpan.FromDays(7);

    // One who wants a quarter of what one wants oneself is agreed with.
    private const ulong LeastPart = 4;

    /// <param name="proposal">Whose digest is that of its terms.</param>
    /// <param name="evidence">As handed over for the proposer's.</param>
    /// <param name="own">One's own look at the same key, with claims.</param>
    /// <param name="terms">One's own.</param>
    /// <param name="now">By one's own clock.</param>
    /// <returns>Every reason against it, by name; none: it can be signed.</returns>
    public static ImmutableArray<string> FindReasons(Proposal proposal, byte[] evidence, EnclaveLook own, EndorserTerms terms, DateTimeOffset now)
    {
        // 1. evidence
        var look = EnclaveLook.At(evidence, terms, terms.KeyLifetime + Skew, now);
        var act = proposal.Act;
        if (look.EvidenceHash != act.Registration.Evidence) return [$"EvidenceMismatch: evidence with SHA-256 {look.EvidenceHash} found, {act.Registration.Evidence} expected"];
        if (look.Claims is null) return look.Reasons;

        // 2. terms, 3. the enclave that answered
        var reasons = ImmutableArray.CreateBuilder<string>();
        CompareTerms(act, look.ToAct(act.Contract, act.DeadlineUnixSeconds), "its evidence", reasons);
        CompareTerms(act, own.ToAct(act.Contract, act.DeadlineUnixSeconds), "the enclave", reasons);

        // 4. times
        var lastDeadline = (ulong)(now + LongestOpen + Skew).ToUnixTimeSeconds();
        if (act.DeadlineUnixSeconds > lastDeadline) reasons.Add($"Deadline: {act.DeadlineUnixSeconds} found, at most {lastDeadline} expected");

        var (least, latest) = (LeastNotAfter(Math.Min(act.DeadlineUnixSeconds, lastDeadline), own, now), look.Claims.ExpiresUnixSeconds);
        if (act.Registration.NotAfter < least || act.Registration.NotAfter > latest) reasons.Add($"NotAfter: {act.Registration.NotAfter} found, {least} to {latest} expected");
        return reasons.ToImmutable();
    }

    // From now and from the deadline on: signatures can be kept back until then.
    private static ulong LeastNotAfter(ulong deadline, EnclaveLook own, DateTimeOffset now)
    {
        var seconds = (ulong)now.ToUnixTimeSeconds();
        return Math.Max(Math.Max(seconds, deadline) + (ulong)EnclaveLook.LeastLifetime.TotalSeconds, seconds + ((own.Claims!.ExpiresUnixSeconds - seconds) / LeastPart));
    }

    private static void CompareTerms(RegisterKeyAct found, RegisterKeyAct expected, string of, ImmutableArray<string>.Builder reasons)
    {
        Compare("KeyMismatch", found.Registration.KeyId, expected.Registration.KeyId);
        Compare("AgreementKeyMismatch", found.Registration.AgreementKeyHash, expected.Registration.AgreementKeyHash);
        Compare("MeasurementMismatch", found.Measurement, expected.Measurement);
        Compare("ConfigurationMismatch", found.Configuration, expected.Configuration);
        Compare("OperatorMismatch", Hex.Format(found.Registration.Operator.AsSpan()), Hex.Format(expected.Registration.Operator.AsSpan()));

        void Compare<T>(string name, T one, T other)
            where T : notnull
        {
            var reason = $"{name}: {one} found, {other} of {of} expected";
            if (!one.Equals(other) && !reasons.Any(known => known.StartsWith($"{name}:", StringComparison.Ordinal))) reasons.Add(reason);
        }
    }
}
