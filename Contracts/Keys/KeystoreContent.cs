using System.Buffers;
using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.Keys;

/// <summary>A keystore file's JSON, read and written; nothing in it is secret.</summary>
/// <param name="Address">Of the key inside; null where the file does not say.</param>
/// <param name="Derivation">From password to key.</param>
/// <param name="Iv">16 bytes: the first counter block.</param>
/// <param name="Ciphertext">32 bytes.</param>
/// <param name="Mac">32 bytes.</param>
internal sealed record KeystoreContent(Address? Address, KeyDerivation Derivation, byte[] Iv, byte[] Ciphertext, byte[] Mac)
{
    private const int DeepestJson = 4;

    /// <exception cref="KeystoreFormatException">What is wrong with it.</exception>
    public static KeystoreContent Read(ReadOnlySpan<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = DeepestJson });
            var root = document.RootElement;
            var version = Number(root, "version");
            if (version != Keystore.Version) throw new KeystoreFormatException(KeystoreFault.Unsupported, $"version {version} found, {Keystore.Version} expected");

            // Some older wallets write it with a capital.
            var crypto = root.TryGetProperty("Crypto", out var capital) ? capital : Member(root, "crypto", JsonValueKind.Object);
            Keystore.RefuseOtherCipher(Text(crypto, "cipher"));
            return new KeystoreContent(
                AddressOf(root),
                DerivationOf(Text(crypto, "kdf"), Member(crypto, "kdfparams", JsonValueKind.Object)),
                Bytes(Member(crypto, "cipherparams", JsonValueKind.Object), "iv", 16),
                Bytes(crypto, "ciphertext", EthereumKey.PrivateKeySize),
                Bytes(crypto, "mac", Hash32.Size));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new KeystoreFormatException(KeystoreFault.Malformed, "other JSON found, a keystore object expected");
        }
    }

    /// <summary>The file, indented, with a random (version 4) UUID of 16 bytes.</summary>
    public byte[] Write(byte[] id)
    {
        (id[6], id[8]) = ((byte)((id[6] & 0x0f) | 0x40), (byte)((id[8] & 0x3f) | 0x80)); // RFC 9562, section 5.4
        var file = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            if (Address is { } address) writer.WriteString("address", address.ToString()[2..]);
            writer.WriteStartObject("crypto");
            Keystore.WriteCipher(writer);
            writer.WriteStartObject("cipherparams");
            writer.WriteString("iv", Convert.ToHexStringLower(Iv));
            writer.WriteEndObject();
            writer.WriteString("ciphertext", Convert.ToHexStringLower(Ciphertext));
            WriteDerivation(writer);
            writer.WriteString("mac", Convert.ToHexStringLower(Mac));
            writer.WriteEndObject();
            writer.WriteString("id", new Guid(id, bigEndian: true).ToString());
            writer.WriteNumber("version", Keystore.Version);
            writer.WriteEndObject();
        }

        return [.. file.WrittenSpan, (byte)'\n'];
    }

    private void WriteDerivation(Utf8JsonWriter writer)
    {
        writer.WriteString("kdf", Derivation is ScryptDerivation ? "scrypt" : "pbkdf2");
        writer.WriteStartObject("kdfparams");
        writer.WriteNumber("dklen", 32);
        if (Derivation is ScryptDerivation scrypt)
        {
            writer.WriteNumber("n", scrypt.N);
            writer.WriteNumber("r", scrypt.R);
            writer.WriteNumber("p", scrypt.P);
        }
        else if (Derivation is Pbkdf2Derivation pbkdf2)
        {
            writer.WriteNumber("c", pbkdf2.Turns);
            writer.WriteString("prf", "hmac-sha256");
        }

        writer.WriteString("salt", Convert.ToHexStringLower(Derivation.Salt));
        writer.WriteEndObject();
    }

    private static KeyDerivation DerivationOf(string? name, JsonElement parameters)
    {
        var length = Number(parameters, "dklen");
        if (length != 32) throw new KeystoreFormatException(KeystoreFault.Unsupported, $"dklen {length} found, 32 expected");

        var salt = Bytes(parameters, "salt", null);
        if (name == "scrypt") return new ScryptDerivation(Number(parameters, "n"), Number(parameters, "r"), Number(parameters, "p"), salt);
        if (name != "pbkdf2") throw new KeystoreFormatException(KeystoreFault.Unsupported, $"kdf '{Cut(name)}' found, scrypt or pbkdf2 expected");

        var prf = Text(parameters, "prf");
        return prf == "hmac-sha256"
            ? new Pbkdf2Derivation(Number(parameters, "c"), salt)
            : throw new KeystoreFormatException(KeystoreFault.Unsupported, $"prf '{Cut(prf)}' found, hmac-sha256 expected");
    }

    // With or without 0x, either case; an empty one says nothing.
    private static Address? AddressOf(JsonElement root)
    {
        if (!root.TryGetProperty("address", out var found) || found.ValueKind == JsonValueKind.Null) return null;

        var text = found.GetString()!.ToLowerInvariant();
        if (text.Length == 0) return null;
        return Pythia.Ethereum.Address.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text : $"0x{text}", out var address)
            ? address
            : throw new KeystoreFormatException(KeystoreFault.Malformed, $"address '{Cut(text)}' found, 40 hex digits expected");
    }

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind)
        => parent.TryGetProperty(name, out var found) && found.ValueKind == kind
            ? found
            : throw new KeystoreFormatException(KeystoreFault.Malformed, $"{name}: nothing found, a JSON {kind.ToString().ToLowerInvariant()} expected");

    private static string? Text(JsonElement parent, string name) => Cut(Member(parent, name, JsonValueKind.String).GetString());

    private static long Number(JsonElement parent, string name)
        => Member(parent, name, JsonValueKind.Number).TryGetInt64(out var number)
            ? number
            : throw new KeystoreFormatException(KeystoreFault.Malformed, $"{name}: another number found, a whole number of 64 bits expected");

    private static byte[] Bytes(JsonElement parent, string name, int? size)
    {
        var text = Member(parent, name, JsonValueKind.String).GetString()!;
        if (!Hex.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text : $"0x{text}", out var bytes))
            throw new KeystoreFormatException(KeystoreFault.Malformed, $"{name}: other text found, hex digits expected");
        return size is null || bytes.Length == size
            ? bytes
            : throw new KeystoreFormatException(KeystoreFault.Malformed, $"{name}: {bytes.Length} bytes found, {size} expected");
    }

    private static string? Cut(string? text) => text is { Length: > 40 } ? text[..40] : text;
}

/// <summary>Carries a reason out of the reader.</summary>
internal sealed class KeystoreFormatException(KeystoreFault fault, string message) : Exception(message)
{
    public KeystoreFault Fault { get; } = fault;
}
