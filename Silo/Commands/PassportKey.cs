using System.Text;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Ethereum;
using Pythia.Gateway.Passports;
using Pythia.Silo.Keys;

namespace Pythia.Silo.Commands;

/// <summary>A verifier's key file. Only its public half is ever printed.</summary>
internal static class PassportKey
{
    public static int Create(string path)
    {
        using var signer = PassportSigner.Create();
        SecretFile.Create("--out", path, Encoding.ASCII.GetBytes(signer.Export() + "\n"));
        return Print(signer);
    }

    public static int Show(string path)
    {
        using var signer = Read("FILE", path);
        return Print(signer);
    }

    /// <param name="name">The argument that names it, for the message.</param>
    /// <param name="path">PEM, PKCS #8.</param>
    /// <exception cref="StartException">It can't be read, others may read it, or it is no such key.</exception>
    public static PassportSigner Read(string name, string path)
    {
        try
        {
            return VerifierFiles.ReadKey(path);
        }
        catch (VerifierFileException e)
        {
            throw new StartException($"{name}: {e.Message}", SiloCommandLine.WrongInput);
        }
    }

    private static int Print(PassportSigner signer)
    {
        Console.Out.WriteLine(Hex.Format(signer.PublicKey.Span));
        return SiloCommandLine.AllHolds;
    }
}
