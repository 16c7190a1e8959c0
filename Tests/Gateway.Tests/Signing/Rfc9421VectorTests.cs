using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pythia.Gateway.Signing;
using Shouldly;

namespace Pythia.Gateway.Tests.Signing;

/// <summary>RFC 9421 appendix B: its keys, its messages, its signatures. Values are those of the RFC.</summary>
public sealed class Rfc9421VectorTests
{
    // B.1.3, test-key-ecc-p256.
    private const string EccPublicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
        w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
        -----END PUBLIC KEY-----
        """;

    // B.1.5, test-shared-secret.
    private const string SharedSecret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";

    private const string RequestDigest = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

    private const string ClientCert = ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAe"
        + "Fw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5"
        + "Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0"
        + "lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kH"
        + "SB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:";

    [Fact]
    public void B23_FullCoverage_HasTheBaseOfTheRfc()
        => Base(
            """("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss" """.Trim(),
            TestRequest("example.com").ValueOf)
            .ShouldBe($"""
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@method": POST
                "@path": /foo
                "@query": ?param=Value&Pet=dog
                "@authority": example.com
                "content-type": application/json
                "content-digest": {RequestDigest}
                "content-length": 18
                "@signature-params": ("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"
                """.ReplaceLineEndings("\n"));

    [Fact]
    public void B24_EcdsaP256OfAResponse_Verifies()
    {
        var response = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["@status"] = "200",
            ["content-type"] = "application/json",
            ["content-digest"] = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:",
            ["content-length"] = "23",
        };
        var text = Base("""("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256" """.Trim(), response.GetValueOrDefault);

        VerifyEcc(text, "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==").ShouldBeTrue();
        VerifyEcc(text.Replace("200", "201", StringComparison.Ordinal), "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==").ShouldBeFalse();
        ContentDigest.Check(response["content-digest"], """{"message": "good dog"}"""u8).ShouldBe(RequestSignatureFault.None);
    }

    [Fact]
    public void B25_Hmac_IsTheSignatureOfTheRfc()
    {
        var text = Base("""("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret" """.Trim(), TestRequest("example.com").ValueOf);

        Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(SharedSecret), Encoding.ASCII.GetBytes(text))).ShouldBe("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    }

    [Fact]
    public void B3_BehindAProxy_HasTheBaseOfTheRfc()
        => Base(
            """("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256" """.Trim(),
            TestRequest("service.internal.example").ValueOf)
            .ShouldBe($"""
                "@path": /foo
                "@query": ?param=Value&Pet=dog
                "@method": POST
                "@authority": service.internal.example
                "client-cert": {ClientCert}
                "@signature-params": ("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256"
                """.ReplaceLineEndings("\n"));

    [Fact]
    public void ContentDigest_OfTheTestRequest_Holds()
    {
        ContentDigest.Check(RequestDigest, """{"hello": "world"}"""u8).ShouldBe(RequestSignatureFault.None);
        ContentDigest.Check(RequestDigest, """{"hello": "World"}"""u8).ShouldBe(RequestSignatureFault.DigestMismatch);
        ContentDigest.Check("md5=:AAAA:", []).ShouldBe(RequestSignatureFault.DigestUnknown);
        ContentDigest.Check(ContentDigest.Write("x"u8), "x"u8).ShouldBe(RequestSignatureFault.None);
    }

    private static string Base(string covered, Func<string, string?> valueOf)
    {
        StructuredFieldParser.TryReadDictionary($"sig={covered}", out var dictionary).ShouldBeTrue();
        return Encoding.ASCII.GetString(SignatureBase.Write((FieldInnerList)dictionary![0].Value, valueOf, out var missing).ShouldNotBeNull($"{missing} is missing"));
    }

    private static bool VerifyEcc(string text, string signature)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(EccPublicKey);
        return key.VerifyData(Encoding.ASCII.GetBytes(text), Convert.FromBase64String(signature), HashAlgorithmName.SHA256);
    }

    // B.2: POST /foo?param=Value&Pet=dog
    private static SignedRequest TestRequest(string host)
    {
        var context = new DefaultHttpContext();
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = "/foo?param=Value&Pet=dog";
        context.Request.Method = "POST";
        context.Request.Scheme = "https";
        context.Request.Host = new HostString(host);
        context.Request.Headers.Date = "Tue, 20 Apr 2021 02:07:55 GMT";
        context.Request.Headers.ContentType = "application/json";
        context.Request.Headers.ContentLength = 18;
        context.Request.Headers["Content-Digest"] = RequestDigest;
        context.Request.Headers["Client-Cert"] = ClientCert;
        return new SignedRequest(context.Request, publicUrl: null);
    }
}
