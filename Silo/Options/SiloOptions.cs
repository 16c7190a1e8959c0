using System.ComponentModel.DataAnnotations;
using Pythia.Gateway.Settings;

namespace Pythia.Silo.Options;

/// <summary>Where state is kept, section <c>Data</c>.</summary>
public sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>A folder that one process uses at a time; made if it is missing. Default data/dev.</summary>
    [Required]
    public string Folder { get; set; } = "data/dev";

    /// <summary>Files that the grains' states are spread over, 1 to 64, each with commits of its own. Fixed by the first start on a folder;
    /// the embedded engine only. Default 1.</summary>
    [Range(1, 64)]
    public int Shards { get; set; } = 1;
}

/// <summary>The chain, section <c>Chain</c>.</summary>
public sealed class ChainOptions
{
    public const string Section = "Chain";

    /// <summary>Chain id (EIP-155), from 1. Default 31337, which is that of the development chain.</summary>
    [Range(typeof(ulong), "1", "18446744073709551615")]
    public ulong Id { get; set; } = 31337;

    /// <summary>JSON-RPC URLs of untrusted nodes, at most 16. Default none: a development chain (anvil) in the data folder is started.</summary>
    [Length(0, 16), EachHttpUrl]
    public IList<string> Rpc { get; } = [];

    /// <summary>URL of the node whose word names the head (assurance development). Default the first of <see cref="Rpc"/>.</summary>
    [HttpUrl]
    public string? HeadRpc { get; set; }

    /// <summary>File that names the contracts on the chain; <c>deploy</c> writes it. Default contracts.json in the data folder.</summary>
    public string? Manifest { get; set; }

    /// <summary>Addresses of those who stand for enclaves at PythiaRegistry, for <c>deploy</c>: at most 16. Default none: on chain 31337 the
    /// deployer alone; elsewhere they must be named.</summary>
    [Length(0, 16), EachEthereumAddress]
    public IList<string> Endorsers { get; } = [];

    /// <summary>How many of <see cref="Endorsers"/> an act needs, for <c>deploy</c>: 1 to 16. Default 1.</summary>
    [Range(1, 16)]
    public int EndorserThreshold { get; set; } = 1;

    /// <summary>Milliseconds from block to block of the development chain: 500 to 60,000, default 1,000.</summary>
    [Range(500, 60_000)]
    public int BlockMilliseconds { get; set; } = 1_000;
}
