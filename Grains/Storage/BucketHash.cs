using System.Security.Cryptography;
using System.Text;

namespace Pythia.Grains.Storage;

/// <summary>Spreads keys over buckets in a way that is the same in every process and version.</summary>
public static class BucketHash
{
    /// <summary>The first 4 bytes of SHA-256 of the UTF-8 text, big-endian.</summary>
    public static uint Of(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
