using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;
using Status = Pythia.Grains.Registry.EnclaveKeyStatus;

namespace Pythia.Grains.Registry;

/// <summary>Mirrors one enclave key. What ends it from outside, the end of its measurement or configuration, it asks of the registry's grain.</summary>
[GrainType("enclave-key")]
public sealed class EnclaveKeyGrain(
    [PersistentState("enclave-key", GrainStorage.Name)] IPersistentState<EnclaveKeyState> key, SubjectServices services)
    : MirroredGrain<EnclaveKeyState, EnclaveKeyRecord>(key, services), IEnclaveKeyGrain
{
    protected override SubjectKind Kind => SubjectKind.EnclaveKey;

    /// <inheritdoc/>
    public async Task<EnclaveKeyView> GetAsync()
    {
        var record = Record;
        var under = record.Measurement == 0
            ? new EndorsedPair(null, null)
            : await GrainFactory.GetPythiaRegistry(Chain.ChainId).GetUnderAsync(record.Measurement, record.Configuration);
        return new EnclaveKeyView(
            Id, StatusOf(record, under), record.SigningKey, record.AgreementKeyHash, record.NotAfterUnixSeconds, under.Measurement, under.Configuration,
            record.Operator, record.Evidence, record.EndedBy, record.Position, State.OwnRevocation);
    }

    /// <inheritdoc/>
    public async Task<bool> KeepOwnRevocationAsync(ImmutableArray<byte> signingKey, ImmutableArray<byte> signature)
    {
        if (signingKey.IsDefault || signature.IsDefault || signingKey.Length != Es256Key.PublicKeyBytes || signature.Length != Es256Key.SignatureBytes) return false;
        if (Es256Key.ComputeFingerprint(signingKey.AsSpan()).ToString() != Id) return false;
        if (!OwnRevocation.IsSigned(Chain.ChainId, Chain.Contracts.PythiaRegistry, signingKey.AsSpan(), signature.AsSpan())) return false;

        // ECDSA signs the same in many ways: the first word is as good as any.
        await Stored.ApplyAsync(s => s.OwnRevocation is null ? s with { OwnRevocation = Hex.Format((byte[])[.. signingKey, .. signature]) } : s);
        return true;
    }

    protected override EnclaveKeyRecord Apply(EnclaveKeyRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        KeyRegistered e => record with
        {
            Status = Status.Active,
            SigningKey = Hex.Format([.. e.Registration.X.ToArray(), .. e.Registration.Y.ToArray()]),
            AgreementKeyHash = e.Registration.AgreementKeyHash.ToString(),
            NotAfterUnixSeconds = e.Registration.NotAfter,
            Measurement = e.Registration.Measurement,
            Configuration = e.Registration.Configuration,
            Operator = Hex.Format(e.Registration.Operator.AsSpan()),
            Evidence = e.Registration.Evidence.ToString(),
        },
        KeyRevoked e => record with { Status = Status.Revoked, EndedBy = e.ByItself ? "itself" : "endorsers" },
        KeyFaulted e => record with { Status = Status.Faulted, EndedBy = WordsOf(e.Fault) },
        _ => record,
    };

    // As the contract and the enclave have it, but by this silo's clock.
    private Status StatusOf(EnclaveKeyRecord record, EndorsedPair under)
        => record.Status != Status.Active ? record.Status
            : under.Measurement is null || under.Configuration is null ? Status.Withdrawn
            : (ulong)Services.Time.GetUtcNow().ToUnixTimeSeconds() > record.NotAfterUnixSeconds ? Status.Expired
            : Status.Active;

    private static string WordsOf(KeyFault fault) => fault switch
    {
        KeyFault.Contradiction => "contradiction",
        KeyFault.Block => "block",
        KeyFault.NotCanonical => "not canonical",
        KeyFault.Storage => "storage",
        _ => $"fault {(int)fault}",
    };
}
