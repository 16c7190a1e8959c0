using System.Security.Cryptography;

namespace Pythia.Embedded.Runtime;

/// <summary>Names under which the attributes of a grain class leave what they say.</summary>
internal static class GrainPropertyNames
{
    public const string Reentrant = "reentrant";
    public const string MayInterleave = "may-interleave-predicate";
    public const string IdleAge = "idle-duration";
    public const string NeverIdle = "indefinite";
    public const string MaxLocalWorkers = "max-local";
    public const string PlacementFilter = "placement-filter";
}

/// <summary>Ids that nobody can guess or meet twice.</summary>
internal static class RandomIds
{
    public static Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new Guid(bytes);
    }
}
