using System.Collections.Immutable;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Mirror;

/// <summary>A chain that is served here: its contracts, its nodes, and the accounts that pay for intents.</summary>
public sealed record LedgerChain
{
    public required ulong ChainId { get; init; }

    public required LedgerContracts Contracts { get; init; }

    /// <summary>The follower begins here: a block not after the first of the contracts.</summary>
    public required ulong FirstBlock { get; init; }

    public required IChainNode Node { get; init; }

    /// <summary>At least one; each has a lane of its own.</summary>
    public required ImmutableArray<ILaneSigner> Lanes { get; init; }
}

/// <summary>Addresses of a chain's contracts.</summary>
public sealed record LedgerContracts(Address DeviceRegistry, Address ConsentRegistry, Address PolicyRegistry, Address Relay, Address PythiaRegistry);

/// <summary>A relaying account: signs transactions, holds gas, is trusted with nothing else.</summary>
public interface ILaneSigner
{
    Address Account { get; }

    SignedTransaction Sign(Eip1559Transaction transaction);
}

/// <summary>A relaying account whose key is in this process.</summary>
public sealed class KeyLaneSigner(EthereumKey key) : ILaneSigner
{
    public Address Account => key.Address;

    public SignedTransaction Sign(Eip1559Transaction transaction) => transaction.Sign(key);
}

/// <summary>The chains that are served here.</summary>
public sealed class LedgerChains(IEnumerable<LedgerChain> chains)
{
    private readonly Dictionary<ulong, LedgerChain> _chains = chains.ToDictionary(c => c.ChainId);

    public IReadOnlyCollection<LedgerChain> All => _chains.Values;

    /// <exception cref="InvalidOperationException">The chain is not served here.</exception>
    public LedgerChain Get(ulong chainId) => _chains.TryGetValue(chainId, out var chain)
        ? chain
        : throw new InvalidOperationException($"Chain {chainId} found, one of {string.Join(", ", _chains.Keys.Order())} expected");
}

/// <summary>Which lanes there are, and which one takes an intent.</summary>
public sealed class LaneDirectory(LedgerChains chains)
{
    public bool Has(ulong chainId, string account) => chains.Get(chainId).Lanes.Any(l => l.Account.ToString() == account);

    /// <summary>The lanes' accounts in the order in which a digest (or an account) tries them: evenly spread, always the same.</summary>
    public IEnumerable<string> InOrder(ulong chainId, string digest)
    {
        var accounts = chains.Get(chainId).Lanes;
        var first = (int)(BucketHash.Of(digest) % (uint)accounts.Length);
        return Enumerable.Range(first, accounts.Length).Select(i => accounts[i % accounts.Length].Account.ToString());
    }

    /// <summary>The lane that takes an intent: the first with room, else the first that only can't pay at the moment, else the first.</summary>
    public async Task<(string Lane, LaneRoom Room)> FindRoomAsync(IGrainFactory grains, ulong chainId, string digest)
    {
        var best = default((string Lane, LaneRoom Room)?);
        foreach (var lane in InOrder(chainId, digest))
        {
            var room = await grains.GetGrain<IRelayGrain>(GrainKeys.Of(chainId, lane)).GetRoomAsync();
            if (room is LaneRoom.Free)
            {
                return (lane, room);
            }

            best = best is null || room < best.Value.Room ? (lane, room) : best;
        }

        return best!.Value;
    }

    /// <exception cref="InvalidOperationException">No key for the account is configured.</exception>
    public ILaneSigner Signer(ulong chainId, string account)
        => chains.Get(chainId).Lanes.FirstOrDefault(l => l.Account.ToString() == account)
            ?? throw new InvalidOperationException($"Lane {account} of chain {chainId} has no key configured");
}
