using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Device.Tests;

/// <summary>An enclave with a head that the test sets, and a way to it on which the test may change what comes back.</summary>
internal sealed class FakeEnclave : IDeviceTransport, IDisposable
{
    private ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private ECDsa _next = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] PublicKey => PublicOf(_key);

    /// <summary>Of the key that signs after this one.</summary>
    public byte[] NextPublicKey => PublicOf(_next);

    public byte[] ConfigurationHash { get; set; } = [.. Enumerable.Repeat((byte)7, 32)];

    public ulong Block { get; set; } = 100;

    public ulong UnixSeconds { get; set; } = 1_800_000_000;

    public byte Level { get; set; }

    /// <summary>What every fact comes to; by default a permission until the end of time.</summary>
    public FactResult Result { get; set; } = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(4_000_000_000));

    /// <summary>Changes the body before it is signed.</summary>
    public Func<AnswerBody, AnswerBody> ChangeBody { get; set; } = body => body;

    /// <summary>Changes the signed answer on its way.</summary>
    public Func<byte[], byte[]> ChangeAnswer { get; set; } = answer => answer;

    /// <summary>Called when a request comes, before it is answered.</summary>
    public Action<Request> OnRequest { get; set; } = _ => { };

    /// <summary>Sent in place of an answer.</summary>
    public TransportReply? Instead { get; set; }

    /// <summary>Brings a passport; by default nobody has one.</summary>
    public Func<PassportQuery, TransportReply> Passport { get; set; } = _ => TransportReply.None("no verifier");

    /// <summary>Brings evidence; by default nobody has any.</summary>
    public Func<PassportQuery, TransportReply> Evidence { get; set; } = _ => TransportReply.None("no evidence");

    /// <summary>How often a passport or evidence was asked for.</summary>
    public int Fetched { get; private set; }

    public Task<TransportReply> FetchPassportAsync(PassportQuery query, CancellationToken cancellationToken = default)
    {
        Fetched++;
        return Task.FromResult(Passport(query));
    }

    public Task<TransportReply> FetchEvidenceAsync(PassportQuery query, CancellationToken cancellationToken = default)
    {
        Fetched++;
        return Task.FromResult(Evidence(query));
    }

    public Task<TransportReply> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
    {
        Request.Decode(request.Span, out var read, out var detail).ShouldBe(RequestError.None, detail);
        OnRequest(read!);
        return Task.FromResult(Instead ?? TransportReply.Answered(ChangeAnswer(Answer(read!))));
    }

    /// <summary>The next key signs from now on, and a further one is there.</summary>
    public void TurnKeys()
    {
        _key.Dispose();
        (_key, _next) = (_next, ECDsa.Create(ECCurve.NamedCurves.nistP256));
    }

    public void Dispose()
    {
        _key.Dispose();
        _next.Dispose();
    }

    private static byte[] PublicOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }

    public byte[] Answer(Request request)
    {
        var body = ChangeBody(new AnswerBody(
            Block, UnixSeconds, Hash32.FromUInt64(Block), Level, request.Nonce, [.. request.Question.Facts.Select(_ => Result)])).Encode();
        var keyId = Es256Key.ComputeKeyId(PublicKey);
        var toBeSigned = SignedAnswer.ToBeSigned(keyId, body, ConfigurationHash, request.Question.Encoded.Span);
        var signature = _key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return new SignedAnswer(keyId, body, signature).Encode();
    }
}

/// <summary>A store in memory, which outlives the devices that use it.</summary>
internal sealed class MemoryStore : IDeviceStore
{
    public DeviceMemory Stored { get; private set; } = DeviceMemory.Nothing;

    public Exception? Failure { get; set; }

    public ValueTask<DeviceMemory> LoadAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(Stored);

    public ValueTask StoreAsync(DeviceMemory memory, CancellationToken cancellationToken = default)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        Stored = memory;
        return ValueTask.CompletedTask;
    }
}
