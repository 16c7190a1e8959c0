using Pythia.Gateway.Problems;
using Pythia.Grains.Mirror;

namespace Pythia.Gateway.Acts;

/// <summary>A grain's refusal of an intent as problem details.</summary>
internal static class IntentProblem
{
    private const int BusyRetrySeconds = 1;

    public static Problem Of(IntentReceipt receipt)
    {
        var type = receipt.Verdict switch
        {
            IntentVerdict.Malformed => ProblemTypes.MalformedAct,
            IntentVerdict.WrongSubject => ProblemTypes.WrongSubject,
            IntentVerdict.BadSignature => ProblemTypes.BadSignature,
            IntentVerdict.Expired => ProblemTypes.Expired,
            IntentVerdict.NotAllowed => ProblemTypes.NotAllowed,
            IntentVerdict.StaleEpoch => ProblemTypes.StaleEpoch,
            IntentVerdict.WrongState => ProblemTypes.WrongState,
            IntentVerdict.Busy => ProblemTypes.Busy,
            _ => ProblemTypes.Internal,
        };
        return new(type, receipt.Detail)
        {
            Verdict = char.ToLowerInvariant(receipt.Verdict.ToString()[0]) + receipt.Verdict.ToString()[1..],
            Digest = receipt.Digest,
            RetryAfterSeconds = receipt.Verdict == IntentVerdict.Busy ? BusyRetrySeconds : null,
        };
    }
}
