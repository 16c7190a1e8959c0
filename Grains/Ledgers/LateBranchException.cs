namespace Pythia.Grains.Ledgers;

/// <summary>The follower speaks under an earlier branch than a grain has heard of: it is not the only one, or its own state was lost.</summary>
/// <param name="heard">What the grain has heard of.</param>
/// <param name="told">What it was told.</param>
[GenerateSerializer, Alias("pythia.LateBranchException")]
internal sealed class LateBranchException(uint heard, uint told) : Exception($"branch {told} of the follower found, {heard} or later expected")
{
    [Id(0)] public uint Heard { get; private set; } = heard;

    /// <summary>Throws for what is late.</summary>
    public static void ThrowIfLate(uint heard, LedgerBranch told)
    {
        if (told.Number < heard)
        {
            throw new LateBranchException(heard, told.Number);
        }
    }
}
