using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Shouldly;

namespace Pythia.Tests.Attesters;

/// <summary>What a simulated platform issues, read by offset and checked with .NET's own chain building: not with the verifier that it is made for.</summary>
public sealed class SimulatedPlatformTests : IDisposable
{
    private static readonly SimulatedEnclave Enclave = new(SHA256.HashData("code"u8));
    private static readonly byte[] ReportData = [.. SHA256.HashData("bound"u8), .. new byte[32]];

    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(TimeProvider.System);
    private readonly string _folder = Directory.CreateTempSubdirectory("simulated-platform").FullName;

    public void Dispose()
    {
        _platform.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Quote_Offsets_AreThoseOfVersion3()
    {
        var quote = _platform.Quote(Enclave with { ProductId = 7, SecurityVersion = 9 }, ReportData);

        quote[..4].ShouldBe<byte>([3, 0, 2, 0]);
        Convert.ToHexStringLower(quote.AsSpan(12, 16)).ShouldBe("939a7233f79c4ca9940a0db3957f0607");
        quote[112..144].ShouldBe(Enclave.Measurement.ToArray());
        quote[176..208].ShouldBe(Enclave.Signer.ToArray());
        BinaryPrimitives.ReadUInt16LittleEndian(quote.AsSpan(304)).ShouldBe((ushort)7);
        BinaryPrimitives.ReadUInt16LittleEndian(quote.AsSpan(306)).ShouldBe((ushort)9);
        quote[368..432].ShouldBe(ReportData);
        BinaryPrimitives.ReadUInt32LittleEndian(quote.AsSpan(432)).ShouldBe((uint)(quote.Length - 436));
    }

    [Fact]
    public void Quote_Signatures_HoldFromTheRootToTheReportData()
    {
        var quote = _platform.Quote(Enclave, ReportData);
        var chain = Certificates(Encoding.ASCII.GetString(quote, 1052, quote.Length - 1052));
        var qeReport = quote.AsSpan(564, 384);

        ECDsaOf(quote.AsSpan(500, 64)).VerifyData(quote.AsSpan(0, 432), quote.AsSpan(436, 64), HashAlgorithmName.SHA256).ShouldBeTrue();
        chain[0].GetECDsaPublicKey()!.VerifyData(qeReport, quote.AsSpan(948, 64), HashAlgorithmName.SHA256).ShouldBeTrue();
        qeReport[320..352].ToArray().ShouldBe(SHA256.HashData([.. quote.AsSpan(500, 64), .. quote.AsSpan(1014, 32)]));
        BinaryPrimitives.ReadUInt16LittleEndian(quote.AsSpan(1046)).ShouldBe((ushort)5);
        Builds(chain[0], chain[1], chain[2]).ShouldBeTrue();
        KeyOf(chain[2]).ShouldBe(_platform.RootKey.ToArray());
    }

    [Fact]
    public void Issue_Documents_AreSignedOverTheirExactBytes()
    {
        var collateral = _platform.IssueCollateral();
        foreach (var (document, name, pem) in new[]
        {
            (collateral.TcbInfo, "tcbInfo", collateral.TcbInfoIssuerChain), (collateral.QeIdentity, "enclaveIdentity", collateral.QeIdentityIssuerChain),
        })
        {
            var chain = Certificates(Encoding.ASCII.GetString(pem!.Value.Span));
            var text = Encoding.UTF8.GetString(document!.Value.Span);
            using var json = JsonDocument.Parse(text);
            var signature = Convert.FromHexString(json.RootElement.GetProperty("signature").GetString()!);
            var signed = Encoding.UTF8.GetBytes(json.RootElement.GetProperty(name).GetRawText());
            chain[0].GetECDsaPublicKey()!.VerifyData(signed, signature, HashAlgorithmName.SHA256).ShouldBeTrue();
            Builds(chain[0], chain[1]).ShouldBeTrue();
            KeyOf(chain[1]).ShouldBe(_platform.RootKey.ToArray());
        }
    }

    [Theory]
    [InlineData(false, "CN=Intel SGX PCK Processor CA")]
    [InlineData(true, "CN=Intel SGX PCK Platform CA")]
    public void Quote_Ca_IsTheOneAskedFor(bool byPlatformCa, string name)
    {
        using var platform = SimulatedPlatform.Create(TimeProvider.System, new SimulatedProcessor { ByPlatformCa = byPlatformCa });
        var quote = platform.Quote(Enclave, ReportData);
        var chain = Certificates(Encoding.ASCII.GetString(quote, 1052, quote.Length - 1052));
        chain[1].Subject.ShouldContain(name);
        Builds(chain[0], chain[1], chain[2]).ShouldBeTrue();
    }

    [Fact]
    public void Quote_ReportDataOfAnotherLength_IsNamed()
        => Should.Throw<AttestationException>(() => _platform.Quote(Enclave, ReportData.AsSpan(0, 63))).Message.ShouldBe("report data: 63 bytes found, 64 expected");

    [Fact]
    public void Load_AfterSave_IsTheSamePlatform()
    {
        _platform.Save(_folder);
        using var again = SimulatedPlatform.Load(_folder, TimeProvider.System);

        again.RootKey.ToArray().ShouldBe(_platform.RootKey.ToArray());
        again.Processor.Fmspc.ToArray().ShouldBe(_platform.Processor.Fmspc.ToArray());
        var (first, second) = (_platform.Quote(Enclave, ReportData), again.Quote(Enclave, ReportData));
        second[500..564].ShouldBe(first[500..564], "the attestation key is kept");
        second[1042..].ShouldBe(first[1042..], "the PCK chain is kept");
    }

    [Fact]
    public void Save_PrivateKeys_AreReadableByTheirOwnerOnly()
    {
        _platform.Save(_folder);
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(Path.Combine(_folder, "simulated_private_keys.json")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Save_FolderThatHasAPlatform_KeepsIt()
    {
        _platform.Save(_folder);
        using var second = SimulatedPlatform.Create(TimeProvider.System);
        second.Save(_folder);
        using var kept = SimulatedPlatform.LoadOrCreate(_folder, TimeProvider.System);
        kept.RootKey.ToArray().ShouldBe(_platform.RootKey.ToArray());
        Directory.GetFiles(_folder, "*.json*").ShouldHaveSingleItem("no draft is left");
    }

    [Fact]
    public async Task LoadOrCreate_ManyAtOnce_AreOnePlatform()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SimulatedPlatform.LoadOrCreate(_folder, TimeProvider.System))));
        all.Select(platform => Convert.ToHexString(platform.RootKey.Span)).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
        Directory.GetFiles(_folder, "*.json*").ShouldHaveSingleItem("no draft is left");
        foreach (var platform in all) platform.Dispose();
    }

    [Fact]
    public void Load_KeyOfAnotherCertificate_IsNamed()
    {
        _platform.Save(_folder);
        var path = Path.Combine(_folder, "simulated_private_keys.json");
        var text = File.ReadAllText(path);
        using var json = JsonDocument.Parse(text);
        var (pck, root) = (json.RootElement.GetProperty("pckKey").GetString()!, json.RootElement.GetProperty("rootKey").GetString()!);
        File.WriteAllText(path, text.Replace(pck, root, StringComparison.Ordinal));

        Should.Throw<InvalidDataException>(() => SimulatedPlatform.Load(_folder, TimeProvider.System))
            .Message.ShouldBe($"{path}: certificate pck is of another key than pckKey");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"rootKey":"AAAA"}""")]
    public void Load_DamagedFile_IsNamed(string content)
    {
        var path = Path.Combine(_folder, "simulated_private_keys.json");
        File.WriteAllText(path, content);
        Should.Throw<InvalidDataException>(() => SimulatedPlatform.Load(_folder, TimeProvider.System)).Message.ShouldStartWith(path);
    }

    [Fact]
    public void WriteCollateral_ReadAgain_IsTheSameAndMissingPiecesStayMissing()
    {
        var collateral = _platform.IssueCollateral() with { PckCrl = null };
        EvidenceFolder.WriteCollateral(_folder, _platform.IssueCollateral());
        EvidenceFolder.WriteCollateral(_folder, collateral);
        var read = EvidenceFolder.ReadCollateral(_folder);

        read.PckCrl.ShouldBeNull();
        read.PckChain.ShouldBeNull();
        read.TcbInfo!.Value.ToArray().ShouldBe(collateral.TcbInfo!.Value.ToArray());
        read.RootCaCrl!.Value.ToArray().ShouldBe(collateral.RootCaCrl!.Value.ToArray());
        read.PckCrlIssuerChain!.Value.ToArray().ShouldBe(collateral.PckCrlIssuerChain!.Value.ToArray());
    }

    private static ECDsa ECDsaOf(ReadOnlySpan<byte> publicKey)
        => ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = publicKey[..32].ToArray(), Y = publicKey[32..].ToArray() },
        });

    private static byte[] KeyOf(X509Certificate2 certificate)
    {
        var point = certificate.GetECDsaPublicKey()!.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }

    private static X509Certificate2[] Certificates(string pem)
        => [.. pem.Split("-----END CERTIFICATE-----")[..^1].Select(one => X509Certificate2.CreateFromPem(one + "-----END CERTIFICATE-----"))];

    // The last one is the anchor.
    private static bool Builds(params X509Certificate2[] certificates)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(certificates[^1]);
        chain.ChainPolicy.ExtraStore.AddRange(certificates[1..]);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificates[0]) && chain.ChainElements.Count == certificates.Length;
    }
}
