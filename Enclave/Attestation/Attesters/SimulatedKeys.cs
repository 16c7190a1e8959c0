using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>One private P-256 key of the simulation. Safe for concurrent calls.</summary>
internal sealed class SimulatedKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private SimulatedKey(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [.. point.X!, .. point.Y!];
    }

    /// <summary>x ‖ y, 64 bytes.</summary>
    public byte[] PublicKey { get; }

    public static SimulatedKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <exception cref="CryptographicException">No PKCS #8 of an EC key.</exception>
    public static SimulatedKey Import(ReadOnlySpan<byte> pkcs8)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return new SimulatedKey(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public byte[] Export() => _key.ExportPkcs8PrivateKey();

    /// <summary>r ‖ s, 64 bytes: the form of quotes and JSON.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            return _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    /// <summary>Certificates and revocation lists signed by this key.</summary>
    public T Issue<T>(Func<X509SignatureGenerator, T> issue)
    {
        lock (_gate)
        {
            return issue(X509SignatureGenerator.CreateForECDsa(_key));
        }
    }

    /// <summary>What asks for a certificate of this key.</summary>
    public CertificateRequest Request(X500DistinguishedName subject) => new(subject, _key, HashAlgorithmName.SHA256);

    public void Dispose() => _key.Dispose();
}

/// <summary>The private keys of one simulated platform and its vendor.</summary>
internal sealed record SimulatedKeys(SimulatedKey Root, SimulatedKey PckCa, SimulatedKey Pck, SimulatedKey TcbSigner, SimulatedKey Attestation) : IDisposable
{
    public static SimulatedKeys Create()
        => new(SimulatedKey.Create(), SimulatedKey.Create(), SimulatedKey.Create(), SimulatedKey.Create(), SimulatedKey.Create());

    public void Dispose()
    {
        Root.Dispose();
        PckCa.Dispose();
        Pck.Dispose();
        TcbSigner.Dispose();
        Attestation.Dispose();
    }
}
