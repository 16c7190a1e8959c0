using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Gateway.Devices;
using Pythia.Gateway.Problems;
using Pythia.Grains;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Passports;

/// <summary>Gets evidence of an enclave by way of its silo, collateral and all. Quotes are dear, so all callers share one limit (<see cref="QuoteShares"/>).</summary>
internal sealed class EvidenceSource(IGrainFactory grains, EnclaveDirectory directory, IOptions<PassportOptions> options, TimeProvider time)
{
    // By the names of Pythia.Enclave.EnclaveFault.
    private const string UnknownKey = "UnknownKey";
    private const string NotAttested = "NotAttested";
    private const string Gone = "Gone";
    private const string Busy = "Busy";

    private const string Collateral = "Collateral";

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private readonly QuoteShares _quotes = new(options.Value.QuotesPerMinute, time);

    /// <summary>Evidence of one enclave, or of whichever has the key.</summary>
    /// <param name="chainId">EIP-155.</param>
    /// <param name="enclaves">Which to ask, in turn: the first that has the key. One that can't make a quote now does not stand before the others.</param>
    /// <param name="keyId">8 bytes; none for the keys that sign now.</param>
    /// <param name="nonce">Up to 32 bytes, bound with zeros behind it; none for none.</param>
    /// <param name="address">Who asks, as of <see cref="Requests.NetworkAddress"/>; null where a stored passport is renewed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>CBOR as of docs/passports.md, unread: whoever checks it reads it.</returns>
    public async Task<(byte[]? Evidence, Problem? Problem)> GetAsync(
        ulong chainId, ImmutableArray<string> enclaves, ImmutableArray<byte> keyId, byte[] nonce, string? address, CancellationToken cancellationToken)
    {
        Problem? met = null;
        foreach (var enclave in enclaves)
        {
            if (_quotes.TryTake(address) is not { } taken) return (null, Problem.TooMany((int)Wait.TotalSeconds));

            var (evidence, problem) = await AskAsync(chainId, enclave, keyId, nonce, taken, cancellationToken);
            if (evidence is not null) return (evidence, null);

            met = Weightier(met, problem!);
        }

        return (null, met ?? Problem.TryAgain($"no enclave of chain {chainId} answers"));
    }

    // Only a quote that is made, or may have been, is paid for: keys that nobody has cost the others nothing.
    private async Task<(byte[]? Evidence, Problem? Problem)> AskAsync(
        ulong chainId, string enclave, ImmutableArray<byte> keyId, byte[] nonce, QuoteBudget[] taken, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await grains.GetGrain<IPythiaGrain>(GrainKeys.Of(chainId, enclave)).AttestAsync(Pad(nonce), keyId, cancellationToken);
            if (reply.Trouble.Length == 0) return (ImmutableCollectionsMarshal.AsArray(reply.Evidence), null);

            var fault = reply.Trouble.Split(':')[0];
            if (fault is UnknownKey or NotAttested or Gone or Busy) GiveBack(taken);
            if (fault is Gone) directory.Forget(chainId, enclave);
            var trouble = $"{enclave}: {reply.Trouble}";
            return (null, fault switch
            {
                NotAttested => new Problem(ProblemTypes.NotAttested, trouble),
                UnknownKey => new Problem(ProblemTypes.UnknownEnclave, trouble),
                _ when fault.StartsWith(Collateral, StringComparison.Ordinal) => Problem.TryAgain($"{enclave}: collateral: {fault[Collateral.Length..]}"),
                _ => Problem.TryAgain(trouble),
            });
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            if (e is OrleansException) GiveBack(taken);
            directory.Forget(chainId, enclave);
            return (null, Problem.TryAgain($"{enclave} can't be reached"));
        }
    }

    private static void GiveBack(QuoteBudget[] taken)
    {
        foreach (var one in taken) one.GiveBack();
    }

    // Of several troubles the one counts that may pass: the enclave that can't answer now may be the one that has the key.
    private static Problem Weightier(Problem? met, Problem next) => met is null || Weight(next) > Weight(met) ? next : met;

    private static int Weight(Problem problem) => problem.Type == ProblemTypes.TryAgain ? 2 : problem.Type == ProblemTypes.NotAttested ? 1 : 0;

    private static ImmutableArray<byte> Pad(byte[] nonce) => nonce.Length == 0 ? [] : [.. nonce, .. new byte[KeyBinding.NonceBytes - nonce.Length]];
}
