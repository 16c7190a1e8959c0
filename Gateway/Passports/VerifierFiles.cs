using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Passports;

namespace Pythia.Gateway.Passports;

/// <summary>A verifier's key or policy can't be used; the message names the file.</summary>
public sealed class VerifierFileException(string message) : Exception(message);

/// <summary>Reads a verifier's key and policy. What is wrong with either stops the start.</summary>
public static class VerifierFiles
{
    private const int MostBytes = 1 << 20;

    /// <exception cref="VerifierFileException">It can't be read, others may read it, or it is no such key.</exception>
    public static PassportSigner ReadKey(string path)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(path))
        {
            const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            if ((File.GetUnixFileMode(path) & others) != UnixFileMode.None) throw new VerifierFileException($"{path}: others may read or write it; chmod 600 expected");
        }

        var pem = new string(System.Text.Encoding.ASCII.GetChars(Read(path)));
        try
        {
            return PassportSigner.Import(pem);
        }
        catch (CryptographicException e)
        {
            throw new VerifierFileException($"{path}: {e.Message}");
        }
    }

    /// <exception cref="VerifierFileException">It can't be read or is no policy; every mistake is named.</exception>
    public static PassportPolicy ReadPolicy(string path)
    {
        try
        {
            return PassportPolicyFile.Read(Read(path));
        }
        catch (PassportPolicyException e)
        {
            throw new VerifierFileException($"{path}: {e.Message}");
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= MostBytes ? File.ReadAllBytes(path) : throw new VerifierFileException($"{path}: {length} bytes found, at most {MostBytes} expected");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VerifierFileException($"{path}: {e.Message}");
        }
    }
}
