namespace Pythia.Enclave;

/// <summary>Why an enclave could not be asked, or could not do what only it can. The numbers travel: add at the end.</summary>
public enum EnclaveFault
{
    /// <summary>Its process is not there, or went away before it replied. The same question may be asked of another enclave.</summary>
    Gone = 1,

    /// <summary>More is under way than it takes at once.</summary>
    Busy = 2,

    /// <summary>What came over the connection is not the protocol.</summary>
    Malformed = 3,

    /// <summary>It runs without anything that makes quotes.</summary>
    NotAttested = 4,

    /// <summary>A quote was asked for and not made.</summary>
    QuoteFailed = 5,

    /// <summary>The key id is of no keys that it has.</summary>
    UnknownKey = 6,

    /// <summary>It failed in a way that it does not name; its log says more.</summary>
    Failed = 7,

    /// <summary>Another enclave is there than the one that was meant (<see cref="EnclaveExpectation"/>). The same question may be asked of another one.</summary>
    OtherEnclave = 8,
}

/// <summary>An enclave could not be asked. Nothing was answered, and nothing is permitted.</summary>
public sealed class EnclaveException(EnclaveFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public EnclaveFault Fault { get; } = fault;
}
