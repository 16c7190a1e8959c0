using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Gateway.Devices;
using Pythia.Gateway.Problems;
using Pythia.Grains;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Passports;

/// <summary>Gets a quote from an enclave and puts beside it what its vendor says of the platform. Quotes are dear, so all callers share one limit.</summary>
internal sealed class EvidenceSource(
    IGrainFactory grains, EnclaveDirectory directory, IOptions<PassportOptions> options, TimeProvider time, IServiceProvider services)
{
    // By the names of Pythia.Enclave.EnclaveFault.
    private const string UnknownKey = "UnknownKey";
    private const string NotAttested = "NotAttested";
    private const string Gone = "Gone";
    private const string Busy = "Busy";

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private readonly QuoteBudget _quotes = new(options.Value.QuotesPerMinute, time);

    /// <summary>Evidence of one enclave, or of whichever has the key.</summary>
    /// <param name="chainId">EIP-155.</param>
    /// <param name="enclaves">Which to ask, in turn: the first that has the key. One that can't make a quote now does not stand before the others.</param>
    /// <param name="keyId">8 bytes; none for the keys that sign now.</param>
    /// <param name="nonce">Up to 32 bytes, bound with zeros behind it; none for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<(EnclaveEvidence? Evidence, Problem? Problem)> GetAsync(
        ulong chainId, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId, byte[] nonce, CancellationToken cancellationToken)
    {
        Problem? met = null;
        foreach (var enclave in enclaves)
        {
            if (!_quotes.TryTake()) return (null, Problem.TooMany((int)Wait.TotalSeconds));

            var (quote, problem) = await AskAsync(chainId, enclave, keyId, nonce, cancellationToken);
            if (quote is not null) return await EndorseAsync(quote, cancellationToken);

            met = Weightier(met, problem!);
        }

        return (null, met ?? Problem.TryAgain($"no enclave of chain {chainId} answers"));
    }

    // Only a quote that is made, or may have been, is paid for: keys that nobody has cost the others nothing.
    private async Task<(PythiaAttestation? Quote, Problem? Problem)> AskAsync(
        ulong chainId, string enclave, ImmutableArray<byte> keyId, byte[] nonce, CancellationToken cancellationToken)
    {
        try
        {
            var quote = await grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, enclave)).AttestAsync(Pad(nonce), keyId, cancellationToken);
            if (quote.Trouble.Length == 0) return (quote, null);

            var fault = quote.Trouble.Split(':')[0];
            if (fault is UnknownKey or NotAttested or Gone or Busy) _quotes.GiveBack();
            if (fault is Gone) directory.Forget(chainId, enclave);
            var trouble = $"{enclave}: {quote.Trouble}";
            return (null, fault switch
            {
                NotAttested => new Problem(ProblemTypes.NotAttested, trouble),
                UnknownKey => new Problem(ProblemTypes.UnknownEnclave, trouble),
                _ => Problem.TryAgain(trouble),
            });
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            if (e is OrleansException) _quotes.GiveBack();
            directory.Forget(chainId, enclave);
            return (null, Problem.TryAgain($"{enclave} can't be reached"));
        }
    }

    // Of several troubles the one counts that may pass: the enclave that can't answer now may be the one that has the key.
    private static Problem Weightier(Problem? met, Problem next) => met is null || Weight(next) > Weight(met) ? next : met;

    private static int Weight(Problem problem) => problem.Type == ProblemTypes.TryAgain ? 2 : problem.Type == ProblemTypes.NotAttested ? 1 : 0;

    private async Task<(EnclaveEvidence? Evidence, Problem? Problem)> EndorseAsync(PythiaAttestation quote, CancellationToken cancellationToken)
    {
        if (services.GetService<ICollateralSource>() is not { } source) return (null, new Problem(ProblemTypes.NotAttested, "no source of collateral is configured here"));

        var bytes = ImmutableCollectionsMarshal.AsArray(quote.Quote)!;
        if (CollateralKey.Find(bytes) is not { } key) return (null, Problem.TryAgain("the quote names no platform"));

        try
        {
            var collateral = await source.GetAsync(key, cancellationToken);
            var binding = new KeyBinding(
                quote.SigningKey.AsMemory(), quote.AgreementKey.AsMemory(), quote.ConfigurationHash.AsMemory(), quote.AnchorHash.AsMemory(), quote.Nonce.AsMemory());
            var ends = quote.KeyEndsInSeconds is { } seconds ? (ulong?)(time.GetUtcNow().ToUnixTimeSeconds() + seconds) : null;
            return (new EnclaveEvidence(bytes, binding, ends, collateral), null);
        }
        catch (CollateralException e) // its message may name files and hosts, and anybody may ask here
        {
            return (null, Problem.TryAgain($"collateral: {e.Kind}"));
        }
    }

    private static ImmutableArray<byte> Pad(byte[] nonce) => nonce.Length == 0 ? [] : [.. nonce, .. new byte[KeyBinding.NonceBytes - nonce.Length]];
}
