using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>Which collateral: what a quote's PCK certificate says of its platform.</summary>
/// <param name="Fmspc">12 lower-case hex digits.</param>
/// <param name="PlatformCa">True: the PCK certificate was issued by the Platform CA; false: by the Processor CA.</param>
/// <param name="Tdx">True: TDX; false: SGX.</param>
public readonly record struct CollateralKey(string Fmspc, bool PlatformCa, bool Tdx = false)
{
    /// <summary>Which collateral a quote needs, by its own word: whether that is true comes out when both are verified. Null for one that names no platform.</summary>
    /// <param name="quote">Untrusted.</param>
    public static CollateralKey? Find(ReadOnlyMemory<byte> quote)
    {
        var facts = QuoteVerifier.Verify(quote, new QuoteCollateral(), QuoteTrust.Intel, DateTimeOffset.UnixEpoch).Facts;
        return facts?.Pck is { } platform
            ? new CollateralKey(
                Convert.ToHexStringLower(platform.Fmspc.Span), string.Equals(platform.Ca, CertificateChain.PlatformCaName, StringComparison.Ordinal), facts.Tee == TeeKind.Tdx)
            : null;
    }

    /// <summary><c>sgx-00906ed50000-processor</c>: for file names, logs and health.</summary>
    public override string ToString() => $"{(Tdx ? "tdx" : "sgx")}-{Fmspc}-{(PlatformCa ? "platform" : "processor")}";
}

/// <summary>Where collateral comes from. Nobody believes it: what it gives is verified with each quote. Safe for concurrent calls.</summary>
public interface ICollateralSource
{
    /// <summary>The newest collateral that there is.</summary>
    /// <exception cref="CollateralException">None could be had; the message says what was found and what was expected.</exception>
    ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default);
}

/// <summary>Why collateral could not be had, or was not taken. The names are printed and stay.</summary>
public enum CollateralTroubleKind
{
    /// <summary>No source is configured.</summary>
    NoSource = 0,

    /// <summary>No connection, or it broke.</summary>
    NotReached = 1,

    /// <summary>No answer in time.</summary>
    TooLate = 2,

    /// <summary>A status other than 200.</summary>
    HttpStatus = 3,

    /// <summary>The service does not know this platform, or withdrew what was asked for (404, 410).</summary>
    Unknown = 4,

    /// <summary>An answer that is too long, cut, or of another form.</summary>
    Malformed = 5,

    /// <summary>Signatures, root or dates of what came do not hold, or it is of another platform.</summary>
    NotGenuine = 6,

    /// <summary>What came is older than what is kept.</summary>
    RolledBack = 7,

    /// <summary>What is kept has ended, and nothing newer came.</summary>
    Expired = 8,

    /// <summary>What was stored on disk can't be read.</summary>
    StoreDamaged = 9,
}

/// <summary>Collateral could not be had.</summary>
/// <param name="kind">The reason's name.</param>
/// <param name="message">Says what was found and what was expected.</param>
/// <param name="inner">What it came from.</param>
public sealed class CollateralException(CollateralTroubleKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    public CollateralTroubleKind Kind { get; } = kind;
}
