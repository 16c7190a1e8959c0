using System.Collections.Immutable;

namespace Pythia.Grains.Clients;

/// <summary>Counts gas and intents in whole hours and days of UTC.</summary>
internal static class QuotaRules
{
    public const int HourSeconds = 3_600;
    public const int DaySeconds = 86_400;

    /// <summary>The use as it stands now: what belongs to windows that are over is gone.</summary>
    public static QuotaUsage At(QuotaUsage? known, long unixSeconds)
    {
        var (hour, day) = (unixSeconds / HourSeconds, unixSeconds / DaySeconds);
        known ??= new(hour, 0, 0, day, 0, 0);
        if (known.Hour != hour) known = known with { Hour = hour, GasInHour = 0, IntentsInHour = 0 };
        return known.Day == day ? known : known with { Day = day, GasInDay = 0, IntentsInDay = 0 };
    }

    /// <summary>One intent more.</summary>
    public static QuotaUsage Add(QuotaUsage usage, long gas) => usage with
    {
        GasInHour = usage.GasInHour + gas,
        IntentsInHour = usage.IntentsInHour + 1,
        GasInDay = usage.GasInDay + gas,
        IntentsInDay = usage.IntentsInDay + 1,
    };

    /// <summary>One intent less, in the windows that it was counted in and that still run.</summary>
    public static QuotaUsage GiveBack(QuotaUsage usage, long gas, long reservedAtUnixSeconds)
    {
        if (usage.Hour == reservedAtUnixSeconds / HourSeconds)
            usage = usage with { GasInHour = Math.Max(0, usage.GasInHour - gas), IntentsInHour = Math.Max(0, usage.IntentsInHour - 1) };
        return usage.Day == reservedAtUnixSeconds / DaySeconds
            ? usage with { GasInDay = Math.Max(0, usage.GasInDay - gas), IntentsInDay = Math.Max(0, usage.IntentsInDay - 1) }
            : usage;
    }

    /// <summary>Whether one more intent stays within every limit.</summary>
    public static bool Allows(QuotaUsage usage, long gas, QuotaLimits limits)
        => IsWithin(Add(usage, gas), limits);

    /// <summary>Each quota as it stands, the one that <paramref name="gas"/> more would break first.</summary>
    public static ImmutableArray<QuotaStanding> Describe(QuotaUsage usage, QuotaLimits limits, long unixSeconds, long gas = 0)
    {
        var untilHour = (int)(HourSeconds - (unixSeconds % HourSeconds));
        var untilDay = (int)(DaySeconds - (unixSeconds % DaySeconds));
        var more = gas == 0 ? usage : Add(usage, gas);
        return
        [
            .. new (QuotaStanding Standing, long Then)[]
            {
                (new("gas-per-hour", usage.GasInHour, limits.GasPerHour, HourSeconds, untilHour), more.GasInHour),
                (new("intents-per-hour", usage.IntentsInHour, limits.IntentsPerHour, HourSeconds, untilHour), more.IntentsInHour),
                (new("gas-per-day", usage.GasInDay, limits.GasPerDay, DaySeconds, untilDay), more.GasInDay),
                (new("intents-per-day", usage.IntentsInDay, limits.IntentsPerDay, DaySeconds, untilDay), more.IntentsInDay),
            }

            // Of two that are broken, the one that stays so for longer.
            .OrderByDescending(quota => quota.Then > quota.Standing.Limit ? quota.Standing.ResetSeconds : 0)
            .Select(quota => quota.Standing),
        ];
    }

    private static bool IsWithin(QuotaUsage usage, QuotaLimits limits)
        => usage.GasInHour <= limits.GasPerHour && usage.GasInDay <= limits.GasPerDay
            && usage.IntentsInHour <= limits.IntentsPerHour && usage.IntentsInDay <= limits.IntentsPerDay;
}
