using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Pythia.Ethereum;
using Pythia.Grains.Clients;

namespace Pythia.Gateway.Callers;

/// <summary>Who sent a request, as far as it has proven it.</summary>
internal abstract record Caller
{
    /// <summary>Unique among all callers of a chain: what belongs to one never meets what belongs to another.</summary>
    public abstract string Name { get; }

    /// <summary>Who sent this request; the filter has looked.</summary>
    public static Caller Of(HttpContext context) => (Caller)context.Items[typeof(Caller)]!;

    /// <summary>Where its quotas are counted, and as whom there.</summary>
    public abstract (string Key, string Member) QuotaOn(ulong chainId);

    /// <summary>Where a nonce or an idempotency key of this caller is remembered, and as what there.</summary>
    public (string Key, string Digest) MemoryOn(ulong chainId, string kind, string text)
    {
        var digest = Digest(kind, Name, text);
        var part = int.Parse(digest.AsSpan(0, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (MemoryKey(chainId, part), digest);
    }

    /// <param name="part">0 to 255, by the digest.</param>
    protected virtual string MemoryKey(ulong chainId, int part) => ClientKeys.Anonymous(chainId, part % ClientKeys.Buckets);

    // 16 bytes of SHA-256 over the parts, each with its length before it.
    protected static string Digest(params ReadOnlySpan<string> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts) text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }
}

/// <summary>Nobody in particular: counted by network address.</summary>
internal sealed record AnonymousCaller(string Network) : Caller
{
    public override string Name => $"network {Network}";

    public override (string Key, string Member) QuotaOn(ulong chainId)
    {
        var member = Digest("quota", Name);
        return (ClientKeys.Anonymous(chainId, int.Parse(member.AsSpan(0, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)), member);
    }
}

/// <summary>An account on a chain, by its own signature. Making accounts is free: its quotas are those of its network address.</summary>
internal sealed record OwnerCaller(Address Account, string Network) : Caller
{
    public override string Name => $"account {Account}";

    public override (string Key, string Member) QuotaOn(ulong chainId) => new AnonymousCaller(Network).QuotaOn(chainId);
}

/// <summary>A configured client, by its own signature.</summary>
internal sealed record ClientCaller(ClientOptions Client) : Caller
{
    public override string Name => $"client {Client.Id}";

    public bool Has(ClientRole role) => Client.Roles.Contains(role);

    public override (string Key, string Member) QuotaOn(ulong chainId) => (ClientKeys.Client(chainId, Client.Id), "");

    protected override string MemoryKey(ulong chainId, int part) => ClientKeys.Client(chainId, Client.Id, part % ClientKeys.ClientParts);
}
