using Pythia.Ethereum;

namespace Pythia.Silo.Endorsing;

/// <summary>What an endorser did or met. The names are for programs.</summary>
internal enum EndorserEvent
{
    /// <summary>A key was proposed, with its own signature.</summary>
    Proposed,

    /// <summary>Another's proposal was signed.</summary>
    Signed,

    /// <summary>A registration has all signatures; another endorser sends it.</summary>
    Complete,

    /// <summary>The key is registered, by a transaction of its own.</summary>
    Registered,

    /// <summary>Its policy does not stand for an enclave: nothing is signed.</summary>
    EnclaveRefused,

    /// <summary>Another's proposal is not what it would sign.</summary>
    ProposalRefused,

    /// <summary>It is none of the chain's present endorsers.</summary>
    NotAnEndorser,

    /// <summary>Gateway, node or account failed; it tries again.</summary>
    Trouble,
}

/// <param name="Enclave">Null where it is about none.</param>
/// <param name="Digest">Of the registration; null where it is about none.</param>
/// <param name="Detail">For people; a refusal begins with its reason's name.</param>
internal sealed record EndorserNote(EndorserEvent Event, string? Enclave, Hash32? KeyId, Hash32? Digest, string Detail)
{
    public override string ToString()
        => $"{Event}{(Enclave is null ? "" : $" {Enclave}")}{(KeyId is null ? "" : $" key {KeyId}")}{(Digest is null ? "" : $" registration {Digest}")}{(Detail.Length == 0 ? "" : $": {Detail}")}";
}
