using Orleans.Configuration;
using Orleans.Runtime;

namespace Pythia.Embedded.Runtime;

/// <summary>Refuses settings that can't work, by name.</summary>
internal static class SiloOptionsCheck
{
    public static void Check(SiloMessagingOptions messaging, GrainCollectionOptions collection)
    {
        Positive(messaging.ResponseTimeout, nameof(SiloMessagingOptions), nameof(messaging.ResponseTimeout));
        Positive(collection.CollectionQuantum, nameof(GrainCollectionOptions), nameof(collection.CollectionQuantum));
        Positive(collection.ActivationTimeout, nameof(GrainCollectionOptions), nameof(collection.ActivationTimeout));
        Positive(collection.DeactivationTimeout, nameof(GrainCollectionOptions), nameof(collection.DeactivationTimeout));
        Longer(collection.CollectionAge, collection.CollectionQuantum, nameof(collection.CollectionAge));
        Positive(collection.MemoryUsagePollingPeriod, nameof(GrainCollectionOptions), nameof(collection.MemoryUsagePollingPeriod));
        Percentage(collection.MemoryUsageLimitPercentage, 100, nameof(collection.MemoryUsageLimitPercentage), "at most 100");
        Percentage(
            collection.MemoryUsageTargetPercentage,
            Math.BitDecrement(collection.MemoryUsageLimitPercentage),
            nameof(collection.MemoryUsageTargetPercentage),
            $"less than {nameof(collection.MemoryUsageLimitPercentage)} {collection.MemoryUsageLimitPercentage}");
        foreach (var (name, age) in collection.ClassSpecificCollectionAge)
        {
            Longer(age, collection.CollectionQuantum, $"{nameof(collection.ClassSpecificCollectionAge)}[{name}]");
        }
    }

    private static void Positive(TimeSpan value, string options, string name)
    {
        if (value <= TimeSpan.Zero)
        {
            throw new OrleansConfigurationException($"{options}.{name}: {value} found, expected more than zero");
        }
    }

    private static void Percentage(double value, double most, string name, string expected)
    {
        if (!(value > 0 && value <= most))
        {
            throw new OrleansConfigurationException($"{nameof(GrainCollectionOptions)}.{name}: {value} found, expected more than zero and {expected}");
        }
    }

    private static void Longer(TimeSpan value, TimeSpan quantum, string name)
    {
        if (value <= quantum)
        {
            throw new OrleansConfigurationException(
                $"{nameof(GrainCollectionOptions)}.{name}: {value} found, expected more than {nameof(GrainCollectionOptions.CollectionQuantum)} {quantum}");
        }
    }
}
