using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>What is wrong with an answer. The numbers may be stored: add at the end.</summary>
public enum AnswerFault
{
    None = 0,

    /// <summary>Not deterministic CBOR.</summary>
    NotDeterministicCbor = 1,

    /// <summary>Not a COSE_Sign1 of this protocol.</summary>
    NotSign1 = 2,

    /// <summary>The protected header is not exactly ES256 and an 8-byte key id.</summary>
    ProtectedHeader = 3,

    /// <summary>The unprotected header is not empty.</summary>
    UnprotectedHeader = 4,

    /// <summary>s is in the upper half: someone turned the signature, or the signer is not an enclave of this kind.</summary>
    HighS = 5,

    /// <summary>The signature does not hold under this key, for this question and this configuration.</summary>
    Signature = 6,

    /// <summary>The signed body is not of the stated form.</summary>
    Body = 7,

    /// <summary>The answer carries another nonce than the request, or none where one was sent, or one where none was.</summary>
    Nonce = 8,

    /// <summary>Not one result for each fact.</summary>
    ResultCount = 9,

    /// <summary>A result has not the form of its fact.</summary>
    ResultForm = 10,

    /// <summary>The head is trusted less than the request asks.</summary>
    Level = 11,

    /// <summary>The head is below the request's min-block.</summary>
    MinBlock = 12,

    /// <summary>The key speaks of itself: what an enclave says of its own key is worth nothing.</summary>
    OwnKey = 13,
}

/// <summary>The verdict on an answer.</summary>
/// <param name="Fault"><see cref="AnswerFault.None"/> for an answer that holds.</param>
/// <param name="Detail">For people: what was found, what was expected.</param>
/// <param name="Body">The signed body; only when the answer holds.</param>
public sealed record AnswerVerdict(AnswerFault Fault, string Detail, AnswerBody? Body)
{
    public bool IsValid => Fault == AnswerFault.None;
}

/// <summary>
/// Says whether bytes answer a request, signed by a known key under a known configuration. Pure; any bytes get a verdict. What needs a
/// memory or a clock (age, heads that go back) is the device's own check.
/// </summary>
public static class AnswerCheck
{
    /// <summary>Checks form, signature, that the key does not speak of itself, body, nonce, results, level and block, in this order.</summary>
    /// <param name="answer">COSE_Sign1 bytes; untrusted.</param>
    /// <param name="request">What was asked: its question and configuration are bound by the signature.</param>
    /// <param name="key">The enclave's key, pinned or from a passport; never from the answer.</param>
    /// <param name="configurationHash">32 bytes, pinned.</param>
    public static AnswerVerdict Check(ReadOnlySpan<byte> answer, Request request, Es256Key key, ReadOnlySpan<byte> configurationHash)
    {
        // 1. form
        var form = SignedAnswer.Decode(answer, out var signed);
        if (form != SignedAnswerError.None)
        {
            return Wrong(FaultOf(form), $"{answer.Length} bytes that are no signed answer: {form}");
        }

        // 2. signature over header, configuration, question and body
        if (!Es256Key.IsLowS(signed!.Signature))
        {
            return Wrong(AnswerFault.HighS, "s is above half of the curve's order");
        }

        var signedBytes = SignedAnswer.ToBeSigned(signed.KeyId, signed.Body, configurationHash, request.Question.Encoded.Span);
        if (!key.Verify(signedBytes, signed.Signature))
        {
            return Wrong(AnswerFault.Signature, $"signed with key {Hex.Format(signed.KeyId)} by its own word, checked with {Hex.Format(key.KeyId.Span)}, "
                + "for this question and configuration");
        }

        // 3. no key about itself
        if (request.Question.Facts.Any(fact => fact.Kind == FactKind.PythiaKey && fact.Subject == key.Fingerprint))
        {
            return Wrong(AnswerFault.OwnKey, $"signed with key {key.Fingerprint}, which is what was asked about; another enclave's answer expected");
        }

        // 4. body
        var bodyError = AnswerBody.Decode(signed.Body, out var body);
        return bodyError != CborError.None
            ? Wrong(AnswerFault.Body, $"{signed.Body.Length} bytes that are no body: {bodyError}")
            : CheckBody(body!, request);
    }

    /// <summary>The form alone, for whoever has to look for a key first: the fault of bytes that are no signed answer.</summary>
    public static AnswerVerdict CheckForm(ReadOnlySpan<byte> answer)
    {
        var form = SignedAnswer.Decode(answer, out _);
        return Wrong(form == SignedAnswerError.None ? AnswerFault.None : FaultOf(form), $"{answer.Length} bytes that are no signed answer: {form}");
    }

    private static AnswerVerdict CheckBody(AnswerBody body, Request request)
    {
        // 5. nonce
        if (!SameNonce(body.Nonce, request.Nonce))
        {
            return Wrong(AnswerFault.Nonce, $"nonce {Show(body.Nonce)} found, {Show(request.Nonce)} expected");
        }

        // 6. results
        var facts = request.Question.Facts;
        if (body.Results.Length != facts.Length)
        {
            return Wrong(AnswerFault.ResultCount, $"{body.Results.Length} results found, {facts.Length} expected");
        }

        for (var i = 0; i < facts.Length; i++)
        {
            if (!FactForm.Fits(facts[i].Kind, body.Results[i]))
            {
                return Wrong(AnswerFault.ResultForm, $"{body.Results[i]} found for fact {facts[i].Kind}");
            }
        }

        // 7. level and block
        return body.Level < request.MinLevel
            ? Wrong(AnswerFault.Level, $"level {body.Level} found, {request.MinLevel} or more expected")
            : body.Block < request.Question.MinBlock
            ? Wrong(AnswerFault.MinBlock, $"block {body.Block} found, {request.Question.MinBlock} or later expected")
            : new AnswerVerdict(AnswerFault.None, "", body);
    }

    private static AnswerFault FaultOf(SignedAnswerError error) => error switch
    {
        SignedAnswerError.NotDeterministicCbor => AnswerFault.NotDeterministicCbor,
        SignedAnswerError.ProtectedHeader => AnswerFault.ProtectedHeader,
        SignedAnswerError.UnprotectedHeader => AnswerFault.UnprotectedHeader,
        _ => AnswerFault.NotSign1,
    };

    private static AnswerVerdict Wrong(AnswerFault fault, string detail) => new(fault, detail, null);

    // None and one of no bytes are different things: null is not [].
    private static bool SameNonce(ImmutableArray<byte>? found, ImmutableArray<byte>? expected)
        => found.HasValue == expected.HasValue && (found is null || found.Value.AsSpan().SequenceEqual(expected!.Value.AsSpan()));

    private static string Show(ImmutableArray<byte>? nonce) => nonce is null ? "none" : Hex.Format(nonce.Value.AsSpan());
}
