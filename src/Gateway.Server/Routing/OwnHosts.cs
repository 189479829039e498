using System.Net;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>Our listeners and names, as the options list them, in the form that routes and Vias are compared with.</summary>
internal static class OwnHosts
{
    /// <summary>Every address with every port: which port belongs to which address, and to which transport, is not told apart.</summary>
    public static OwnAddresses Of(ServerOptions options)
    {
        var hosts = options.Aliases.Append("127.0.0.1").Append("::1").ToList();
        var addresses = hosts.Where(IsAddress).SelectMany(host => options.SipPorts.Select(port => new OwnAddress(host, port, SipTransport.Udp)));
        return new OwnAddresses(addresses, hosts.Where(host => !IsAddress(host)).Append(options.Realm).Append("localhost"));
    }

    private static bool IsAddress(string host) => IPAddress.TryParse(host.Trim('[', ']'), out _);
}
