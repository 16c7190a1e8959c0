using System.Text;
using System.Text.Json;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Pythia.Tests.Quotes;
using Shouldly;

namespace Pythia.Tests.Tcb;

/// <summary>The signed bytes are those that came, and a document has one reading.</summary>
public sealed class SignedJsonTests : IDisposable
{
    private static readonly string Signature = new('0', 128);

    private readonly QuoteMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Theory]
    [InlineData("""{"tcbInfo":{"a":1},"signature":"@"}""", """{"a":1}""")]
    [InlineData("""{"signature":"@","tcbInfo":{"a":1}}""", """{"a":1}""")]
    [InlineData("""  { "tcbInfo" : { "a" : [1, {"b": "}"}] } , "signature" : "@" }  """, """{ "a" : [1, {"b": "}"}] }""")]
    public void Read_TheObject_IsTakenByteForByte(string json, string signed)
        => Encoding.UTF8.GetString(Read(json).Signed.Span).ShouldBe(signed);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"tcbInfo":{}}""")]
    [InlineData("""{"signature":"@"}""")]
    [InlineData("""{"tcbInfo":[],"signature":"@"}""")]
    [InlineData("""{"tcbInfo":{},"signature":1}""")]
    [InlineData("""{"tcbInfo":{},"signature":"00"}""")]
    [InlineData("""{"tcbInfo":{},"signature":"@0"}""")]
    [InlineData("""{"tcbInfo":{},"tcbInfo":{},"signature":"@"}""")]
    [InlineData("""{"tcbInfo":{},"signature":"@","signature":"@"}""")]
    [InlineData("""{"tcbInfo":{},"signature":"@","more":1}""")]
    [InlineData("""{"tcbInfo":{},"signature":"@"}{}""")]
    [InlineData("""{"tcbInfo":{},"signature":"@"} x""")]
    [InlineData("""{"tcbInfo":{},"signature":"@",}""")]
    [InlineData("""{"tcbInfo":{/* */},"signature":"@"}""")]
    [InlineData("""{"tcbInfo":{"a":1,"a":2},"signature":"@"}""")]
    [InlineData("""{"tcbInfo":{"b":{"a":1,"\u0061":2}},"signature":"@"}""")]
    public void Read_AnythingElse_IsRefused(string json) => Should.Throw<JsonException>(() => Read(json));

    // Validly signed, and still not as it must be: the vendor's own slip is no crash either.
    [Theory]
    [InlineData("\"tcbType\":0", "\"tcbType\":1")]
    [InlineData("\"id\":\"TDX\"", "\"id\":\"SEV\"")]
    [InlineData("2026-02-20T00:00:00Z", "2026-02-30T00:00:00Z")]
    [InlineData("2026-02-20T00:00:00Z", "2026-02-20T00:00:00+00:00")]
    [InlineData("\"svn\":11", "\"svn\":256")]
    [InlineData("\"svn\":11", "\"svn\":-1")]
    [InlineData("\"svn\":11", "\"svn\":1.5")]
    [InlineData("\"svn\":11", "\"svn\":\"11\"")]
    [InlineData("{\"svn\":11},", "")]
    [InlineData("\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Fine\"")]
    [InlineData("\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"TDRelaunchAdvised\"")]
    [InlineData("\"tcbStatus\":\"OutOfDate\"", "\"tcbStatus\":\"SWHardeningNeeded\"")] // the module's: nobody can harden it but its vendor
    [InlineData("\"tcbStatus\":\"OutOfDate\"", "\"tcbStatus\":\"ConfigurationNeeded\"")]
    [InlineData("\"advisoryIDs\":[\"INTEL-SA-01036\"]", "\"advisoryIDs\":[1]")]
    [InlineData("\"isvsvn\":3", "\"isvsvn\":70000")]
    [InlineData("\"pceId\":\"0000\"", "\"pceId\":\"00\"")]
    [InlineData("\"pceId\":\"0000\"", "\"pceId\":\"\\ud800000\"")]
    [InlineData("\"tcbLevels\":[", "\"tcbLevels\":{},\"x\":[")]
    public void Verify_SignedDocumentThatIsNoTcbInfo_IsMalformed(string find, string replace)
    {
        var info = _maker.TdxTcbInfo();
        info.ShouldContain(find);
        var at = info.IndexOf(find, StringComparison.Ordinal);
        var collateral = _maker.Collateral(isTdx: true, info[..at] + replace + info[(at + find.Length)..]);

        Kinds(collateral).ShouldBe([QuoteFaultKind.TcbInfoMalformed]);
    }

    [Theory]
    [InlineData("SWHardeningNeeded")]
    [InlineData("ConfigurationNeeded")]
    [InlineData("OutOfDateConfigurationNeeded")]
    [InlineData("TDRelaunchAdvised")]
    public void Verify_StatusThatNoQuotingEnclaveHas_IsMalformed(string status)
        => Kinds(_maker.Collateral(isTdx: true) with { QeIdentity = _maker.Sign("enclaveIdentity", QuoteMaker.QeIdentity(isTdx: true, status)) }).ShouldBe([QuoteFaultKind.QeIdentityMalformed]);

    [Fact]
    public void Verify_OtherVersion_IsNamed()
        => Kinds(_maker.Collateral(isTdx: true, _maker.TdxTcbInfo().Replace("\"version\":3", "\"version\":4", StringComparison.Ordinal))).ShouldBe([QuoteFaultKind.TcbInfoVersionUnsupported]);

    [Fact]
    public void Verify_UnknownMembersInWhatIsSigned_AreLetThrough()
        => Kinds(_maker.Collateral(isTdx: true, _maker.TdxTcbInfo().Replace("\"tcbType\":0", "\"tcbType\":0,\"new\":{\"a\":[1]}", StringComparison.Ordinal))).ShouldBeEmpty();

    private QuoteFaultKind[] Kinds(Enclave.Attestation.Evidence.QuoteCollateral collateral)
        => [.. _maker.Verify(_maker.Quote(4, QuoteMaker.TdxBody(false, 3, 1, 7), isTdx: true), collateral).Faults.Select(fault => fault.Kind)];

    private static SignedJson Read(string json) => SignedJson.Read(Encoding.UTF8.GetBytes(json.Replace("@", Signature, StringComparison.Ordinal)), TcbInfo.MemberName);
}
