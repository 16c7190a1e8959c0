using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Registry;

/// <summary>
/// Keeps endorsers' proposals. One goes: 1. read, 2. times, 3. its signer is an endorser; what is known is signed by him, and stays as it is, 4. what it is under stands, and the key is not known to the chain, 5. evidence
/// is stored, 6. proposal and signature are stored, in one write that also drops what is over.
/// </summary>
/// <remarks>Dead between 5 and 6, evidence stays that nobody lists; only an endorser can cause it, and the same proposal writes over it. Calls go down only: to
/// the registry's lists, to keys and to evidence.</remarks>
[GrainType("registration-desk")]
public sealed partial class RegistrationDeskGrain(
    [PersistentState("registration-desk", GrainStorage.Name)] IPersistentState<RegistrationDeskState> desk,
    LedgerChains chains,
    TimeProvider time,
    ILogger<RegistrationDeskGrain> logger) : Grain, IRegistrationDeskGrain
{
    private StateWriter<RegistrationDeskState> _state = null!;
    private LedgerChain _chain = null!;

    private ulong NowUnixSeconds => (ulong)time.GetUtcNow().ToUnixTimeSeconds();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _chain = chains.Get(GrainKeys.Split(this.GetPrimaryKeyString()).ChainId);
        _state = new(desk, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<DeskReceipt> ProposeAsync(RegistrationProposal proposal)
    {
        // 1. read
        if (!RegistrationActs.TryRead(proposal.Terms, _chain.Contracts.PythiaRegistry, out var act)) return new(DeskVerdict.Malformed, null, "terms: a member out of form found");

        var digest = act.Digest(_chain.ChainId);
        if (RegistrationRules.FindBadEvidence(proposal, act) is { } badEvidence) return Refuse(DeskVerdict.Malformed, digest, badEvidence);

        // 2. times
        if (RegistrationRules.FindBadTime(act, NowUnixSeconds) is { } badTime) return Refuse(DeskVerdict.Expired, digest, badTime);

        // 3. an endorser's
        var registry = await GrainFactory.GetPythiaRegistry(_chain.ChainId).GetAsync();
        if (RegistrationRules.FindEndorser(digest, proposal.Signature, registry) is not { } proposer) return Refuse(DeskVerdict.NotAnEndorser, digest, NoEndorser);
        var open = await StillOpenAsync(registry);
        if (open.Any(known => known.Digest == $"{digest}")) return await SignAsync($"{digest}", proposal.Signature);

        // 4. what the chain says
        var keyId = act.Registration.KeyId.ToString();
        var refusal = RegistrationRules.FindNotEndorsed(act, registry) ?? await FindKnownAsync(keyId);
        if (refusal is not null) return Refuse(DeskVerdict.WrongState, digest, refusal);

        // 5. evidence
        await EvidenceOf($"{digest}").PutAsync(proposal.EvidenceBytes);

        // 6. proposal
        var next = new RegistrationView($"{digest}", keyId, RegistrationActs.InForm(act), proposer, [new(proposer, Hex.Format(proposal.Signature.AsSpan()))]);
        await StoreAsync(open, next);
        LogProposed(digest, keyId);
        return new(DeskVerdict.Accepted, $"{digest}", "");
    }

    /// <inheritdoc/>
    public async Task<DeskReceipt> SignAsync(string digest, ImmutableArray<byte> signature)
    {
        if (!Hash32.TryParse(digest, out var hash)) return new(DeskVerdict.Malformed, null, "digest: 0x and 64 hex digits expected");
        if (Find(hash) is not { } found || found.Terms.DeadlineUnixSeconds <= NowUnixSeconds) return Refuse(DeskVerdict.Unknown, hash, $"proposal {hash} is not known here");

        var registry = await GrainFactory.GetPythiaRegistry(_chain.ChainId).GetAsync();
        if (RegistrationRules.FindEndorser(hash, signature, registry) is not { } endorser) return Refuse(DeskVerdict.NotAnEndorser, hash, NoEndorser);
        if (found.Signatures.Any(other => other.Endorser == endorser)) return new(DeskVerdict.AlreadyAccepted, found.Digest, "");

        var signed = found with { Signatures = found.Signatures.Add(new(endorser, Hex.Format(signature.AsSpan()))) };
        await _state.ApplyAsync(s => s with { Proposals = [.. s.Proposals.Select(proposal => proposal.Digest == found.Digest ? signed : proposal)] });
        LogSigned(found.Digest, signed.Signatures.Length, registry.Threshold);
        return new(DeskVerdict.Accepted, found.Digest, "");
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<RegistrationView>> ListAsync()
        => await StillOpenAsync(await GrainFactory.GetPythiaRegistry(_chain.ChainId).GetAsync());

    private const string NoEndorser = "a signature of no present endorser found, one of a present endorser with a key expected";

    private RegistrationView? Find(Hash32 digest) => _state.Current.Proposals.FirstOrDefault(proposal => proposal.Digest == digest.ToString());

    private IRegistrationEvidenceGrain EvidenceOf(string digest) => GrainFactory.GetGrain<IRegistrationEvidenceGrain>(GrainKeys.Of(_chain.ChainId, digest));

    private async Task<ImmutableArray<RegistrationView>> StillOpenAsync(PythiaRegistryView registry)
    {
        var open = RegistrationRules.StillOpen(_state.Current.Proposals, registry, NowUnixSeconds);
        var over = new HashSet<string>(StringComparer.Ordinal);
        foreach (var keyId in open.Select(proposal => proposal.KeyId).Distinct(StringComparer.Ordinal))
        {
            if (await FindKnownAsync(keyId) is not null) over.Add(keyId);
        }

        return over.Count == 0 ? open : open.RemoveAll(proposal => over.Contains(proposal.KeyId));
    }

    // A key is registered once for ever, and one that has said its own end is worth no registration.
    private async Task<string?> FindKnownAsync(string keyId)
    {
        var key = await GrainFactory.GetGrain<IEnclaveKeyGrain>(GrainKeys.Of(_chain.ChainId, keyId)).GetAsync();
        return key.Status != EnclaveKeyStatus.Unknown ? $"key {keyId} is {key.Status} already, and a key is registered once"
            : key.OwnRevocation is not null ? $"key {keyId} has said that it ends"
            : null;
    }

    private async Task StoreAsync(ImmutableArray<RegistrationView> open, RegistrationView next)
    {
        var before = _state.Current.Proposals;
        var over = before.Select(known => known.Digest).Except(open.Select(kept => kept.Digest), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        await _state.ApplyAsync(s => s with { Proposals = RegistrationRules.With(s.Proposals.RemoveAll(known => over.Contains(known.Digest)), next) });
        var after = _state.Current.Proposals;
        foreach (var gone in before.Where(known => after.All(kept => kept.Digest != known.Digest))) await TryClearAsync(gone.Digest);
    }

    // What can't be cleared now is 64 KiB too many, and no reason to refuse what is stored.
    private async Task TryClearAsync(string digest)
    {
        try
        {
            await EvidenceOf(digest).ClearAsync();
        }
        catch (OrleansException e)
        {
            LogNotCleared(digest, e);
        }
    }

    private DeskReceipt Refuse(DeskVerdict verdict, Hash32 digest, string detail)
    {
        LogRefused(digest, verdict, detail);
        return new(verdict, $"{digest}", detail);
    }

    [LoggerMessage(EventId = 1501, Level = LogLevel.Information, Message = "Registration {Digest} of key {KeyId} is proposed")]
    private partial void LogProposed(Hash32 digest, string keyId);

    [LoggerMessage(EventId = 1502, Level = LogLevel.Information, Message = "Registration {Digest} is signed by {Found} of {Threshold}")]
    private partial void LogSigned(string digest, int found, int threshold);

    [LoggerMessage(EventId = 1503, Level = LogLevel.Debug, Message = "Registration {Digest} refused, {Verdict}: {Detail}")]
    private partial void LogRefused(Hash32 digest, DeskVerdict verdict, string detail);

    [LoggerMessage(EventId = 1504, Level = LogLevel.Warning, Message = "Evidence of registration {Digest} could not be cleared")]
    private partial void LogNotCleared(string digest, Exception exception);
}
