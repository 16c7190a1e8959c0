using System.Collections.Immutable;

namespace Pythia.Grains.Clients;

/// <summary>What callers of the gateways have used of their quotas, whichever gateway they came by. The key is {chain id}/client/{id} for a
/// configured client, and {chain id}/anonymous/{bucket 0…255} for everyone else, see <see cref="ClientKeys"/>.</summary>
/// <remarks>Gas is reserved before an intent is handed over and given back when it is refused, so that a crash between the two costs the
/// caller, never the operator. What is counted is stored before a reservation is granted; requests a second are counted in memory.</remarks>
[Alias("pythia.IClientGrain")]
public interface IClientGrain : IGrainWithStringKey
{
    /// <summary>Reserves one intent and its gas in every window, or in none.</summary>
    /// <returns>Granted, or which quota is used up and when it is whole again.</returns>
    /// <exception cref="OrleansException">The store did not take it; nothing is reserved.</exception>
    [Alias("Reserve")]
    Task<QuotaReceipt> ReserveAsync(QuotaRequest request);

    /// <summary>Gives a reservation back whose intent was refused. What belongs to a window that is over stays as it is.</summary>
    /// <param name="member">As reserved.</param>
    /// <param name="gas">As reserved.</param>
    /// <param name="atUnixSeconds">When it was reserved (<see cref="QuotaReceipt.AtUnixSeconds"/>).</param>
    [Alias("GiveBack")]
    Task GiveBackAsync(string member, long gas, long atUnixSeconds);

    /// <summary>Takes one request from a bucket that fills with <paramref name="perSecond"/> up to <paramref name="burst"/>.</summary>
    /// <returns>0 if taken, else the milliseconds until the next one.</returns>
    [Alias("TakeCall")]
    Task<int> TakeCallAsync(int perSecond, int burst);
}

/// <summary>Keys of what is kept about callers.</summary>
public static class ClientKeys
{
    /// <summary>Buckets that all callers without a configuration share: what they can fill is bounded, whoever and however many they are.</summary>
    public const int Buckets = 256;

    /// <summary>Parts of what is kept of one configured client's nonces and idempotency keys.</summary>
    public const int ClientParts = 16;

    public static string Client(ulong chainId, string id) => GrainKeys.Of(chainId, "client", id);

    /// <param name="chainId">The chain.</param>
    /// <param name="part">Below <see cref="ClientParts"/>.</param>
    /// <param name="id">The client's id.</param>
    public static string Client(ulong chainId, string id, int part) => GrainKeys.Of(chainId, "client", id, $"{part}");

    /// <param name="chainId">The chain.</param>
    /// <param name="bucket">Below <see cref="Buckets"/>.</param>
    public static string Anonymous(ulong chainId, int bucket) => GrainKeys.Of(chainId, "anonymous", $"{bucket}");
}

/// <summary>A reservation to be made.</summary>
/// <param name="Member">Who in the bucket it is: a digest of a network address or of an account; empty for a client's own grain.</param>
/// <param name="Gas">The intent's reviewed gas limit.</param>
/// <param name="Limits">What the caller may use.</param>
[GenerateSerializer, Immutable, Alias("pythia.QuotaRequest")]
public sealed record QuotaRequest(
    [property: Id(0)] string Member,
    [property: Id(1)] long Gas,
    [property: Id(2)] QuotaLimits Limits);

/// <summary>What a caller may use. Windows are whole hours and days of UTC.</summary>
[GenerateSerializer, Immutable, Alias("pythia.QuotaLimits")]
public sealed record QuotaLimits(
    [property: Id(0)] long GasPerHour,
    [property: Id(1)] long GasPerDay,
    [property: Id(2)] long IntentsPerHour,
    [property: Id(3)] long IntentsPerDay);

/// <summary>What became of a reservation.</summary>
/// <param name="IsGranted">It is counted.</param>
/// <param name="AtUnixSeconds">When, by the silo's clock.</param>
/// <param name="Standing">Each quota after it, the one that is used up first where it was not granted.</param>
[GenerateSerializer, Immutable, Alias("pythia.QuotaReceipt")]
public sealed record QuotaReceipt(
    [property: Id(0)] bool IsGranted,
    [property: Id(1)] long AtUnixSeconds,
    [property: Id(2)] ImmutableArray<QuotaStanding> Standing);

/// <summary>A quota and how far it is used.</summary>
/// <param name="Name"><c>gas-per-hour</c>, <c>gas-per-day</c>, <c>intents-per-hour</c>, <c>intents-per-day</c>.</param>
/// <param name="WindowSeconds">3,600 or 86,400.</param>
/// <param name="ResetSeconds">Until it is whole again.</param>
[GenerateSerializer, Immutable, Alias("pythia.QuotaStanding")]
public sealed record QuotaStanding(
    [property: Id(0)] string Name,
    [property: Id(1)] long Used,
    [property: Id(2)] long Limit,
    [property: Id(3)] int WindowSeconds,
    [property: Id(4)] int ResetSeconds);
