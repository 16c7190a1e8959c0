using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;
using Shouldly;
using static Pythia.Tests.Passports.PassportMaker;

namespace Pythia.Tests.Passports;

/// <summary>The bytes as docs/passports.md draws them, written here by hand.</summary>
public sealed class PassportBytesTests
{
    // a2 01 26 04 48 kid: the header of answers too.
    private const string Header = "a2012604480102030405060708";

    private const string Aad = "8171" + "7079746869612f70617373706f72742f31"; // ["pythia/passport/1"]

    private const string ExpectedClaims =
        "aa"
        + "02" + "68" + "6f702d612e6f7267" // sub "op-a.org"
        + "04" + "1a6b49e010" // exp
        + "06" + "1a6b49d200" // iat
        + "08" + "a101a401022001215820" + X + "225820" + Y // cnf
        + "0a" + "48" + "0807060504030201" // eat_nonce
        + "190100" + "5101" + "07070707070707070707070707070707" // ueid
        + "190107" + "01" // dbgstat
        + "190109" + "7820" + "7461673a7079746869612e696e76616c69642c323032363a70617373706f7274" // eat_profile
        + "1903e8" + "02" // ear.status
        + "3a00010000" + "85" + "5820" + Ones + "5820" + Twos + "5820" + Threes + "582103" + X + "02";

    private const string X = "1111111111111111111111111111111111111111111111111111111111111111";
    private const string Y = "2222222222222222222222222222222222222222222222222222222222222223";
    private const string Ones = "0101010101010101010101010101010101010101010101010101010101010101";
    private const string Twos = "0202020202020202020202020202020202020202020202020202020202020202";
    private const string Threes = "0303030303030303030303030303030303030303030303030303030303030303";

    private static readonly Passport Drawn = new()
    {
        Operator = "op-a.org",
        ExpiresUnixSeconds = 1_800_003_600,
        IssuedUnixSeconds = 1_800_000_000,
        SigningKey = [.. Convert.FromHexString(X + Y)],
        AgreementKey = Passport.Compress(Convert.FromHexString(X + Y)),
        Nonce = [8, 7, 6, 5, 4, 3, 2, 1],
        Platform = [.. Filled(16, 7)],
        IsDebug = false,
        Tier = PassportTier.Affirming,
        PlatformStatus = PlatformStatus.SwHardeningNeeded,
        Measurement = [.. Filled(32, 1)],
        ConfigurationHash = [.. Filled(32, 2)],
        AnchorHash = [.. Filled(32, 3)],
    };

    [Fact]
    public void Encode_DrawnPassport_IsTheDrawnBytes()
    {
        Convert.ToHexStringLower(Drawn.Encode()).ShouldBe(ExpectedClaims);
        Passport.Decode(Convert.FromHexString(ExpectedClaims), out var read).ShouldBe(PassportClaimsError.None);
        read!.Encode().ShouldBe(Drawn.Encode());
    }

    [Fact]
    public void ToBeSigned_DrawnPassport_IsTheSigStructureWithItsExternalAad()
    {
        var claims = Convert.FromHexString(ExpectedClaims);
        var expected = "84" + "6a" + "5369676e617475726531" + "4d" + Header + "53" + Aad + "59" + claims.Length.ToString("x4", System.Globalization.CultureInfo.InvariantCulture) + ExpectedClaims;
        Convert.ToHexStringLower(SignedPassport.ToBeSigned([1, 2, 3, 4, 5, 6, 7, 8], claims)).ShouldBe(expected);
    }

    [Fact]
    public void PlatformOf_Ppid_IsTheDrawnHash()
    {
        byte[] ppid = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        Passport.PlatformOf(ppid).ToArray().ShouldBe(SHA256.HashData([.. "pythia/platform/1"u8, .. ppid])[..16]);
    }

    [Fact]
    public void Decode_AnswerInPlaceOfAPassport_IsNoPassport()
    {
        SignedPassport.Decode(new SignedAnswer(new byte[8], new byte[SignedPassport.MaxBytes], new byte[64]).Encode(), out _)
            .ShouldBe(SignedAnswerError.NotDeterministicCbor);
    }
}
