using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pythia.Ethereum;

namespace Pythia.Contracts.Keys;

/// <summary>A secp256k1 private key of an account. The number itself stays in the platform's cryptography and is cleared on disposal.</summary>
/// <remarks>Thread-safe. Nothing of it but the address is ever in a text or a log.</remarks>
public sealed class EthereumKey : IDisposable
{
    /// <summary>Bytes of a private key, big-endian.</summary>
    public const int PrivateKeySize = 32;

    private const string CurveOid = "1.3.132.0.10"; // SEC 2, secp256k1

    // The order n: a private key is 1 … n − 1.
    private static readonly byte[] Order = Convert.FromHexString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

    private readonly Lock _gate = new();
    private readonly ECDsa _ecdsa;
    private readonly byte[] _publicKey;

    private EthereumKey(ECDsa ecdsa)
    {
        _ecdsa = ecdsa;
        var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
        _publicKey = [.. point.X!, .. point.Y!];
        Address = Address.FromPublicKey(_publicKey);
    }

    /// <summary>The account of this key.</summary>
    public Address Address { get; }

    /// <summary>64 bytes: x ‖ y.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>A new random key.</summary>
    public static EthereumKey Create() => new(ECDsa.Create(ECCurve.CreateFromValue(CurveOid)));

    /// <summary>The key of this number; the caller clears its own copy.</summary>
    /// <param name="privateKey">32 bytes, big-endian, 1 to n − 1.</param>
    /// <exception cref="ArgumentException">Another length, zero, or not below the order. The message holds no byte of it.</exception>
    public static EthereumKey FromPrivateKey(ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length != PrivateKeySize || !privateKey.ContainsAnyExcept((byte)0) || privateKey.SequenceCompareTo(Order) >= 0)
            throw new ArgumentException("32 bytes, neither zero nor above the curve's order, expected", nameof(privateKey));

        var number = privateKey.ToArray();
        try
        {
            return new EthereumKey(ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromValue(CurveOid), D = number }));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(number);
        }
    }

    /// <summary>The key of <c>0x</c> and 64 hex digits.</summary>
    /// <exception cref="FormatException">Other text. The message holds none of it.</exception>
    public static EthereumKey Parse(ReadOnlySpan<char> hex)
    {
        Span<byte> number = stackalloc byte[PrivateKeySize];
        try
        {
            return Hex.TryParse(hex, number) ? FromPrivateKey(number) : throw new FormatException("0x and 64 hex digits expected for a private key");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(number);
        }
    }

    /// <summary>Signs 32 bytes; s is low, and the signature recovers to <see cref="Address"/>.</summary>
    /// <exception cref="ObjectDisposedException">The key was cleared.</exception>
    public EcdsaSignature Sign(Hash32 digest)
    {
        Span<byte> hash = stackalloc byte[Hash32.Size];
        digest.CopyTo(hash);
        Span<byte> signature = stackalloc byte[Secp256k1.SignatureSize];
        Span<byte> recovered = stackalloc byte[Secp256k1.PublicKeySize];

        // One turn in 2^127 has a point whose x is above the order, which v 27 and 28 cannot say: then it is signed anew.
        while (true)
        {
            lock (_gate)
            {
                _ = _ecdsa.SignHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            }

            _ = EcdsaSignature.NormalizeS(signature);
            for (var recoveryId = 0; recoveryId <= 1; recoveryId++)
            {
                if (Secp256k1.TryRecover(hash, signature, recoveryId, recovered)
                    && recovered.SequenceEqual(_publicKey)
                    && EcdsaSignature.Check(signature, recoveryId, out var checkedSignature) is SignatureFault.None) return checkedSignature;
            }
        }
    }

    /// <summary>Signs typed data (EIP-712).</summary>
    public EcdsaSignature Sign(TypedDataMessage message) => Sign(message.Digest);

    /// <summary>Signs bytes as <c>personal_sign</c> does (EIP-191, version 0x45).</summary>
    public EcdsaSignature SignMessage(ReadOnlySpan<byte> message) => Sign(HashMessage(message));

    /// <summary>keccak256(0x19 ‖ "Ethereum Signed Message:\n" ‖ decimal length ‖ message), EIP-191.</summary>
    public static Hash32 HashMessage(ReadOnlySpan<byte> message)
    {
        var prefix = Encoding.ASCII.GetBytes($"\u0019Ethereum Signed Message:\n{message.Length.ToString(CultureInfo.InvariantCulture)}");
        return Keccak256.HashData([.. prefix, .. message]);
    }

    /// <summary>Writes the private key, 32 bytes, for a key store; the caller clears it.</summary>
    public void ExportPrivateKey(Span<byte> destination)
    {
        ECParameters parameters;
        lock (_gate)
        {
            parameters = _ecdsa.ExportParameters(includePrivateParameters: true);
        }

        try
        {
            parameters.D!.CopyTo(destination[..PrivateKeySize]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ecdsa.Dispose();
        }
    }

    /// <summary>The address; never the key.</summary>
    public override string ToString() => Address.ToString();
}
