using Pythia.Gateway.Problems;
using Pythia.Grains.Mirror;

namespace Pythia.Gateway.Acts;

/// <summary>A grain's refusal of an intent as problem details.</summary>
internal static class IntentProblem
{
    private const int BusyRetrySeconds = 1;

    public static Problem Of(IntentReceipt receipt)
    {
        var (status, name, title) = receipt.Verdict switch
        {
            IntentVerdict.Malformed => (400, "malformed-act", "The act can't be read"),
            IntentVerdict.WrongSubject => (422, "wrong-subject", "The act is about something else"),
            IntentVerdict.BadSignature => (422, "bad-signature", "The signature is not the signer's"),
            IntentVerdict.Expired => (422, "expired", "The deadline has passed or is too near"),
            IntentVerdict.NotAllowed => (403, "not-allowed", "The signer may not do this"),
            IntentVerdict.StaleEpoch => (409, "stale-epoch", "Something was taken back since this was prepared"),
            IntentVerdict.WrongState => (409, "wrong-state", "The state forbids it"),
            IntentVerdict.Busy => (503, "busy", "Too much is waiting"),
            _ => (500, "internal", "Something went wrong here"),
        };
        return new(status, name, title, receipt.Detail)
        {
            Verdict = char.ToLowerInvariant(receipt.Verdict.ToString()[0]) + receipt.Verdict.ToString()[1..],
            Digest = receipt.Digest,
            RetryAfterSeconds = receipt.Verdict == IntentVerdict.Busy ? BusyRetrySeconds : null,
        };
    }
}
