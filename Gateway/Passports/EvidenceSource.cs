using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Gateway.Devices;
using Pythia.Gateway.Problems;
using Pythia.Grains;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Passports;

/// <summary>Gets a quote from an enclave and puts beside it what its vendor says of the platform. Quotes are dear, so all callers share one limit.</summary>
internal sealed class EvidenceSource(
    IGrainFactory grains, EnclaveDirectory directory, IOptions<PassportOptions> options, TimeProvider time, IServiceProvider services) : IDisposable
{
    private const string PlatformCa = "Intel SGX PCK Platform CA";
    private const string UnknownKey = "UnknownKey";

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private readonly TokenBucketRateLimiter _quotes = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = Math.Max(1, options.Value.QuotesPerMinute / 6),
        TokensPerPeriod = Math.Max(1, options.Value.QuotesPerMinute / 60),
        ReplenishmentPeriod = options.Value.QuotesPerMinute >= 60 ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1.0 / options.Value.QuotesPerMinute),
        AutoReplenishment = true,
    });

    /// <summary>Evidence of one enclave, or of whichever has the key.</summary>
    /// <param name="chainId">EIP-155.</param>
    /// <param name="enclaves">Which to ask, in turn: the first that has the key.</param>
    /// <param name="keyId">8 bytes; none for the keys that sign now.</param>
    /// <param name="nonce">Up to 32 bytes, bound with zeros behind it; none for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<(EnclaveEvidence? Evidence, Problem? Problem)> GetAsync(
        ulong chainId, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId, byte[] nonce, CancellationToken cancellationToken)
    {
        using var lease = _quotes.AttemptAcquire();
        if (!lease.IsAcquired) return (null, Problem.TooMany((int)Wait.TotalSeconds));

        var trouble = $"no enclave of chain {chainId} answers";
        foreach (var enclave in enclaves)
        {
            try
            {
                var grain = grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, enclave));
                var quote = await grain.AttestAsync(Pad(nonce), keyId, cancellationToken);
                if (quote.Trouble.Length == 0) return await EndorseAsync(quote, cancellationToken);

                trouble = $"{enclave}: {quote.Trouble}";
                if (!quote.Trouble.StartsWith(UnknownKey, StringComparison.Ordinal)) break;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                directory.Forget(chainId, enclave);
                trouble = $"{enclave} can't be reached";
            }
        }

        return (null, trouble.Contains("NotAttested", StringComparison.Ordinal) ? new Problem(ProblemTypes.NotAttested, trouble)
            : trouble.Contains(UnknownKey, StringComparison.Ordinal) ? new Problem(ProblemTypes.UnknownEnclave, trouble)
            : Problem.TryAgain(trouble));
    }

    public void Dispose() => _quotes.Dispose();

    private async Task<(EnclaveEvidence? Evidence, Problem? Problem)> EndorseAsync(PythiaAttestation quote, CancellationToken cancellationToken)
    {
        if (services.GetService<ICollateralSource>() is not { } source) return (null, new Problem(ProblemTypes.NotAttested, "no source of collateral is configured here"));

        // The quote names its platform; whether that is true comes out when the evidence is judged.
        var bytes = ImmutableCollectionsMarshal.AsArray(quote.Quote)!;
        var facts = QuoteVerifier.Verify(bytes, new QuoteCollateral(), QuoteTrust.Intel, time.GetUtcNow()).Facts;
        if (facts?.Pck is not { } pck) return (null, Problem.TryAgain("the quote names no platform"));

        try
        {
            var key = new CollateralKey(Convert.ToHexStringLower(pck.Fmspc.Span), string.Equals(pck.Ca, PlatformCa, StringComparison.Ordinal), facts.Tee == TeeKind.Tdx);
            var collateral = await source.GetAsync(key, cancellationToken);
            var binding = new KeyBinding(
                quote.SigningKey.AsMemory(), quote.AgreementKey.AsMemory(), quote.ConfigurationHash.AsMemory(), quote.AnchorHash.AsMemory(), quote.Nonce.AsMemory());
            var ends = quote.KeyEndsInSeconds is { } seconds ? (ulong?)(time.GetUtcNow().ToUnixTimeSeconds() + seconds) : null;
            return (new EnclaveEvidence(bytes, binding, ends, collateral), null);
        }
        catch (CollateralException e)
        {
            return (null, Problem.TryAgain($"collateral: {e.Message}"));
        }
    }

    private static ImmutableArray<byte> Pad(byte[] nonce) => nonce.Length == 0 ? [] : [.. nonce, .. new byte[KeyBinding.NonceBytes - nonce.Length]];
}
