using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Gateway.Registry;
using Pythia.Grains.Registry;

namespace Pythia.Silo.Endorsing;

/// <summary>A proposal as an endorser has computed it by itself from its terms.</summary>
/// <param name="Digest">What endorsers sign.</param>
/// <param name="Act">Its places in the lists are not known yet.</param>
/// <param name="Endorsements">Signatures that hold, of the chain's present endorsers, one each.</param>
internal sealed record Proposal(Hash32 Digest, RegisterKeyAct Act, ImmutableArray<Endorsement> Endorsements)
{
    /// <summary>Reads what a gateway lists. A signature that does not hold is not there; a digest that is not that of the terms is an alteration.</summary>
    /// <param name="trouble">What is wrong with it, by name.</param>
    public static bool TryRead(RegistrationJson listed, Address contract, ulong chainId, RegistryEndorsers endorsers, [NotNullWhen(true)] out Proposal? proposal, out string trouble)
    {
        (proposal, trouble) = (null, "");
        if (!RegistrationActs.TryRead(listed.Registration, contract, out var act))
        {
            trouble = "Malformed: terms with a member out of form found";
            return false;
        }

        var digest = act.Digest(chainId);
        if (listed.Digest != digest.ToString())
        {
            trouble = $"Altered: digest {listed.Digest} found, {digest} of its terms expected";
            return false;
        }

        var found = new SortedDictionary<byte, Endorsement>();
        foreach (var signature in listed.Signatures)
        {
            if (Hex.TryParse(signature.Signature, out var bytes) && IndexOfSigner(digest, bytes, endorsers) is { } index) found.TryAdd(index, new(index, [.. bytes]));
        }

        if (found.Count == 0)
        {
            trouble = "Altered: no endorser's signature over these terms found, the proposer's expected";
            return false;
        }

        proposal = new(digest, act, [.. found.Values]);
        return true;
    }

    public bool IsSignedBy(byte endorser) => Endorsements.Any(endorsement => endorsement.Endorser == endorser);

    public Proposal With(Endorsement endorsement) => this with { Endorsements = [.. Endorsements.Append(endorsement).OrderBy(each => each.Endorser)] };

    private static byte? IndexOfSigner(Hash32 digest, byte[] signature, RegistryEndorsers endorsers)
        => EcdsaSignature.Recover(digest, signature, out var signer) == SignatureFault.None && endorsers.Members.IndexOf(signer) is var index and >= 0 ? (byte)index : null;
}
