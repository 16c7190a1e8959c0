using System.Security.Cryptography;
using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.Keys;

/// <summary>Why a keystore file was not opened. The numbers do not travel.</summary>
public enum KeystoreFault
{
    None,

    /// <summary>No JSON, or a part is missing or of another form.</summary>
    Malformed,

    /// <summary>Another version, cipher or key derivation.</summary>
    Unsupported,

    /// <summary>The key derivation is too cheap to protect the key from whoever finds the file.</summary>
    WeakDerivation,

    /// <summary>The key derivation asks for more memory or time than is allowed here.</summary>
    HugeDerivation,

    /// <summary>The MAC is another: a wrong password, or a damaged file.</summary>
    WrongPassword,

    /// <summary>The key inside is no private key, or not that of the address that the file names.</summary>
    WrongKey,
}

/// <summary>An opened file, or why it was not.</summary>
/// <param name="Key">The caller disposes of it; null with a fault.</param>
/// <param name="Fault">None with a key.</param>
/// <param name="Detail">Found and expected; never a byte of key or password.</param>
public readonly record struct OpenedKeystore(EthereumKey? Key, KeystoreFault Fault, string Detail)
{
    /// <summary>The reason for a message.</summary>
    public string Describe() => Fault switch
    {
        KeystoreFault.None => "opened",
        KeystoreFault.WrongPassword => "wrong password, or a damaged file: the MAC is another",
        KeystoreFault.WeakDerivation => $"key derivation too weak: {Detail}",
        KeystoreFault.HugeDerivation => $"key derivation too costly: {Detail}",
        KeystoreFault.WrongKey => $"wrong key inside: {Detail}",
        KeystoreFault.Unsupported => $"unsupported: {Detail}",
        _ => $"no keystore: {Detail}",
    };
}

/// <summary>
/// A private key in a JSON file, encrypted by a password: Web3 Secret Storage version 3, as geth, Foundry and others write it.
/// </summary>
/// <remarks>
/// <code>
/// derived    = scrypt or PBKDF2-HMAC-SHA256 (password, salt), 32 bytes
/// ciphertext = AES-128-CTR(derived[0..16], iv, private key), 32 bytes
/// mac        = keccak256(derived[16..32] ‖ ciphertext)
/// </code>
/// Source: ethereum.org, Web3 Secret Storage Definition; AES-CTR: NIST SP 800-38A, section 6.5.
/// </remarks>
public static class Keystore
{
    /// <summary>A longer file is none.</summary>
    public const int MostBytes = 16_384;

    /// <summary>The only version there is.</summary>
    public const int Version = 3;

    private const int DerivedSize = 32;
    private const int IvSize = 16;
    private const string Cipher = "aes-128-ctr";

    /// <summary>Opens a file; any bytes get an answer.</summary>
    /// <param name="json">The file.</param>
    /// <param name="password">UTF-8, as it was typed.</param>
    public static OpenedKeystore Open(ReadOnlySpan<byte> json, ReadOnlySpan<byte> password)
    {
        if (json.Length > MostBytes) return new(null, KeystoreFault.Malformed, $"{json.Length} bytes found, at most {MostBytes} expected");
        try
        {
            var content = KeystoreContent.Read(json);
            return content.Derivation.Judge() is { Fault: not KeystoreFault.None } judged
                ? new(null, judged.Fault, judged.Detail)
                : Decrypt(content, password);
        }
        catch (KeystoreFormatException e)
        {
            return new(null, e.Fault, e.Message);
        }
    }

    /// <summary>Encrypts a key under a new salt and iv; the file names the key's address.</summary>
    /// <exception cref="ArgumentException">The password is empty, or the derivation is not one that <see cref="Open"/> takes.</exception>
    public static byte[] Write(EthereumKey key, ReadOnlySpan<byte> password, KeyDerivation derivation, RandomNumberGenerator random)
    {
        if (password.IsEmpty) throw new ArgumentException("an empty password found, some bytes expected", nameof(password));
        if (derivation.Judge() is { Fault: not KeystoreFault.None } judged) throw new ArgumentException(judged.Detail, nameof(derivation));

        var (salt, iv, id) = (new byte[KeyDerivation.SaltSize], new byte[IvSize], new byte[16]);
        random.GetBytes(salt);
        random.GetBytes(iv);
        random.GetBytes(id);
        var salted = derivation with { Salt = salt };
        Span<byte> privateKey = stackalloc byte[EthereumKey.PrivateKeySize];
        Span<byte> derived = stackalloc byte[DerivedSize];
        try
        {
            salted.DeriveKey(password, derived);
            key.ExportPrivateKey(privateKey);
            var ciphertext = new byte[EthereumKey.PrivateKeySize];
            Crypt(derived[..16], iv, privateKey, ciphertext);
            return new KeystoreContent(key.Address, salted, iv, ciphertext, Mac(derived, ciphertext)).Write(id);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static OpenedKeystore Decrypt(KeystoreContent content, ReadOnlySpan<byte> password)
    {
        Span<byte> privateKey = stackalloc byte[EthereumKey.PrivateKeySize];
        Span<byte> derived = stackalloc byte[DerivedSize];
        try
        {
            content.Derivation.DeriveKey(password, derived);
            if (!CryptographicOperations.FixedTimeEquals(Mac(derived, content.Ciphertext), content.Mac)) return new(null, KeystoreFault.WrongPassword, "");

            Crypt(derived[..16], content.Iv, content.Ciphertext, privateKey);
            var key = EthereumKey.FromPrivateKey(privateKey);
            if (content.Address is not { } address || address == key.Address) return new(key, KeystoreFault.None, "");

            var found = key.Address;
            key.Dispose();
            return new(null, KeystoreFault.WrongKey, $"address {found} found, {address} expected, as the file names it");
        }
        catch (ArgumentException)
        {
            return new(null, KeystoreFault.WrongKey, "a number outside of the curve's order found");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static byte[] Mac(ReadOnlySpan<byte> derived, ReadOnlySpan<byte> ciphertext)
    {
        Span<byte> input = stackalloc byte[16 + EthereumKey.PrivateKeySize];
        derived[16..DerivedSize].CopyTo(input);
        ciphertext.CopyTo(input[16..]);
        var mac = Keccak256.HashData(input).ToArray();
        CryptographicOperations.ZeroMemory(input);
        return mac;
    }

    // Two counter blocks encrypted, xor the text: the same for both directions.
    private static void Crypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<byte> stream = stackalloc byte[2 * IvSize];
        iv.CopyTo(stream);
        iv.CopyTo(stream[IvSize..]);
        for (var at = (2 * IvSize) - 1; at >= IvSize && ++stream[at] == 0; at--)
        {
            // the carry goes on, and past the first byte it is lost
        }

        var keyBytes = key.ToArray();
        using var aes = Aes.Create();
        try
        {
            aes.SetKey(keyBytes);
            aes.EncryptEcb(stream, stream, PaddingMode.None);
            for (var i = 0; i < input.Length; i++) output[i] = (byte)(input[i] ^ stream[i]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keyBytes);
            CryptographicOperations.ZeroMemory(stream);
        }
    }

    internal static void RefuseOtherCipher(string? cipher)
    {
        if (cipher != Cipher) throw new KeystoreFormatException(KeystoreFault.Unsupported, $"cipher '{cipher}' found, {Cipher} expected");
    }

    internal static void WriteCipher(Utf8JsonWriter writer) => writer.WriteString("cipher", Cipher);
}
