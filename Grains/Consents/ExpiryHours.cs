namespace Pythia.Grains.Consents;

/// <summary>Hours of the chain's time, from 1970.</summary>
internal static class ExpiryHours
{
    private const ulong SecondsAnHour = 3_600;

    // Year 3000. What ends later does not end.
    private const ulong Latest = 32_503_680_000 / SecondsAnHour;

    public static ulong Of(ulong unixSeconds) => unixSeconds / SecondsAnHour;

    /// <summary>Whether an ending at this time is kept in a bucket.</summary>
    public static bool IsKept(ulong unixSeconds) => Of(unixSeconds) < Latest;

    /// <summary>The hours that are wholly over at a block, and were not at its parent.</summary>
    public static IEnumerable<ulong> Between(ulong parentUnixSeconds, ulong unixSeconds)
    {
        for (var hour = Of(parentUnixSeconds); hour < Of(unixSeconds) && hour < Latest; hour++)
        {
            yield return hour;
        }
    }
}
