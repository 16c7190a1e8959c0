using System.ComponentModel.DataAnnotations;
using Pythia.Gateway.Settings;

namespace Pythia.Gateway.Callers;

/// <summary>One integrator, section <c>Gateway:Clients:{n}</c>.</summary>
public sealed class ClientOptions
{
    /// <summary>What it signs requests as (keyid): 1 to 64 of a–z, 0–9 and dashes.</summary>
    [Required, RegularExpression("^[a-z0-9-]{1,64}$")]
    public string Id { get; set; } = "";

    /// <summary>Its P-256 key x ‖ y, 0x and 128 hex digits.</summary>
    [Required, HexBytes(64)]
    public string PublicKey { get; set; } = "";

    /// <summary>The chains that it may use, at most 64; none: all that are served.</summary>
    [Length(0, 64)]
    public IList<ulong> Chains { get; } = [];

    /// <summary>What it may do: <c>Submit</c> intents, <c>Read</c> any owner's lists and histories, <c>Operate</c> to see lanes. Default none.</summary>
    [Length(0, 3)]
    public IList<ClientRole> Roles { get; } = [];

    /// <summary>Gas of its intents in an hour: 0 to 10^15, default 100,000,000.</summary>
    [Range(0L, 1_000_000_000_000_000L)]
    public long GasPerHour { get; set; } = 100_000_000;

    /// <summary>Gas of its intents in a day: 0 to 10^15, default 1,000,000,000.</summary>
    [Range(0L, 1_000_000_000_000_000L)]
    public long GasPerDay { get; set; } = 1_000_000_000;

    /// <summary>Its intents in an hour: 0 to 1,000,000,000, default 1,000.</summary>
    [Range(0L, 1_000_000_000L)]
    public long IntentsPerHour { get; set; } = 1_000;

    /// <summary>Its intents in a day: 0 to 1,000,000,000, default 10,000.</summary>
    [Range(0L, 1_000_000_000L)]
    public long IntentsPerDay { get; set; } = 10_000;

    /// <summary>Its requests a second over time, at all gateways together: 1 to 100,000, default 50.</summary>
    [Range(1, 100_000)]
    public int RequestsPerSecond { get; set; } = 50;

    /// <summary>Its requests at once after a pause: 1 to 100,000, default 100.</summary>
    [Range(1, 100_000)]
    public int RequestBurst { get; set; } = 100;
}

/// <summary>What a client may do beyond what everyone may.</summary>
public enum ClientRole
{
    /// <summary>Hand over intents on its own quota.</summary>
    Submit = 1,

    /// <summary>Read any owner's lists and histories.</summary>
    Read = 2,

    /// <summary>See the lanes.</summary>
    Operate = 3,
}
