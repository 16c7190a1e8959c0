using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>
/// Keeps a simulated platform in a folder. One file holds all that it needs, so that it is there as a whole or not at all; the PEM files beside it are for whoever
/// configures a trust.
/// </summary>
internal static class SimulatedFiles
{
    private const string PrivateKeysFile = "simulated_private_keys.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, PrivateKeysFile));

    public static void Save(SimulatedPlatform platform, string folder)
    {
        Directory.CreateDirectory(folder);
        var certificates = platform.Certificates;
        var stored = new Stored(
            "simulated: these keys protect nothing", Key(platform.Keys.Root), Key(platform.Keys.PckCa), Key(platform.Keys.Pck), Key(platform.Keys.TcbSigner),
            Key(platform.Keys.Attestation), certificates.Root.RawData, certificates.PckCa.RawData, certificates.Pck.RawData, certificates.TcbSigner.RawData,
            StoredProcessor.Of(platform.Processor));
        if (!Place(Path.Combine(folder, PrivateKeysFile), JsonSerializer.SerializeToUtf8Bytes(stored, Json))) return;
        File.WriteAllText(Path.Combine(folder, "trusted_root.pem"), SimulatedCertificates.Pem(certificates.Root));
        File.WriteAllText(Path.Combine(folder, "pck_chain.pem"), SimulatedCertificates.Pem(certificates.Pck, certificates.PckCa, certificates.Root));

        static byte[] Key(SimulatedKey key) => key.Export();
    }

    public static SimulatedPlatform Load(string folder, TimeProvider time)
    {
        var path = Path.Combine(folder, PrivateKeysFile);
        try
        {
            var stored = JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(path), Json) ?? throw new JsonException("null found, an object expected");
            var keys = new SimulatedKeys(
                SimulatedKey.Import(stored.RootKey), SimulatedKey.Import(stored.PckCaKey), SimulatedKey.Import(stored.PckKey), SimulatedKey.Import(stored.TcbSignerKey),
                SimulatedKey.Import(stored.AttestationKey));
            var certificates = new SimulatedCertificates(
                Certificate(stored.Root, keys.Root, "root"), Certificate(stored.PckCa, keys.PckCa, "pckCa"), Certificate(stored.Pck, keys.Pck, "pck"),
                Certificate(stored.TcbSigner, keys.TcbSigner, "tcbSigner"));
            return new SimulatedPlatform(keys, certificates, stored.Processor.ToProcessor(), time);
        }
        catch (Exception broken) when (broken is JsonException or CryptographicException or ArgumentNullException)
        {
            throw new InvalidDataException($"{path}: a simulated platform expected, found: {broken.Message}", broken);
        }

        X509Certificate2 Certificate(byte[] der, SimulatedKey key, string member)
        {
            var certificate = X509CertificateLoader.LoadCertificate(der);
            using var found = certificate.GetECDsaPublicKey();
            var point = found?.ExportParameters(includePrivateParameters: false).Q;
            byte[] publicKey = point is { X: { } x, Y: { } y } ? [.. x, .. y] : [];
            return publicKey.AsSpan().SequenceEqual(key.PublicKey)
                ? certificate
                : throw new InvalidDataException($"{path}: certificate {member} is of another key than {member}Key");
        }
    }

    // True when this call put the file there; of two at once one does. Nobody sees half of it.
    private static bool Place(string path, byte[] content)
    {
        var draft = $"{path}.{Environment.ProcessId}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
            return false;
        }
    }

    private sealed record Stored(
        string Note, byte[] RootKey, byte[] PckCaKey, byte[] PckKey, byte[] TcbSignerKey, byte[] AttestationKey, byte[] Root, byte[] PckCa, byte[] Pck, byte[] TcbSigner,
        StoredProcessor Processor);

    private sealed record StoredProcessor(
        byte[] Fmspc, byte[] Ppid, byte[] PceId, byte[] Components, ushort PceSvn, ushort QuotingEnclaveSvn, ulong QuotingEnclaveFlags, bool ByPlatformCa)
    {
        public static StoredProcessor Of(SimulatedProcessor processor)
            => new(
                processor.Fmspc.ToArray(), processor.Ppid.ToArray(), processor.PceId.ToArray(), processor.Components.ToArray(), processor.PceSvn,
                processor.QuotingEnclaveSvn, processor.QuotingEnclaveFlags, processor.ByPlatformCa);

        public SimulatedProcessor ToProcessor()
            => new()
            {
                Fmspc = Fmspc,
                Ppid = Ppid,
                PceId = PceId,
                Components = Components,
                PceSvn = PceSvn,
                QuotingEnclaveSvn = QuotingEnclaveSvn,
                QuotingEnclaveFlags = QuotingEnclaveFlags,
                ByPlatformCa = ByPlatformCa,
            };
    }
}
