using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Shouldly;

namespace Pythia.Enclave.Tests.Answers;

/// <summary>A request with one thing wrong is refused by name, and no bytes are too strange.</summary>
public sealed class RequestTests
{
    private static readonly byte[] Device = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] Nonce = new byte[8];

    public static TheoryData<string, RequestError> Broken => new()
    {
        { Encode(writer => writer.Array(2).Encoded(Good).Null()), RequestError.NotRequest },
        { Encode(writer => writer.Array(3).Unsigned(1).Null().Unsigned(0)), RequestError.NotRequest },
        { Encode(writer => writer.Array(3).Encoded(Good).Bytes(new byte[7]).Unsigned(0)), RequestError.NotRequest },
        { Encode(writer => writer.Array(3).Encoded(Good).Bytes(new byte[9]).Unsigned(0)), RequestError.NotRequest },
        { Encode(writer => writer.Array(3).Encoded(Good).Null().Unsigned(4)), RequestError.NotRequest },
        { Encode(writer => writer.Array(3).Encoded(Good).Null().Integer(-1)), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(2).Bytes(Device).Unsigned(0).Array(1).Array(1).Unsigned(1)), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(new byte[31]).Unsigned(0).Array(1).Array(1).Unsigned(1)), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Integer(-1).Array(1).Array(1).Unsigned(1)), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(0)), RequestError.NotRequest },
        { Ask(writer => FiveFacts(writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0))), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(0)), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(2).Unsigned(5).Text("x")), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(2).Unsigned(5).Bytes(new byte[33])), RequestError.NotRequest },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(1).Unsigned(0)), RequestError.UnknownFact },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(1).Unsigned(6)), RequestError.UnknownFact },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(2).Unsigned(1).Unsigned(0)), RequestError.UnknownFact },
        { Ask(writer => writer.Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(2).Unsigned(5).Bytes(new byte[31])), RequestError.UnknownFact },
        { "", RequestError.NotDeterministicCbor },
        { "83", RequestError.NotDeterministicCbor },
        { Convert.ToHexString(new byte[Request.MaxBytes + 1]), RequestError.NotDeterministicCbor },
    };

    private static byte[] Good => new CborWriter().Array(4).Unsigned(1).Bytes(Device).Unsigned(0).Array(1).Array(1).Unsigned(1).ToArray();

    [Theory]
    [MemberData(nameof(Broken))]
    public void Decode_OneThingWrong_IsNamed(string encoded, RequestError expected)
    {
        Request.Decode(Convert.FromHexString(encoded), out var request, out var detail).ShouldBe(expected);
        request.ShouldBeNull();
        detail.ShouldNotBeEmpty();
    }

    [Fact]
    public void Decode_GoodOne_IsRead()
    {
        var encoded = new CborWriter().Array(3).Encoded(Good).Bytes(Nonce).Unsigned(3).ToArray();
        Request.Decode(encoded, out var request, out _).ShouldBe(RequestError.None);
        request!.MinLevel.ShouldBe((byte)3);
        request.Nonce!.Value.ShouldBe(Nonce);
        request.Question.Encoded.ToArray().ShouldBe(Good);
        request.Question.Device.ToArray().ShouldBe(Device);
    }

    [Fact]
    public void Decode_MutatedBytes_NeverThrowsAndWhatItTakesItWritesBack()
    {
        const int Seed = 2026;
        var random = new Random(Seed);
        var taken = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var vectors = AnswerVectors.Shared.Answers;
            var bytes = vectors[random.Next(vectors.Length)].RequestBytes;
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (Request.Decode(bytes, out var request, out _) == RequestError.None)
            {
                taken++;
                request!.Encode().ShouldBe(bytes, $"seed {Seed}, round {round}");
            }
        }

        taken.ShouldBeGreaterThan(0);
    }

    private static CborWriter FiveFacts(CborWriter writer)
    {
        writer.Array(5);
        for (var i = 0; i < 5; i++)
        {
            writer.Array(1).Unsigned(1);
        }

        return writer;
    }

    private static string Ask(Action<CborWriter> question)
    {
        var inner = new CborWriter();
        question(inner);
        return Convert.ToHexString(new CborWriter().Array(3).Encoded(inner.Written).Null().Unsigned(0).Written);
    }

    private static string Encode(Action<CborWriter> write)
    {
        var writer = new CborWriter();
        write(writer);
        return Convert.ToHexString(writer.Written);
    }
}
