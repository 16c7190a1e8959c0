using System.Collections.Immutable;
using System.Globalization;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>What is wrong with a request.</summary>
public enum RequestError
{
    None = 0,

    /// <summary>Not deterministic CBOR, or too long.</summary>
    NotDeterministicCbor,

    /// <summary>Another form than the CDDL's.</summary>
    NotRequest,

    /// <summary>A fact number that is not in the table, or other arguments than it takes.</summary>
    UnknownFact,
}

/// <summary>A question as it travels: <c>request = [question, nonce: bstr .size 8 / null, min-level: 0..3]</c>.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Nonce">8 random bytes for an answer that is fresh for this device; null for one that may be stored and shown to others.</param>
/// <param name="MinLevel">The least assurance that the device takes, 0 to 3.</param>
public sealed record Request(Question Question, ImmutableArray<byte>? Nonce, byte MinLevel)
{
    public const int NonceBytes = 8;

    /// <summary>Highest assurance level: finalized.</summary>
    public const byte MaxLevel = 3;

    /// <summary>Longest request: four facts with an address and a hash each take 295 bytes; the rest is room for facts to come.</summary>
    public const int MaxBytes = 640;

    /// <summary>Its deterministic CBOR.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter().Array(3).Encoded(Question.Encoded.Span);
        Wire.WriteNonce(writer, Nonce);
        return writer.Unsigned(MinLevel).ToArray();
    }

    /// <summary>Reads a request; any bytes get an answer.</summary>
    /// <param name="encoded">Untrusted.</param>
    /// <param name="request">Null with an error.</param>
    /// <param name="detail">With an error, for people: what was found, what was expected.</param>
    public static RequestError Decode(ReadOnlySpan<byte> encoded, out Request? request, out string detail)
    {
        request = null;
        var reader = new CborReader(encoded, MaxBytes);
        if (reader.Error != CborError.None)
        {
            detail = $"{encoded.Length} bytes that are not deterministic CBOR of at most {MaxBytes}: {reader.Error}";
            return RequestError.NotDeterministicCbor;
        }

        var error = RequestError.NotRequest;
        detail = "[question, nonce of 8 bytes or null, min-level 0 to 3] expected, something else found";
        if (!reader.TryReadArray(3))
        {
            return error;
        }

        error = Question.Read(ref reader, out var question, ref detail);
        if (error != RequestError.None)
        {
            return error;
        }

        if (!Wire.TryReadNonce(ref reader, out var nonce) || !reader.TryReadUnsigned(out var minLevel) || minLevel > MaxLevel)
        {
            return RequestError.NotRequest;
        }

        detail = "";
        request = new Request(question!, nonce, (byte)minLevel);
        return RequestError.None;
    }
}

/// <summary>
/// What a device wants to know: <c>question = [1, device: bstr .size 32, min-block: uint, [1*4 [fact: uint, *(uint / bstr)]]]</c>.
/// </summary>
public sealed class Question
{
    /// <summary>Version of the message, its first element.</summary>
    public const ulong Version = 1;

    public const int MaxFacts = 4;

    private const int MaxArguments = 4;

    private Question(Hash32 device, ulong minBlock, ImmutableArray<Fact> facts, byte[] encoded)
        => (Device, MinBlock, Facts, Encoded) = (device, minBlock, facts, encoded);

    /// <summary>Device id.</summary>
    public Hash32 Device { get; }

    /// <summary>The answer's block must be this or a later one.</summary>
    public ulong MinBlock { get; }

    public ImmutableArray<Fact> Facts { get; }

    /// <summary>Its deterministic CBOR, as the signature binds it.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <exception cref="ArgumentException">Not 1 to 4 facts.</exception>
    public static Question Create(Hash32 device, ulong minBlock, params ReadOnlySpan<Fact> facts)
    {
        if (facts.Length is < 1 or > MaxFacts)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{facts.Length} facts found, 1 to {MaxFacts} expected"), nameof(facts));
        }

        var writer = new CborWriter().Array(4).Unsigned(Version).Bytes(device.ToArray()).Unsigned(minBlock).Array(facts.Length);
        foreach (var fact in facts)
        {
            var arguments = fact.ToArguments();
            writer.Array(1 + arguments.Length).Unsigned((ulong)fact.Kind);
            foreach (var argument in arguments)
            {
                Wire.WriteValue(writer, argument);
            }
        }

        return new Question(device, minBlock, [.. facts], writer.ToArray());
    }

    internal static RequestError Read(ref CborReader reader, out Question? question, ref string detail)
    {
        question = null;
        var whole = reader;
        if (!whole.TryReadEncoded(out var encoded)
            || !reader.TryReadArray(4)
            || !reader.TryReadUnsigned(out var version) || version != Version
            || !reader.TryReadBytes(Hash32.Size, out var device)
            || !reader.TryReadUnsigned(out var minBlock)
            || !reader.TryReadArray(1, MaxFacts, out var count))
        {
            return RequestError.NotRequest;
        }

        var facts = ImmutableArray.CreateBuilder<Fact>(count);
        for (var i = 0; i < count; i++)
        {
            var error = ReadFact(ref reader, out var fact, ref detail);
            if (error != RequestError.None)
            {
                return error;
            }

            facts.Add(fact!);
        }

        question = new Question(Hash32.FromSpan(device), minBlock, facts.MoveToImmutable(), encoded.ToArray());
        return RequestError.None;
    }

    private static RequestError ReadFact(ref CborReader reader, out Fact? fact, ref string detail)
    {
        fact = null;
        if (!reader.TryReadArray(1, 1 + MaxArguments, out var count) || !reader.TryReadUnsigned(out var number))
        {
            return RequestError.NotRequest;
        }

        var arguments = new FactValue[count - 1];
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!Wire.TryReadValue(ref reader, out arguments[i]))
            {
                return RequestError.NotRequest;
            }
        }

        fact = Fact.TryCreate(number, arguments, out var problem);
        if (fact is null)
        {
            detail = problem!;
            return RequestError.UnknownFact;
        }

        return RequestError.None;
    }
}
