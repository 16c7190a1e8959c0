using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>Who stands for measurements, configurations and keys of enclaves at PythiaRegistry.</summary>
/// <param name="Members">1 to 16, ascending: an endorser's number is its place here.</param>
/// <param name="Threshold">How many of them an act needs.</param>
public sealed record RegistryEndorsers(ImmutableArray<Address> Members, byte Threshold)
{
    public const int MaxMembers = 16;

    /// <summary>A set in the contract's order.</summary>
    /// <exception cref="ArgumentException">None, one twice or zero, more than 16, or a threshold that can't be met.</exception>
    public static RegistryEndorsers Of(IEnumerable<Address> members, int threshold)
    {
        var sorted = members.OrderBy(member => member.ToString(), StringComparer.Ordinal).ToImmutableArray();
        if (sorted.Length is < 1 or > MaxMembers) throw new ArgumentException($"{sorted.Length} endorsers found, 1 to {MaxMembers} expected", nameof(members));
        if (sorted[0].IsZero || sorted.Distinct().Count() != sorted.Length) throw new ArgumentException("an endorser twice, or address zero found", nameof(members));
        if (threshold < 1 || threshold > sorted.Length)
            throw new ArgumentException($"threshold {threshold} found, 1 to {sorted.Length} expected", nameof(threshold));

        return new RegistryEndorsers(sorted, (byte)threshold);
    }

    public bool Equals(RegistryEndorsers? other) => other is not null && Threshold == other.Threshold && Members.AsSpan().SequenceEqual(other.Members.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Threshold, Members.Length, Members.IsEmpty ? default : Members[0]);
}
