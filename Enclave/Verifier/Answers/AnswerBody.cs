using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>
/// What is signed: <c>body = [block: uint, time: uint, hash: bstr .size 32, level: 0..3, nonce: bstr .size 8 / null, [1*4 result]]</c>.
/// </summary>
/// <param name="Block">Number of the head that the results hold for.</param>
/// <param name="UnixSeconds">That block's time.</param>
/// <param name="Hash">That block's hash.</param>
/// <param name="Level">How that head is trusted, 0 to 3.</param>
/// <param name="Nonce">The request's, or null.</param>
/// <param name="Results">One for each fact of the question, in its order.</param>
public sealed record AnswerBody(ulong Block, ulong UnixSeconds, Hash32 Hash, byte Level, ImmutableArray<byte>? Nonce, ImmutableArray<FactResult> Results)
{
    /// <summary>Longest body: four lists of six hashes take 879 bytes.</summary>
    public const int MaxBytes = 896;

    public byte[] Encode()
    {
        var writer = new CborWriter().Array(6).Unsigned(Block).Unsigned(UnixSeconds).Bytes(Hash.ToArray()).Unsigned(Level);
        Wire.WriteNonce(writer, Nonce);
        writer.Array(Results.Length);
        foreach (var result in Results)
        {
            Wire.WriteResult(writer, result);
        }

        return writer.ToArray();
    }

    /// <summary>Reads a body; any bytes get an answer.</summary>
    public static CborError Decode(ReadOnlySpan<byte> encoded, out AnswerBody? body)
    {
        body = null;
        var reader = new CborReader(encoded, MaxBytes);
        if (!reader.TryReadArray(6)
            || !reader.TryReadUnsigned(out var block)
            || !reader.TryReadUnsigned(out var time)
            || !reader.TryReadBytes(Hash32.Size, out var hash)
            || !reader.TryReadUnsigned(out var level) || level > Request.MaxLevel
            || !Wire.TryReadNonce(ref reader, out var nonce)
            || !reader.TryReadArray(1, Question.MaxFacts, out var count))
        {
            return Wire.ErrorOf(reader);
        }

        var results = ImmutableArray.CreateBuilder<FactResult>(count);
        for (var i = 0; i < count; i++)
        {
            if (!Wire.TryReadResult(ref reader, out var result))
            {
                return Wire.ErrorOf(reader);
            }

            results.Add(result);
        }

        body = new AnswerBody(block, time, Hash32.FromSpan(hash), (byte)level, nonce, results.MoveToImmutable());
        return CborError.None;
    }
}
