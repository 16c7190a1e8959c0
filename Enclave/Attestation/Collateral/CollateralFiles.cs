using System.Security.Cryptography;
using System.Text.Json;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>
/// Last good collateral on disk: <c>{key}.json</c>, all pieces of one platform in one file, so that it is there whole or not at all. Nothing read from it is believed
/// before it is checked like what a service sends.
/// </summary>
internal sealed class CollateralFiles(string folder)
{
    private const int Schema = 1;

    /// <exception cref="CollateralException">The file is there and can't be read.</exception>
    public QuoteCollateral? Read(CollateralKey key)
    {
        var path = PathOf(key);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            if (file.Length > 16 * EvidenceFolder.MostBytes) throw new JsonException($"{file.Length} bytes found");
            var stored = JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(path)) ?? throw new JsonException("null found");
            return stored.Schema == Schema ? stored.ToCollateral() : throw new JsonException($"schema {stored.Schema} found, {Schema} expected");
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CollateralException(CollateralTroubleKind.StoreDamaged, $"{path}: {broken.Message}", broken);
        }
    }

    /// <exception cref="CollateralException">It could not be written; the file is the one before.</exception>
    public void Write(CollateralKey key, QuoteCollateral collateral)
    {
        var path = PathOf(key);
        var draft = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        try
        {
            Directory.CreateDirectory(folder);
            using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(JsonSerializer.SerializeToUtf8Bytes(Stored.Of(collateral)));
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw new CollateralException(CollateralTroubleKind.StoreDamaged, $"{path}: {broken.Message}", broken);
        }
    }

    private string PathOf(CollateralKey key) => Path.Combine(folder, $"{key}.json");

    private sealed record Stored(
        int Schema, byte[]? TcbInfo, byte[]? TcbInfoIssuerChain, byte[]? QeIdentity, byte[]? QeIdentityIssuerChain, byte[]? RootCaCrl, byte[]? PckCrl, byte[]? PckCrlIssuerChain)
    {
        public static Stored Of(QuoteCollateral from) => new(
            CollateralFiles.Schema, from.TcbInfo?.ToArray(), from.TcbInfoIssuerChain?.ToArray(), from.QeIdentity?.ToArray(), from.QeIdentityIssuerChain?.ToArray(),
            from.RootCaCrl?.ToArray(), from.PckCrl?.ToArray(), from.PckCrlIssuerChain?.ToArray());

        public QuoteCollateral ToCollateral() => new()
        {
            TcbInfo = Piece(TcbInfo),
            TcbInfoIssuerChain = Piece(TcbInfoIssuerChain),
            QeIdentity = Piece(QeIdentity),
            QeIdentityIssuerChain = Piece(QeIdentityIssuerChain),
            RootCaCrl = Piece(RootCaCrl),
            PckCrl = Piece(PckCrl),
            PckCrlIssuerChain = Piece(PckCrlIssuerChain),
        };

        // An array that is null would become memory that is empty.
        private static ReadOnlyMemory<byte>? Piece(byte[]? bytes) => bytes is null ? null : bytes;
    }
}
