using Pythia.Enclave.Verifier.Answers;

namespace Pythia.Enclave.Host;

/// <summary>Refusals as concise problem details (RFC 9290).</summary>
internal static class RefusalProblem
{
    // CoAP response codes, class in the top three bits (RFC 7252 §12.1.2).
    private const byte BadRequest = 0x80;
    private const byte BadGateway = 0xA2;
    private const byte ServiceUnavailable = 0xA3;

    public static byte[] Encode(EnclaveRefusal refusal)
        => new ConciseProblem((ulong)refusal.Reason, refusal.Reason.ToString(), refusal.Detail, ResponseCodeOf(refusal.Reason)).Encode();

    private static byte ResponseCodeOf(RefusalReason reason) => reason switch
    {
        RefusalReason.BadRequest or RefusalReason.UnknownFact or RefusalReason.LevelTooLow or RefusalReason.OwnKey => BadRequest,
        RefusalReason.ProofInvalid or RefusalReason.HeaderInvalid or RefusalReason.ReceiptsInvalid or RefusalReason.ReplyTooLong => BadGateway,
        _ => ServiceUnavailable,
    };
}
