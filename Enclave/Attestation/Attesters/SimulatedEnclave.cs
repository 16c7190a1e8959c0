using System.Security.Cryptography;
using System.Text;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>What the report body of a simulated quote says of its enclave. On hardware the processor says it; here the caller does.</summary>
/// <param name="Measurement">MRENCLAVE, 32 bytes.</param>
public sealed record SimulatedEnclave(ReadOnlyMemory<byte> Measurement)
{
    /// <summary>INIT | MODE64.</summary>
    public const ulong UsualFlags = 0x05;

    /// <summary>The DEBUG bit of ATTRIBUTES.flags.</summary>
    public const ulong DebugFlag = 0x02;

    /// <summary>MRSIGNER, 32 bytes. By default a hash of words, which no RSA modulus is known to have.</summary>
    public ReadOnlyMemory<byte> Signer { get; init; } = SHA256.HashData("pythia simulated enclave signer"u8);

    /// <summary>ISVPRODID.</summary>
    public ushort ProductId { get; init; } = 1;

    /// <summary>ISVSVN.</summary>
    public ushort SecurityVersion { get; init; } = 1;

    /// <summary>ATTRIBUTES.flags.</summary>
    public ulong Flags { get; init; } = UsualFlags;

    /// <summary>
    /// A measurement of code on disk: SHA-256 over <c>{SHA-256 of the content, hex}  {name}\n</c> of each file in ordinal order of its name. It is what a
    /// simulated enclave can say of itself: it changes with its code, and nothing but its own word stands behind it.
    /// </summary>
    /// <exception cref="IOException">A file is not readable.</exception>
    public static SimulatedEnclave OfFiles(IEnumerable<string> paths)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths.OrderBy(Path.GetFileName, StringComparer.Ordinal))
        {
            var content = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
            hash.AppendData(Encoding.UTF8.GetBytes($"{content}  {Path.GetFileName(path)}\n"));
        }

        return new SimulatedEnclave(hash.GetHashAndReset());
    }
}
