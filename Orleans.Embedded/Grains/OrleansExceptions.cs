using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Base of what the engine itself says went wrong.</summary>
    [GenerateSerializer]
    public class OrleansException : Exception
    {
        public OrleansException()
            : base("Unexpected error.")
        {
        }

        public OrleansException(string message)
            : base(message)
        {
        }

        public OrleansException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A setting is missing or wrong: the start is refused.</summary>
    [GenerateSerializer]
    public sealed class OrleansConfigurationException : Exception
    {
        public OrleansConfigurationException(string message)
            : base(message)
        {
        }

        public OrleansConfigurationException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A call was not taken; the grain did not see it.</summary>
    [GenerateSerializer]
    public class OrleansMessageRejectionException : OrleansException
    {
        internal OrleansMessageRejectionException(string message)
            : base(message)
        {
        }

        internal OrleansMessageRejectionException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>The silo has not started or is stopping.</summary>
    [GenerateSerializer]
    public sealed class SiloUnavailableException : OrleansMessageRejectionException
    {
        public SiloUnavailableException()
            : base("SiloUnavailable")
        {
        }

        public SiloUnavailableException(string msg)
            : base(msg)
        {
        }

        public SiloUnavailableException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>The object behind an observer reference is gone.</summary>
    [GenerateSerializer]
    public sealed class ClientNotAvailableException : OrleansException
    {
        internal ClientNotAvailableException(GrainId clientId)
            : base($"No activation for client {clientId}")
        {
        }
    }

    /// <summary>More calls wait for an activation than its limit allows.</summary>
    [GenerateSerializer]
    public sealed class LimitExceededException : OrleansException
    {
        public LimitExceededException()
            : base("Limit exceeded")
        {
        }

        public LimitExceededException(string message)
            : base(message)
        {
        }

        public LimitExceededException(string message, Exception innerException)
            : base(message, innerException)
        {
        }

        public LimitExceededException(string limitName, int current, int threshold, object extraInfo)
            : base($"Limit exceeded {limitName} Current={current} Threshold={threshold} {extraInfo}")
        {
        }
    }

    /// <summary>The activation that produced an asynchronous sequence ended before the sequence did.</summary>
    [GenerateSerializer]
    public sealed class EnumerationAbortedException : Exception
    {
        public EnumerationAbortedException()
        {
        }

        public EnumerationAbortedException(string message)
            : base(message)
        {
        }

        public EnumerationAbortedException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A reminder could not be registered or removed.</summary>
    [GenerateSerializer]
    public sealed class ReminderException : OrleansException
    {
        public ReminderException(string message)
            : base(message)
        {
        }
    }

    /// <summary>A grain was called by the interface of an extension that it has not.</summary>
    [GenerateSerializer]
    public sealed class GrainExtensionNotInstalledException : OrleansException
    {
        public GrainExtensionNotInstalledException()
        {
        }

        public GrainExtensionNotInstalledException(string message)
            : base(message)
        {
        }

        public GrainExtensionNotInstalledException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A start was cancelled.</summary>
    [GenerateSerializer]
    public sealed class OrleansLifecycleCanceledException : OrleansException
    {
        internal OrleansLifecycleCanceledException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }
}

namespace Orleans.Storage
{
    /// <summary>The stored record changed since it was read. Nothing was written, and the activation that tried ends.</summary>
    [GenerateSerializer]
    public class InconsistentStateException : OrleansException
    {
        public InconsistentStateException()
        {
        }

        public InconsistentStateException(string message)
            : base(message)
        {
        }

        public InconsistentStateException(string message, Exception? innerException)
            : base(message, innerException!)
        {
        }

        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
            : this(errorMsg, storedEtag, currentEtag, null)
        {
        }

        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception? storageException)
            : base(errorMsg, storageException!)
        {
            StoredEtag = storedEtag;
            CurrentEtag = currentEtag;
        }

        public InconsistentStateException(string? storedEtag, string? currentEtag, Exception storageException)
            : this(storageException.Message, storedEtag, currentEtag, storageException)
        {
        }

        /// <summary>The etag of the record in the store.</summary>
        [Id(1)]
        public string? StoredEtag { get; private set; }

        /// <summary>The etag that the writer held.</summary>
        [Id(2)]
        public string? CurrentEtag { get; private set; }

        /// <summary>True until it has left the activation whose state it is about: only that one ends.</summary>
        [Id(0)]
        internal bool IsSourceActivation { get; set; } = true;

        /// <inheritdoc/>
        public override string ToString()
            => $"{nameof(InconsistentStateException)}: {Message} Stored etag={StoredEtag} Held etag={CurrentEtag} {InnerException}";
    }

    /// <summary>A store is missing or set up wrongly.</summary>
    [GenerateSerializer]
    public sealed class BadProviderConfigException : OrleansException
    {
        public BadProviderConfigException()
        {
        }

        public BadProviderConfigException(string msg)
            : base(msg)
        {
        }

        public BadProviderConfigException(string msg, Exception exc)
            : base(msg, exc)
        {
        }
    }
}
