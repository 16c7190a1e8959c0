using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Device.Tests;

/// <summary>An enclave, a verifier that vouches for it, and a device that pins the verifier; each can be told to do wrong.</summary>
internal sealed class PassportWorld : IDisposable
{
    public static readonly Hash32 DeviceId = Keccak256.HashData("device"u8);
    public static readonly Address Commander = Address.Parse("0x00000000000000000000000000000000000000bb");
    public static readonly Hash32 Scope = Keccak256.HashData("lock:open"u8);

    private readonly List<DeviceClient> _devices = [];

    public PassportWorld()
    {
        Enclave = new FakeEnclave();
        Serve(Enclave, "operator-a.example", platform: 1);
        Passports = new PassportTrust { VerifierKeys = [Verifier.PublicKey.ToArray()], Measurements = [Filled(32, 1)] };
    }

    public PassportSigner Verifier { get; } = PassportSigner.Create();

    public FakeEnclave Enclave { get; }

    public FakeTimeProvider Time { get; } = new();

    public MemoryStore Store { get; } = new();

    public PassportTrust Passports { get; set; }

    /// <summary>The verifier's clock less that of the heads.</summary>
    public long VerifierAhead { get; set; }

    public ulong Lifetime { get; set; } = 3_600;

    public DeviceTrust Trust => new()
    {
        DeviceId = DeviceId,
        Passports = Passports,
        ConfigurationHash = Enclave.ConfigurationHash,
        MinLevel = 0,
        HeadTolerance = TimeSpan.FromDays(7),
    };

    public static byte[] Filled(int length, byte value) => [.. Enumerable.Repeat(value, length)];

    /// <summary>What the verifier says of an enclave, for a query.</summary>
    public Passport Describe(FakeEnclave enclave, string operatorName, byte platform, PassportQuery query)
    {
        var issued = (ulong)((long)enclave.UnixSeconds + VerifierAhead);
        return new Passport
        {
            Operator = operatorName,
            IssuedUnixSeconds = issued,
            ExpiresUnixSeconds = issued + Lifetime,
            SigningKey = [.. KeyOf(enclave, query)],
            AgreementKey = Passport.Compress(KeyOf(enclave, query)),
            Nonce = query.Nonce is { } nonce ? [.. nonce.Span] : null,
            Platform = [.. Filled(16, platform)],
            IsDebug = false,
            Tier = PassportTier.Affirming,
            PlatformStatus = PlatformStatus.UpToDate,
            Measurement = [.. Filled(32, 1)],
            ConfigurationHash = [.. enclave.ConfigurationHash],
            AnchorHash = [.. Filled(32, 3)],
        };
    }

    // The one that is asked for, if it is the next; else the one that signs.
    private static byte[] KeyOf(FakeEnclave enclave, PassportQuery query)
        => query.KeyId.Span.SequenceEqual(Es256Key.ComputeKeyId(enclave.NextPublicKey)) ? enclave.NextPublicKey : enclave.PublicKey;

    /// <summary>The verifier vouches for that enclave, truly or with a change.</summary>
    public void Serve(FakeEnclave enclave, string operatorName, byte platform, Func<Passport, Passport>? change = null)
        => enclave.Passport = query => TransportReply.Answered(Verifier.Sign((change ?? (passport => passport))(Describe(enclave, operatorName, platform, query))));

    public async Task<DeviceClient> StartAsync(params IDeviceTransport[] more)
    {
        var device = await DeviceClient.StartAsync(Trust, [Enclave, .. more], Store, Time);
        _devices.Add(device);
        return device;
    }

    public void Dispose()
    {
        foreach (var device in _devices) device.Dispose();
        Verifier.Dispose();
        Enclave.Dispose();
    }
}
