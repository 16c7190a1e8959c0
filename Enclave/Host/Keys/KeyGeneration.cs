using System.Security.Cryptography;

namespace Pythia.Enclave.Host.Keys;

/// <summary>One generation of the enclave's keys: made here, never stored, gone when this is disposed of.</summary>
internal sealed class KeyGeneration : IDisposable
{
    private readonly ECDiffieHellman _agreement = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    /// <param name="number">1 for the first since the start.</param>
    public KeyGeneration(ulong number)
    {
        Number = number;
        var point = _agreement.ExportParameters(includePrivateParameters: false).Q;
        AgreementKey = [.. point.X!, .. point.Y!];
    }

    public ulong Number { get; }

    public AnswerSigner Signer { get; } = new();

    /// <summary>x ‖ y, 64 bytes.</summary>
    public byte[] AgreementKey { get; }

    public void Dispose()
    {
        Signer.Dispose();
        _agreement.Dispose();
    }
}
