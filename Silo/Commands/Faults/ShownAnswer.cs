using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Silo.Commands.Faults;

/// <summary>An answer that is held against the key that signed it. Its signature was checked; what it says was not.</summary>
/// <param name="Question">What it answers.</param>
/// <param name="Body">What it says.</param>
/// <param name="Bytes">COSE_Sign1, as it travelled.</param>
internal sealed record ShownAnswer(Question Question, AnswerBody Body, ImmutableArray<byte> Bytes)
{
    /// <summary>Reads an answer and its request, as strictly as the contract does.</summary>
    /// <param name="configurationHash">That the key was registered under.</param>
    /// <exception cref="StartException">It is none, or not this key's. The message says what is wrong.</exception>
    public static ShownAnswer Read(ReadOnlyMemory<byte> answer, ReadOnlyMemory<byte> request, Es256Key key, Hash32 configurationHash)
    {
        if (Request.Decode(request.Span, out var asked, out var detail) is var wrong and not RequestError.None)
            throw new StartException($"the request is none ({wrong}): {detail}", SiloCommandLine.WrongInput);

        if (SignedAnswer.Decode(answer.Span, out var signed) is var form and not SignedAnswerError.None)
            throw new StartException($"the answer is none: {form}", SiloCommandLine.WrongInput);

        var question = asked!.Question;
        var toBeSigned = SignedAnswer.ToBeSigned(signed!.KeyId, signed.Body, configurationHash.ToArray(), question.Encoded.Span);
        if (!Es256Key.IsLowS(signed.Signature) || !key.Verify(toBeSigned, signed.Signature))
            throw new StartException($"key {key.Fingerprint} did not sign this answer to this request under configuration {configurationHash}: nothing to hold against it");

        if (AnswerBody.Decode(signed.Body, out var body) is var error and not CborError.None)
            throw new StartException($"what the key signed is no body of an answer ({error}): the contract does not take it");

        return body!.Results.Length == question.Facts.Length
            ? new ShownAnswer(question, body, [.. answer.Span])
            : throw new StartException($"{body.Results.Length} results found for {question.Facts.Length} facts: no device takes this answer, and the contract can't say which is meant");
    }

    /// <summary>One of its facts, as the contract takes it.</summary>
    public AnswerStatement Statement(int fact) => new([.. Question.Encoded.Span], Bytes, (byte)fact);

    public IEnumerable<string> Describe()
        => Question.Facts.Select((fact, i) => $"  {Show(fact)}: {Body.Results[i]}")
            .Prepend($"answer: block {Body.Block}, time {Body.UnixSeconds}, level {Body.Level}, hash {Body.Hash}, device {Question.Device}");

    public static string Show(Fact fact) => string.Join(' ', fact.ToArguments().Select(argument => argument.ToString()).Prepend(fact.Kind.ToString()));
}
