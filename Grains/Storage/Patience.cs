namespace Pythia.Grains.Storage;

/// <summary>How long a long poll waits: below every call's response time-out (30 s), whatever was asked for.</summary>
internal static class Patience
{
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(19);

    public static TimeSpan Of(TimeSpan asked) => asked < TimeSpan.Zero ? TimeSpan.Zero : asked < Longest ? asked : Longest;
}
