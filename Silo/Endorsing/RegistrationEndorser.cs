using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;
using Pythia.Gateway.Registry;
using Pythia.Grains.Registry;
using EnclaveKeyStatus = Pythia.Contracts.Registries.EnclaveKeyStatus;

namespace Pythia.Silo.Endorsing;

/// <summary>
/// Stands for keys of enclaves by itself, as far as its policy goes (docs/decisions/046). A round, for each key that a gateway names and the chain does not know:
///  1. others' proposals are computed anew from their terms; what is altered or of no endorser is left;
///  2. the enclave is looked at, with a nonce of one's own, and judged by one's own policy and the chain's lists;
///  3. proposals that come to the same are signed; where none does, one's own is made;
///  4. what has all signatures is sent: at once by whom it was completed, a round later by anybody else.
/// The chain takes a registration once, whoever sends it. One round at a time.
/// </summary>
/// <param name="gateway">Trusted for nothing.</param>
/// <param name="chain">One's own node.</param>
/// <param name="key">Signs nothing but the struct RegisterKey.</param>
/// <param name="terms">One's own.</param>
/// <param name="isPatient">True where there will be another round: what another completed is his to send first.</param>
/// <param name="time">One's own clock.</param>
internal sealed class RegistrationEndorser(EndorserGateway gateway, EndorserChain chain, EthereumKey key, EndorserTerms terms, bool isPatient, TimeProvider time)
{
    /// <summary>How long an enclave that was refused is left alone: its evidence costs it a quote.</summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromMinutes(5);

    private const int MostRemembered = 4_096;

    private readonly Dictionary<Hash32, long> _refusedKeys = [];
    private readonly HashSet<Hash32> _refusedProposals = [];
    private readonly HashSet<Hash32> _complete = [];
    private readonly List<EndorserNote> _notes = [];

    /// <exception cref="EndorserGatewayException">The gateway names no keys.</exception>
    /// <exception cref="Contracts.JsonRpc.RpcException">The node refused a question.</exception>
    /// <exception cref="Contracts.JsonRpc.RpcUnavailableException">The node can't be asked.</exception>
    public async Task<ImmutableArray<EndorserNote>> RoundAsync(CancellationToken cancellationToken)
    {
        _notes.Clear();
        Forget();
        var endorsers = await chain.EndorsersAsync(cancellationToken);
        if (endorsers.Members.IndexOf(key.Address) is var index && index < 0)
        {
            Note(EndorserEvent.NotAnEndorser, null, null, null, $"{key.Address.ToChecksumString()} found, one of {string.Join(", ", endorsers.Members)} expected");
            return [.. _notes];
        }

        var keys = await gateway.KeysAsync(cancellationToken);
        var listed = await gateway.RegistrationsAsync(cancellationToken);
        foreach (var each in keys)
        {
            var round = new KeyRound(each, Es256Key.ComputeFingerprint(each.SigningKey), endorsers, (byte)index);
            try
            {
                if (await chain.StatusAsync(round.KeyId, cancellationToken) == EnclaveKeyStatus.Unknown) await EndorseAsync(round, listed, cancellationToken);
            }
            catch (EndorserGatewayException e)
            {
                Note(EndorserEvent.Trouble, each.Enclave, round.KeyId, null, e.Message);
            }
        }

        return [.. _notes];
    }

    private async Task EndorseAsync(KeyRound round, IReadOnlyList<RegistrationJson> listed, CancellationToken cancellationToken)
    {
        // 1. what others propose
        var proposals = Read(round, listed);
        var agreed = proposals.Where(proposal => proposal.IsSignedBy(round.Index)).ToList();
        var toJudge = proposals.Where(proposal => !proposal.IsSignedBy(round.Index) && !_refusedProposals.Contains(proposal.Digest)).ToArray();
        var completed = new HashSet<Hash32>();
        if (toJudge.Length > 0 || agreed.Count == 0)
        {
            // 2. the enclave
            if (await LookAsync(round, cancellationToken) is not { } look) return;

            // 3. sign, or propose
            foreach (var proposal in toJudge)
            {
                if (await TrySignAsync(round, proposal, look.Look, cancellationToken) is { } signed) Agree(signed);
            }

            if (agreed.Count == 0) Agree(await ProposeAsync(round, look.Look, look.Bytes, cancellationToken));
        }

        // 4. send
        foreach (var proposal in agreed.Where(proposal => proposal.Endorsements.Length >= round.Endorsers.Threshold))
        {
            var isMine = completed.Contains(proposal.Digest) || !isPatient || !_complete.Add(proposal.Digest);
            if (!isMine) Note(EndorserEvent.Complete, round, proposal.Digest, "another endorser has completed it, and sends it");
            else if (await SendAsync(round, proposal, cancellationToken)) return;
        }

        void Agree(Proposal signed)
        {
            agreed.Add(signed);
            if (signed.Endorsements.Length == round.Endorsers.Threshold) completed.Add(signed.Digest);
        }
    }

    private List<Proposal> Read(KeyRound round, IReadOnlyList<RegistrationJson> listed)
    {
        var proposals = new List<Proposal>();
        foreach (var each in listed.Where(each => Hex.TryParse(each.Registration.SigningKey, out var named) && named.AsSpan().SequenceEqual(round.Key.SigningKey)))
        {
            if (Proposal.TryRead(each, chain.Contract, chain.ChainId, round.Endorsers, out var proposal, out var trouble)) proposals.Add(proposal);
            else Note(EndorserEvent.ProposalRefused, round, null, trouble);
        }

        // One an endorser is all that a desk keeps; a gateway that lists more has made them up.
        return [.. proposals.DistinctBy(proposal => proposal.Digest).Take(RegistryEndorsers.MaxMembers)];
    }

    private async Task<(EnclaveLook Look, byte[] Bytes)?> LookAsync(KeyRound round, CancellationToken cancellationToken)
    {
        if (_refusedKeys.ContainsKey(round.KeyId)) return null;

        var nonce = RandomNumberGenerator.GetBytes(Passport.NonceBytes);
        var bytes = await gateway.EvidenceAsync(round.Key.Enclave, Es256Key.ComputeKeyId(round.Key.SigningKey), nonce, cancellationToken);
        var now = time.GetUtcNow();
        var look = EnclaveLook.At(bytes, terms, terms.KeyLifetime, now);
        var reasons = look.FindOthers(round.Key.SigningKey, nonce, now);
        if (reasons.IsEmpty && await chain.FindNotEndorsedAsync(look.ToAct(chain.Contract, 0), cancellationToken) is { } notEndorsed) reasons = [notEndorsed];
        if (reasons.IsEmpty) return (look, bytes);

        _refusedKeys[round.KeyId] = time.GetTimestamp();
        Note(EndorserEvent.EnclaveRefused, round, null, string.Join("; ", reasons));
        return null;
    }

    private async Task<Proposal?> TrySignAsync(KeyRound round, Proposal proposal, EnclaveLook own, CancellationToken cancellationToken)
    {
        if (await TryFetchEvidenceAsync(round, proposal, cancellationToken) is not { } evidence) return null;

        var reasons = ProposalCheck.FindReasons(proposal, evidence, own, terms, time.GetUtcNow());
        if (!reasons.IsEmpty)
        {
            _refusedProposals.Add(proposal.Digest);
            Note(EndorserEvent.ProposalRefused, round, proposal.Digest, string.Join("; ", reasons));
            return null;
        }

        var signature = key.Sign(proposal.Digest).ToArray();
        await gateway.SignAsync(proposal.Digest, signature, cancellationToken);
        Note(EndorserEvent.Signed, round, proposal.Digest, "");
        return proposal.With(new(round.Index, [.. signature]));
    }

    // One proposal whose evidence is not to be had must not keep the others from being signed.
    private async Task<byte[]?> TryFetchEvidenceAsync(KeyRound round, Proposal proposal, CancellationToken cancellationToken)
    {
        try
        {
            return await gateway.ProposedEvidenceAsync(proposal.Digest, cancellationToken);
        }
        catch (EndorserGatewayException e)
        {
            Note(EndorserEvent.Trouble, round, proposal.Digest, e.Message);
            return null;
        }
    }

    private async Task<Proposal> ProposeAsync(KeyRound round, EnclaveLook look, byte[] evidence, CancellationToken cancellationToken)
    {
        var act = look.ToAct(chain.Contract, look.DeadlineOf(time.GetUtcNow(), terms.OpenTime));
        var digest = act.Digest(chain.ChainId);
        var signature = key.Sign(digest).ToArray();
        await gateway.ProposeAsync(new(RegistrationActs.InForm(act), Hex.Format(evidence), Hex.Format(signature)), cancellationToken);
        Note(EndorserEvent.Proposed, round, digest, "");
        return new Proposal(digest, act, [new(round.Index, [.. signature])]);
    }

    // As many signatures as are needed, and no more: each costs gas.
    private async Task<bool> SendAsync(KeyRound round, Proposal proposal, CancellationToken cancellationToken)
    {
        var (block, refusal) = await chain.RegisterAsync(proposal.Act, [.. proposal.Endorsements.Take(round.Endorsers.Threshold)], cancellationToken);
        if (block is not null) Note(EndorserEvent.Registered, round, proposal.Digest, $"in block {block}");
        else if (await chain.StatusAsync(round.KeyId, cancellationToken) == EnclaveKeyStatus.Unknown) Note(EndorserEvent.Trouble, round, proposal.Digest, refusal);
        else Note(EndorserEvent.Complete, round, proposal.Digest, "another endorser has sent it");
        return block is not null;
    }

    private void Forget()
    {
        foreach (var (keyId, _) in _refusedKeys.Where(refused => time.GetElapsedTime(refused.Value) >= RefusedFor).ToArray()) _refusedKeys.Remove(keyId);
        if (_refusedProposals.Count > MostRemembered) _refusedProposals.Clear();
        if (_complete.Count > MostRemembered) _complete.Clear();
    }

    private void Note(EndorserEvent what, KeyRound round, Hash32? digest, string detail) => Note(what, round.Key.Enclave, round.KeyId, digest, detail);

    private void Note(EndorserEvent what, string? enclave, Hash32? keyId, Hash32? digest, string detail) => _notes.Add(new(what, enclave, keyId, digest, detail));

    private sealed record KeyRound(ListedKey Key, Hash32 KeyId, RegistryEndorsers Endorsers, byte Index);
}
