using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Pythia.Gateway.Requests;

/// <summary>Whom an anonymous request is counted for.</summary>
internal static class NetworkAddress
{
    private const int PrefixBytes = 8;

    /// <summary>The IPv4 address, or the first 64 bits of the IPv6 address: what one subscriber is given.</summary>
    public static string Of(HttpContext context) => Of(context.Connection.RemoteIpAddress);

    public static string Of(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
