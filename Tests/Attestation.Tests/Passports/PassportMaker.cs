using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Tests.Passports;

/// <summary>A verifier that signs whatever it is given, right or wrong.</summary>
public sealed class PassportMaker : IDisposable
{
    public const ulong Issued = 1_800_000_000;
    public const ulong Expires = Issued + 3_600;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _enclave = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public PassportMaker()
    {
        Key = Es256Key.TryImport(PublicOf(_key))!;
        Good = new Passport
        {
            Operator = "operator-a.example",
            IssuedUnixSeconds = Issued,
            ExpiresUnixSeconds = Expires,
            SigningKey = [.. PublicOf(_enclave)],
            AgreementKey = Passport.Compress(PublicOf(_enclave)),
            Nonce = [1, 2, 3, 4, 5, 6, 7, 8],
            Platform = [.. Filled(16, 7)],
            IsDebug = false,
            Tier = PassportTier.Affirming,
            PlatformStatus = PlatformStatus.SwHardeningNeeded,
            Measurement = [.. Filled(32, 1)],
            ConfigurationHash = [.. Filled(32, 2)],
            AnchorHash = [.. Filled(32, 3)],
        };
    }

    public Es256Key Key { get; }

    public Passport Good { get; }

    /// <summary>What takes <see cref="Good"/>.</summary>
    public PassportExpectation Expectation => new()
    {
        ConfigurationHash = Filled(32, 2),
        Measurements = [Filled(32, 9), Filled(32, 1)],
        Platforms = [Filled(16, 7)],
        Nonce = new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 },
        NowAtLeast = Issued,
        NowAtMost = Issued + 10,
    };

    public static byte[] Filled(int length, byte value) => [.. Enumerable.Repeat(value, length)];

    public byte[] Sign(Passport passport) => Sign(passport.Encode());

    public byte[] Sign(byte[] claims)
    {
        var keyId = Key.KeyId.ToArray();
        return new SignedAnswer(keyId, claims, SignRaw(SignedPassport.ToBeSigned(keyId, claims))).Encode();
    }

    /// <summary>Low s, over any bytes.</summary>
    public byte[] SignRaw(byte[] toBeSigned)
    {
        var signature = _key.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return signature;
    }

    public PassportFault Check(Passport passport, PassportExpectation? expectation = null) => Check(Sign(passport), expectation);

    public PassportFault Check(byte[] passport, PassportExpectation? expectation = null)
        => PassportCheck.Check(passport, Key, expectation ?? Expectation).Fault;

    public void Dispose()
    {
        Key.Dispose();
        _key.Dispose();
        _enclave.Dispose();
    }

    private static byte[] PublicOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }
}
