using System.Security.Cryptography;

namespace Pythia.Gateway.Signing;

/// <summary>Digests of a body (RFC 9530): sha-256 and sha-512; each that is named must hold, and at least one must be.</summary>
internal static class ContentDigest
{
    /// <summary>What is wrong; None if the digests are the body's.</summary>
    public static RequestSignatureFault Check(string field, ReadOnlySpan<byte> body)
    {
        if (!StructuredFieldParser.TryReadDictionary(field, out var digests)) return RequestSignatureFault.DigestUnknown;

        var known = 0;
        foreach (var (algorithm, member) in digests)
        {
            var expected = algorithm switch
            {
                "sha-256" => SHA256.HashData(body),
                "sha-512" => SHA512.HashData(body),
                _ => null,
            };
            if (expected is null) continue;
            if (member is not FieldItem { Value: byte[] found } || !found.AsSpan().SequenceEqual(expected)) return RequestSignatureFault.DigestMismatch;
            known++;
        }

        return known > 0 ? RequestSignatureFault.None : RequestSignatureFault.DigestUnknown;
    }

    /// <summary>The field for a body.</summary>
    public static string Write(ReadOnlySpan<byte> body) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";
}
