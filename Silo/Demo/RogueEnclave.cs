using System.Security.Cryptography;
using Pythia.Device;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Silo.Demo;

/// <summary>
/// What a liar runs in an enclave's place, with the way to it: keys of its own, a head newer than anybody's, false results, evidence of whatever enclave it likes, and a
/// verifier that signs what it is handed without looking. No courtesy of ours stands between it and the device.
/// </summary>
internal sealed class RogueEnclave(SimulatedPlatform platform, SimulatedEnclave enclave, PassportIssuer carelessVerifier, byte[] configurationHash, AnswerBody head, Address claimed)
    : IDeviceTransport, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] PublicKey
    {
        get
        {
            var point = _key.ExportParameters(includePrivateParameters: false).Q;
            return [.. point.X!, .. point.Y!];
        }
    }

    /// <inheritdoc/>
    public Task<TransportReply> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
    {
        if (Request.Decode(request.Span, out var read, out var detail) != RequestError.None) return Task.FromResult(TransportReply.None(detail));

        var body = (head with { Block = head.Block + 1_000, UnixSeconds = head.UnixSeconds + 600, Nonce = read!.Nonce, Results = [.. read.Question.Facts.Select(_ => FactResult.Single(FactValue.Of(claimed)))] }).Encode();
        var keyId = Es256Key.ComputeKeyId(PublicKey);
        var signature = _key.SignData(
            SignedAnswer.ToBeSigned(keyId, body, configurationHash, read.Question.Encoded.Span), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return Task.FromResult(TransportReply.Answered(new SignedAnswer(keyId, body, signature).Encode()));
    }

    /// <inheritdoc/>
    public Task<TransportReply> FetchPassportAsync(PassportQuery query, CancellationToken cancellationToken = default)
    {
        var outcome = carelessVerifier.Issue(Evidence(query, carelessVerifier.MakeChallenge()));
        return Task.FromResult(outcome.IsIssued ? TransportReply.Answered(outcome.Passport!) : TransportReply.None(outcome.Describe()));
    }

    /// <inheritdoc/>
    public Task<TransportReply> FetchEvidenceAsync(PassportQuery query, CancellationToken cancellationToken = default)
        => Task.FromResult(TransportReply.Answered(Evidence(query, new byte[PassportChallenges.ChallengeBytes]).Encode()));

    public void Dispose() => _key.Dispose();

    private EnclaveEvidence Evidence(PassportQuery query, byte[] challenge)
    {
        byte[] nonce = [.. query.Nonce is { } bytes ? bytes.Span : new byte[Passport.NonceBytes], .. challenge];
        var binding = new KeyBinding(PublicKey, PublicKey, configurationHash, EnclaveAnchor.Development.ComputeHash(), nonce);
        return new EnclaveEvidence(platform.Quote(enclave, binding.ComputeReportData()), binding, null, platform.IssueCollateral());
    }
}
