using System.ComponentModel.DataAnnotations;
using Pythia.Gateway.Callers;
using Pythia.Gateway.Settings;

namespace Pythia.Gateway;

/// <summary>Settings of the gateway, section <c>Gateway</c>.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Where it listens: an absolute http URL; port 0 takes a free one. Default http://127.0.0.1:0.</summary>
    [Required, HttpUrl]
    public string Url { get; set; } = "http://127.0.0.1:0";

    /// <summary>The chains that it serves: at least one, at most 64. In the embedded form the silo fills it.</summary>
    [Length(1, 64)]
    public IList<GatewayChainOptions> Chains { get; } = [];

    /// <summary>Seconds until a prepared act expires when the caller names no deadline: 60 to 86,400, default 600.</summary>
    [Range(60, 86_400)]
    public int IntentLifetimeSeconds { get; set; } = 600;

    /// <summary>Requests a second from one address, over time: 1 to 1,000,000, default 200.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 200;

    /// <summary>Requests that one address may make at once after a pause: 1 to 1,000,000, default 400.</summary>
    [Range(1, 1_000_000)]
    public int RequestBurst { get; set; } = 400;

    /// <summary>Connections open at the same time: 1 to 1,000,000, default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Streams of events that one address may have open at a gateway: 1 to 10,000, default 16.</summary>
    [Range(1, 10_000)]
    public int EventStreamsPerAddress { get; set; } = 16;

    /// <summary>Seconds after which a stream without news says that it is still there: 1 to 19, default 15.</summary>
    [Range(1, 19)]
    public int EventHeartbeatSeconds { get; set; } = 15;

    /// <summary>What callers call the gateway by, where that is not what it is reached by: an absolute http or https URL without path. Signatures
    /// over another name are then refused. Default: whatever the request says.</summary>
    [HttpUrl]
    public string? PublicUrl { get; set; }

    /// <summary>Integrators with a key of their own, at most 1,000.</summary>
    [Length(0, 1_000)]
    public IList<ClientOptions> Clients { get; } = [];

    /// <summary>Seconds from created to expires that a request's signature may last: 10 to 300, default 300.</summary>
    [Range(10, 300)]
    public int SignatureWindowSeconds { get; set; } = 300;

    /// <summary>Seconds that a signer's clock may differ from ours: 0 to 300, default 30.</summary>
    [Range(0, 300)]
    public int ClockSkewSeconds { get; set; } = 30;

    /// <summary>Intents in a day that everyone without a client's key may hand over from one network address; 0: none without a signature of
    /// a client: 0 to 1,000,000, default 200.</summary>
    [Range(0, 1_000_000)]
    public int AnonymousIntentsPerDay { get; set; } = 200;

    /// <summary>Gas of such intents in a day: 0 to 10^15, default 100,000,000.</summary>
    [Range(0L, 1_000_000_000_000_000L)]
    public long AnonymousGasPerDay { get; set; } = 100_000_000;
}

/// <summary>One chain, section <c>Gateway:Chains:{n}</c>.</summary>
public sealed class GatewayChainOptions
{
    /// <summary>Chain id (EIP-155), from 1.</summary>
    [Range(typeof(ulong), "1", "18446744073709551615")]
    public ulong ChainId { get; set; }

    /// <summary>Address of DeviceRegistry, 0x and 40 hex digits.</summary>
    [Required, EthereumAddress]
    public string DeviceRegistry { get; set; } = "";

    /// <summary>Address of ConsentRegistry, 0x and 40 hex digits.</summary>
    [Required, EthereumAddress]
    public string ConsentRegistry { get; set; } = "";

    /// <summary>Address of PolicyRegistry, 0x and 40 hex digits.</summary>
    [Required, EthereumAddress]
    public string PolicyRegistry { get; set; } = "";

    /// <summary>Address of PythiaRegistry, 0x and 40 hex digits.</summary>
    [Required, EthereumAddress]
    public string PythiaRegistry { get; set; } = "";

    /// <summary>Accounts that pay for intents, each with a lane, at most 64; for the lanes' page.</summary>
    [Length(0, 64), EachEthereumAddress]
    public IList<string> RelayAccounts { get; } = [];
}
