using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host;

/// <summary>
/// What an enclave is told at its start, section <c>Enclave</c>. Chain, genesis, contracts and level are hashed into every answer
/// (<see cref="EnclaveConfiguration"/>); the rest says where bytes come from and is trusted for nothing but the head.
/// </summary>
public sealed class EnclaveOptions
{
    public const string Section = "Enclave";

    /// <summary>Chain id of anvil and other local chains, for which assurance <c>development</c> needs no further word.</summary>
    public const ulong DevelopmentChainId = 31337;

    /// <summary>Longest reply of a node that is ever taken, in bytes.</summary>
    public const int MostReplyBytes = 64 << 20;

    /// <summary>The same in pythia-enclave: six times of it, <see cref="MostProcessCacheBytes"/> and what the program itself takes are below its heap's limit, 80 MiB.</summary>
    public const int MostProcessReplyBytes = 4 << 20;

    /// <summary>Largest cache in pythia-enclave, in bytes.</summary>
    public const int MostProcessCacheBytes = 32 << 20;

    /// <summary>Stable name by which others find it: 1 to 40 lower-case letters, digits and hyphens. In no hash, no quote and no answer. No default.</summary>
    public string Id { get; set; } = "";

    /// <summary>EIP-155 chain id, 1 or more. No default.</summary>
    [Range(1UL, ulong.MaxValue)]
    public ulong ChainId { get; set; }

    /// <summary>Hash of block 0, 0x and 64 hex digits. No default.</summary>
    public string GenesisHash { get; set; } = "";

    /// <summary>By name: <c>DeviceRegistry</c>, <c>ConsentRegistry</c>, <c>PolicyRegistry</c> and <c>PythiaRegistry</c> at least; logs are read of all. No default.</summary>
    public Dictionary<string, ContractOptions> Contracts { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The node whose word names the head (assurance <c>development</c>); http or https. No default.</summary>
    public string HeadRpc { get; set; } = "";

    /// <summary>The nodes that everything else is read from and checked; http or https, at least one, asked in this order.</summary>
    public List<string> UntrustedRpc { get; set; } = [];

    /// <summary>
    /// Set to <c>true</c> to take a node's word for the head on a chain that is not a local one. Answers then carry level 0 all the same.
    /// Default false.
    /// </summary>
    public bool AllowDevelopmentAssurance { get; set; }

    /// <summary>Cap of the trie nodes kept, in bytes: 1 MiB to 1 GiB, 32 MiB at most in pythia-enclave. Default 32 MiB.</summary>
    [Range(1 << 20, 1 << 30)]
    public int CacheBytes { get; set; } = 32 << 20;

    /// <summary>Milliseconds between two looks for a new head: 10 to 60,000. Default 250.</summary>
    [Range(10, 60_000)]
    public int PollMilliseconds { get; set; } = 250;

    /// <summary>Milliseconds that one node may take for one reply before the next is asked: 50 to 60,000. Default 3,000.</summary>
    [Range(50, 60_000)]
    public int ReplyMilliseconds { get; set; } = 3_000;

    /// <summary>
    /// Longest reply of a node that is taken, in bytes: 1 MiB to 64 MiB. Reading one takes about six times as much memory while it is judged, so that
    /// pythia-enclave takes 4 MiB at most. A block whose receipts are longer cannot be read. Default 0: 64 MiB in the silo, 4 MiB in pythia-enclave.
    /// </summary>
    [Range(0, MostReplyBytes)]
    public int ReplyBytes { get; set; }

    /// <summary>Milliseconds that a request may wait for its min-block: 0 to 30,000. Default 2,000.</summary>
    [Range(0, 30_000)]
    public int MinBlockWaitMilliseconds { get; set; } = 2_000;

    /// <summary>Seconds that a node which lied or failed is asked last: 1 to 3,600. Default 30.</summary>
    [Range(1, 3_600)]
    public int SetAsideSeconds { get; set; } = 30;

    /// <summary>Hours that one generation of keys signs before the next one does: 1 to 720. Default 24.</summary>
    [Range(1, 720)]
    public int KeyLifetimeHours { get; set; } = 24;

    /// <summary>
    /// Minutes that the next keys are there, attested and announced, before they sign: 1 to 1,440, and less than
    /// <see cref="KeyLifetimeHours"/>. Default 60.
    /// </summary>
    [Range(1, 1_440)]
    public int KeyOverlapMinutes { get; set; } = 60;

    /// <summary>The same for an enclave of another name.</summary>
    public EnclaveOptions Named(string id)
    {
        var named = (EnclaveOptions)MemberwiseClone();
        named.Id = id;
        return named;
    }

    /// <summary>True for 1 to 40 lower-case letters, digits and hyphens.</summary>
    public static bool IsId(string? id) => EnclaveOptionsCheck.IsId(id);

    /// <summary>Who must be met where an enclave with these options is meant.</summary>
    public EnclaveExpectation ToExpectation() => new(Id, ChainId, ToConfiguration().ComputeHash());

    /// <summary>The part that is attested.</summary>
    public EnclaveConfiguration ToConfiguration() => new(
        ChainId,
        Hash32.Parse(GenesisHash),
        [.. ToContracts()],
        (byte)AssuranceLevel.Development);

    private ImmutableArray<ConfiguredContract> ToContracts()
        => [.. Contracts.Select(pair => new ConfiguredContract(pair.Key, Address.Parse(pair.Value.Address), Hash32.Parse(pair.Value.CodeHash)))];
}

/// <summary>One contract.</summary>
public sealed class ContractOptions
{
    /// <summary>0x and 40 hex digits.</summary>
    public string Address { get; set; } = "";

    /// <summary>Keccak-256 of the runtime code, 0x and 64 hex digits.</summary>
    public string CodeHash { get; set; } = "";
}

/// <summary>Says everything that is wrong with the options at once, each with its name, what was found and what was expected.</summary>
public static partial class EnclaveOptionsCheck
{
    /// <returns>None when all is well.</returns>
    public static IReadOnlyList<string> FindProblems(EnclaveOptions options)
    {
        var problems = new List<string>();
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        problems.AddRange(results.Select(result => result.ErrorMessage!));

        Require(IsId(options.Id), "Id", options.Id ?? "", "1 to 40 lower-case letters, digits and hyphens");
        Require(Hash32.TryParse(options.GenesisHash, out _), "GenesisHash", options.GenesisHash, "0x and 64 hex digits");
        Require(IsHttp(options.HeadRpc), "HeadRpc", options.HeadRpc, "an http or https URL");
        Require(options.UntrustedRpc.Count > 0, "UntrustedRpc", "nothing", "one URL or more");
        for (var i = 0; i < options.UntrustedRpc.Count; i++)
        {
            Require(IsHttp(options.UntrustedRpc[i]), $"UntrustedRpc:{i}", options.UntrustedRpc[i], "an http or https URL");
        }

        Require(options.ReplyBytes is 0 or >= 1 << 20, "ReplyBytes", $"{options.ReplyBytes}", $"0, or {1 << 20} to {EnclaveOptions.MostReplyBytes}");
        Require(
            options.AllowDevelopmentAssurance || options.ChainId == EnclaveOptions.DevelopmentChainId,
            "ChainId",
            $"{options.ChainId}",
            $"{EnclaveOptions.DevelopmentChainId}, since assurance development takes a node's word; other chains need AllowDevelopmentAssurance");
        Require(
            options.KeyOverlapMinutes < options.KeyLifetimeHours * 60L,
            "KeyOverlapMinutes",
            $"{options.KeyOverlapMinutes}",
            $"less than the {options.KeyLifetimeHours * 60L} minutes of KeyLifetimeHours");
        CheckContracts(options.Contracts, Require);
        return problems;

        void Require(bool holds, string option, string found, string expected)
        {
            if (!holds)
            {
                problems.Add($"{EnclaveOptions.Section}:{option}: '{found}' found, {expected} expected");
            }
        }
    }

    internal static bool IsId(string? id) => IdPattern().IsMatch(id ?? "");

    private static void CheckContracts(Dictionary<string, ContractOptions> contracts, Action<bool, string, string, string> require)
    {
        foreach (var role in Enum.GetNames<ContractRole>())
        {
            require(contracts.ContainsKey(role), $"Contracts:{role}", "nothing", "an address and a code hash");
        }

        foreach (var (contract, options) in contracts)
        {
            require(Address.TryParse(options.Address, out _), $"Contracts:{contract}:Address", options.Address, "0x and 40 hex digits");
            require(Hash32.TryParse(options.CodeHash, out _), $"Contracts:{contract}:CodeHash", options.CodeHash, "0x and 64 hex digits");
        }

        var addresses = contracts.Values.Select(contract => contract.Address?.ToUpperInvariant()).ToList();
        require(addresses.Distinct(StringComparer.Ordinal).Count() == addresses.Count, "Contracts", "one address twice", "an address of its own for each");
    }

    private static bool IsHttp(string url)
        => Uri.TryCreate(url, UriKind.Absolute, out var uri)
            && (string.Equals(uri.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal) || string.Equals(uri.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal));

    [GeneratedRegex("^[a-z0-9-]{1,40}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex IdPattern();
}
