using Orleans.Storage;

namespace Orleans.Configuration;

/// <summary>How calls wait for answers.</summary>
public abstract class MessagingOptions
{
    /// <summary>How long a caller waits before its call fails with <see cref="TimeoutException"/>. Default 30 s; more than zero.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A call whose caller has given up is not begun. Default true.</summary>
    public bool DropExpiredMessages { get; set; } = true;

    /// <summary>A time-out cancels the callee's token. Default false.</summary>
    public bool CancelRequestOnTimeout { get; set; }

    /// <summary>A caller that cancels waits for the callee to end. Default false: it goes on at once.</summary>
    public bool WaitForCancellationAcknowledgement { get; set; }
}

/// <inheritdoc/>
public class SiloMessagingOptions : MessagingOptions
{
    public const int DEFAULT_MAX_ENQUEUED_REQUESTS_HARD_LIMIT = 0;

    /// <summary>How many calls may wait for one activation before further ones fail with LimitExceededException. Default 0: no limit.</summary>
    public int MaxEnqueuedRequestsHardLimit { get; set; } = DEFAULT_MAX_ENQUEUED_REQUESTS_HARD_LIMIT;
}

/// <summary>When activations that nobody calls are ended.</summary>
public class GrainCollectionOptions
{
    public static readonly TimeSpan DEFAULT_COLLECTION_QUANTUM = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan DEFAULT_ACTIVATION_TIMEOUT = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan DEFAULT_DEACTIVATION_TIMEOUT = TimeSpan.FromSeconds(30);

    /// <summary>How often idle activations are looked for. Default one minute.</summary>
    public TimeSpan CollectionQuantum { get; set; } = DEFAULT_COLLECTION_QUANTUM;

    /// <summary>How long an activation may be idle. Default 15 minutes; more than <see cref="CollectionQuantum"/>.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The same for grain classes by full name.</summary>
    public Dictionary<string, TimeSpan> ClassSpecificCollectionAge { get; set; } = [];

    /// <summary>How long an activation may take to start. Default 30 s.</summary>
    public TimeSpan ActivationTimeout { get; set; } = DEFAULT_ACTIVATION_TIMEOUT;

    /// <summary>How long an activation may take to end. Default 30 s.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = DEFAULT_DEACTIVATION_TIMEOUT;

    /// <summary>Ends idle activations, those idle longest first, when the process uses more memory than it should. Default false.</summary>
    public bool EnableActivationSheddingOnMemoryPressure { get; set; }

    /// <summary>How often memory is measured for that. Default 5 s; more than zero.</summary>
    public TimeSpan MemoryUsagePollingPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Percent of the memory there is beyond which activations are ended. Default 80; more than zero, at most 100.</summary>
    public double MemoryUsageLimitPercentage { get; set; } = 80;

    /// <summary>Percent of the memory there is that shall be in use afterwards. Default 75; more than zero, less than
    /// <see cref="MemoryUsageLimitPercentage"/>.</summary>
    public double MemoryUsageTargetPercentage { get; set; } = 75;
}

/// <summary>How long an activation may keep its thread.</summary>
public class SchedulingOptions
{
    public static readonly TimeSpan DEFAULT_ACTIVATION_SCHEDULING_QUANTUM = TimeSpan.FromMilliseconds(100);

    /// <summary>After so long an activation with more to do lets others go first. Default 100 ms.</summary>
    public TimeSpan ActivationSchedulingQuantum { get; set; } = DEFAULT_ACTIVATION_SCHEDULING_QUANTUM;
}

/// <summary>The silo's name.</summary>
public class SiloOptions
{
    /// <summary>Default: "Silo".</summary>
    public string SiloName { get; set; } = "Silo";
}

/// <summary>The names of cluster and service.</summary>
public class ClusterOptions
{
    public const string DefaultClusterId = "default";
    public const string DefaultServiceId = "default";

    public string ClusterId { get; set; } = DefaultClusterId;

    public string ServiceId { get; set; } = DefaultServiceId;
}

/// <summary>Options of a store in memory.</summary>
public class MemoryGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>If set, states are kept as bytes; else as copies.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = default!;
}
