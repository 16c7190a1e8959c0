using System.Text;
using Microsoft.AspNetCore.Http;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Shouldly;

namespace Pythia.Tests.Collateral;

public sealed class PccsClientTests : IAsyncLifetime
{
    private static readonly CollateralKey Key = new("51ad00000000", PlatformCa: false);

    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(TimeProvider.System);
    private readonly HttpClient _http = PccsClient.CreateHttp();
    private PccsDouble _pccs = null!;

    public async Task InitializeAsync() => _pccs = await PccsDouble.StartAsync(_platform);

    public async Task DisposeAsync()
    {
        await _pccs.DisposeAsync();
        _http.Dispose();
        _platform.Dispose();
    }

    [Fact]
    public async Task GetAsync_Service_GivesEveryPieceByteForByte()
    {
        var issued = _platform.IssueCollateral();
        _pccs.Collateral = () => issued;

        var got = await Client().GetAsync(Key);

        got.TcbInfo!.Value.ToArray().ShouldBe(issued.TcbInfo!.Value.ToArray());
        got.TcbInfoIssuerChain!.Value.ToArray().ShouldBe(issued.TcbInfoIssuerChain!.Value.ToArray());
        got.QeIdentity!.Value.ToArray().ShouldBe(issued.QeIdentity!.Value.ToArray());
        got.QeIdentityIssuerChain!.Value.ToArray().ShouldBe(issued.QeIdentityIssuerChain!.Value.ToArray());
        got.PckCrl!.Value.ToArray().ShouldBe(issued.PckCrl!.Value.ToArray());
        got.PckCrlIssuerChain!.Value.ToArray().ShouldBe(issued.PckCrlIssuerChain!.Value.ToArray());
        got.RootCaCrl!.Value.ToArray().ShouldBe(issued.RootCaCrl!.Value.ToArray());
    }

    [Fact]
    public async Task GetAsync_Paths_AreThoseOfVersion4()
    {
        await Client(options => options with { EvaluationNumber = 18 }).GetAsync(Key);
        _pccs.Asked.ShouldBe(
        [
            "/sgx/certification/v4/tcb?fmspc=51ad00000000&tcbEvaluationDataNumber=18",
            "/sgx/certification/v4/qe/identity?tcbEvaluationDataNumber=18",
            "/sgx/certification/v4/pckcrl?ca=processor&encoding=der",
            "/sgx/certification/v4/rootcacrl",
        ]);
    }

    [Fact]
    public async Task GetAsync_TdxByPlatformCa_HasItsOwnPaths()
    {
        (await RefusalAsync(Client(), Key with { Tdx = true, PlatformCa = true })).Kind.ShouldBe(CollateralTroubleKind.Unknown); // the double has no TDX
        _pccs.Asked.ShouldBe(["/tdx/certification/v4/tcb?fmspc=51ad00000000"]);
    }

    [Fact]
    public async Task GetAsync_RootCrlAddressOfItsOwn_IsAsked()
    {
        _pccs.Misbehave = async context =>
        {
            if (context.Request.Path != "/IntelSGXRootCA.der") return false;
            await context.Response.Body.WriteAsync(_platform.IssueCollateral().RootCaCrl!.Value);
            return true;
        };
        var got = await Client(options => options with { RootCrlUrl = _pccs.Url + "/IntelSGXRootCA.der" }).GetAsync(Key);
        got.RootCaCrl!.Value.Span[0].ShouldBe<byte>(0x30, "DER is taken as it is");
        _pccs.Asked[^1].ShouldBe("/IntelSGXRootCA.der");
    }

    [Theory]
    [InlineData(404, CollateralTroubleKind.Unknown, 1)]
    [InlineData(410, CollateralTroubleKind.Unknown, 1)]
    [InlineData(400, CollateralTroubleKind.Malformed, 1)]
    [InlineData(302, CollateralTroubleKind.Malformed, 1)]
    [InlineData(204, CollateralTroubleKind.Malformed, 1)]
    [InlineData(429, CollateralTroubleKind.HttpStatus, 3)]
    [InlineData(503, CollateralTroubleKind.HttpStatus, 3)]
    public async Task GetAsync_Status_IsNamedAndRepeatedWhereThatHelps(int status, CollateralTroubleKind kind, int asked)
    {
        _pccs.Misbehave = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = _pccs.Url + "/elsewhere";
            return Task.FromResult(true);
        };
        var refusal = await RefusalAsync(Client(options => options with { Retries = 2, RetryDelayMs = 1 }), Key);
        refusal.Kind.ShouldBe(kind);
        refusal.Message.ShouldBe($"127.0.0.1/sgx/certification/v4/tcb: status {status} found, 200 expected");
        _pccs.Asked.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task GetAsync_BrokenOnce_IsRepeated()
    {
        var broken = 0;
        _pccs.Misbehave = context =>
        {
            if (Interlocked.Increment(ref broken) != 2) return Task.FromResult(false);
            context.Abort();
            return Task.FromResult(true);
        };
        (await Client(options => options with { RetryDelayMs = 1 }).GetAsync(Key)).PckCrl.ShouldNotBeNull();
        _pccs.Asked.Count.ShouldBe(5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GetAsync_HangingService_IsTooLate(bool afterHeaders)
    {
        var left = new TaskCompletionSource();
        _pccs.Misbehave = async context =>
        {
            if (afterHeaders)
            {
                context.Response.Headers["TCB-Info-Issuer-Chain"] = "-----BEGIN CERTIFICATE-----";
                await context.Response.Body.WriteAsync("{"u8.ToArray());
                await context.Response.Body.FlushAsync();
            }

            using var registration = context.RequestAborted.Register(() => left.TrySetResult());
            await left.Task;
            return true;
        };
        var refusal = await RefusalAsync(Client(options => options with { AttemptTimeoutMs = 200, Retries = 0 }), Key);
        refusal.Kind.ShouldBe(CollateralTroubleKind.TooLate);
        refusal.Message.ShouldEndWith("tcb: no whole answer within 200 ms");
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30)); // the connection was given up
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GetAsync_TooLong_IsNotRead(bool announced)
    {
        _pccs.Misbehave = async context =>
        {
            context.Response.Headers["TCB-Info-Issuer-Chain"] = "-----BEGIN CERTIFICATE-----";
            if (announced) context.Response.ContentLength = 5_000;
            await context.Response.Body.WriteAsync(new byte[5_000]);
            return true;
        };
        var refusal = await RefusalAsync(Client(options => options with { MaxBytes = 4_096 }), Key);
        refusal.Kind.ShouldBe(CollateralTroubleKind.Malformed);
        refusal.Message.ShouldContain("bytes or more found, 4096 at most expected");
    }

    [Fact]
    public async Task GetAsync_BodyCutByTheConnection_IsNotReached()
    {
        _pccs.Misbehave = async context =>
        {
            context.Response.Headers["TCB-Info-Issuer-Chain"] = "-----BEGIN CERTIFICATE-----";
            context.Response.ContentLength = 1_000;
            await context.Response.Body.WriteAsync(new byte[10]);
            await context.Response.Body.FlushAsync();
            context.Abort();
            return true;
        };
        (await RefusalAsync(Client(options => options with { Retries = 0 }), Key)).Kind.ShouldBe(CollateralTroubleKind.NotReached);
    }

    [Theory]
    [InlineData(null, "no header TCB-Info-Issuer-Chain found")]
    [InlineData("nothing", "header TCB-Info-Issuer-Chain holds no certificate")]
    public async Task GetAsync_IssuerChain_MustBeThere(string? header, string message)
    {
        _pccs.Misbehave = async context =>
        {
            if (header is not null) context.Response.Headers["TCB-Info-Issuer-Chain"] = header;
            await context.Response.WriteAsync("{}");
            return true;
        };
        (await RefusalAsync(Client(), Key)).Message.ShouldEndWith(message);
    }

    [Theory]
    [InlineData("3082", true)]
    [InlineData("30 82", false)]
    [InlineData("no hex", false)]
    [InlineData("3082\n", true)]
    [InlineData("0\u0082\u0001", true)]
    public async Task GetAsync_RevocationList_IsDerOrHexadecimal(string body, bool taken)
    {
        var bytes = Encoding.Latin1.GetBytes(body);
        _pccs.Misbehave = async context =>
        {
            if (context.Request.Path != "/sgx/certification/v4/rootcacrl") return false;
            await context.Response.Body.WriteAsync(bytes);
            return true;
        };
        if (taken) (await Client().GetAsync(Key)).RootCaCrl!.Value.Span[0].ShouldBe<byte>(0x30);
        else (await RefusalAsync(Client(), Key)).Message.ShouldBe("root CRL: neither DER, hexadecimal DER nor PEM");
    }

    [Fact]
    public async Task GetAsync_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource();
        _pccs.Misbehave = async _ =>
        {
            await cancelled.CancelAsync();
            return false;
        };
        await Should.ThrowAsync<OperationCanceledException>(async () => await Client().GetAsync(Key, cancelled.Token));
    }

    [Theory]
    [InlineData("http://pccs.example")]
    [InlineData("ftp://localhost/")]
    [InlineData("https://pccs.example/?ca=1")]
    [InlineData("pccs.example")]
    public void PccsClient_Address_IsHttpsOrThisMachine(string url)
        => Should.Throw<ArgumentException>(() => new PccsClient(_http, new CollateralOptions { Url = url }, TimeProvider.System))
            .Message.ShouldStartWith($"Collateral:Url: '{url}' found");

    [Theory]
    [InlineData("http://localhost:8081")]
    [InlineData("http://127.0.0.1/base")]
    [InlineData("http://[::1]")]
    [InlineData("https://pccs.example/pccs/")]
    public void PccsClient_UsableAddress_IsTaken(string url)
        => new CollateralOptions { Url = url }.FindMistakes().ShouldBeEmpty();

    private PccsClient Client(Func<CollateralOptions, CollateralOptions>? change = null)
        => new(_http, (change ?? (options => options))(new CollateralOptions { Url = _pccs.Url, AttemptTimeoutMs = 60_000 }), TimeProvider.System);

    private static async Task<CollateralException> RefusalAsync(PccsClient client, CollateralKey key)
        => await Should.ThrowAsync<CollateralException>(async () => await client.GetAsync(key));
}
