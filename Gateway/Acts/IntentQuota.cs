using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Callers;
using Pythia.Gateway.Problems;
using Pythia.Grains.Clients;

namespace Pythia.Gateway.Acts;

/// <summary>Gas and intents of a caller: reserved before an intent is handed over, given back when it is not accepted.</summary>
internal sealed class IntentQuota(IGrainFactory grains, IOptions<GatewayOptions> options)
{
    private const long Unlimited = 1_000_000_000_000_000;

    /// <summary>Reserves one intent.</summary>
    /// <param name="gas">The act's reviewed gas limit.</param>
    /// <returns>The reservation, or the refusal; never both.</returns>
    public async Task<(Reservation? Reservation, Problem? Problem)> ReserveAsync(HttpContext context, ulong chainId, long gas)
    {
        var caller = Caller.Of(context);
        if (caller is ClientCaller client && !client.Has(ClientRole.Submit))
            return (null, new(ProblemTypes.Forbidden, $"client {client.Client.Id} has not the role {ClientRole.Submit}"));

        var limits = LimitsOf(caller);
        if (limits.IntentsPerDay == 0 && caller is not ClientCaller)
            return (null, new(ProblemTypes.SignatureRequired, $"no signature of a client found, one with the role {ClientRole.Submit} expected"));

        var (key, member) = caller.QuotaOn(chainId);
        var receipt = await grains.GetGrain<IClientGrain>(key).ReserveAsync(new(member, gas, limits));
        WriteHeaders(context.Response, receipt);
        if (receipt.IsGranted) return (new(key, member, gas, receipt.AtUnixSeconds), null);

        var first = receipt.Standing[0];
        return (null, new(ProblemTypes.QuotaExceeded, $"{first.Name}: {first.Used} used and {gas} gas for one intent more found, at most {first.Limit} expected")
        {
            Quota = new(first.Name, first.Used, first.Limit),
            RetryAfterSeconds = first.ResetSeconds,
        });
    }

    public Task GiveBackAsync(Reservation reservation)
        => grains.GetGrain<IClientGrain>(reservation.Key).GiveBackAsync(reservation.Member, reservation.Gas, reservation.AtUnixSeconds);

    private QuotaLimits LimitsOf(Caller caller) => caller is ClientCaller { Client: var client }
        ? new(client.GasPerHour, client.GasPerDay, client.IntentsPerHour, client.IntentsPerDay)
        : new(Unlimited, options.Value.AnonymousGasPerDay, Unlimited, options.Value.AnonymousIntentsPerDay);

    // draft-ietf-httpapi-ratelimit-headers: Structured Fields lists of named policies.
    private static void WriteHeaders(HttpResponse response, QuotaReceipt receipt)
    {
        var shown = receipt.Standing.Where(quota => quota.Limit < Unlimited).OrderBy(quota => quota.Name, StringComparer.Ordinal).ToList();
        if (shown.Count == 0) return;

        response.Headers["RateLimit-Policy"] = string.Join(", ", shown.Select(quota => string.Create(CultureInfo.InvariantCulture, $"\"{quota.Name}\";q={quota.Limit};w={quota.WindowSeconds}")));
        response.Headers["RateLimit"] = string.Join(", ", shown.Select(quota => string.Create(CultureInfo.InvariantCulture, $"\"{quota.Name}\";r={Math.Max(0, quota.Limit - quota.Used)};t={quota.ResetSeconds}")));
    }
}

/// <summary>Gas that is reserved for one intent.</summary>
internal sealed record Reservation(string Key, string Member, long Gas, long AtUnixSeconds);
