using System.Net;
using IPNetwork = System.Net.IPNetwork;
using Microsoft.AspNetCore.HttpOverrides;

namespace Gateway.Web.Setup;

/// <summary>
/// Believes X-Forwarded-For and X-Forwarded-Proto of the proxies that the operator named, and of nobody else: a visitor must not
/// choose the address that limits are counted by.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>An address or a prefix such as 10.0.0.0/8.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }

        return IPNetwork.TryParse(text, out network);
    }

    public static void UseTrustedProxies(this WebApplication app, WebOptions web)
    {
        if (web.TrustedProxies.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = 1 };
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (var proxy in web.TrustedProxies)
        {
            if (TryParse(proxy, out var network))
            {
                options.KnownIPNetworks.Add(network);
            }
        }

        app.UseForwardedHeaders(options);
    }
}
