using System.Net;
using Gateway.Server;

namespace Gateway.Web.Setup;

/// <summary>What can be wrong with the settings of the proxy, in words.</summary>
internal static class ProxySettings
{
    public static IEnumerable<string> Check(ServerOptions server)
    {
        if (!Enum.IsDefined(server.CallMode) || !Enum.IsDefined(server.RecordRoute))
        {
            yield return "CallMode: Auto, Bridge or Proxy; RecordRoute: Auto, Always or Never.";
        }

        foreach (var network in server.AddressRealms)
        {
            if (!IPNetwork.TryParse(network, out _))
            {
                yield return $"AddressRealms: {network} is no network; write one as 10.0.0.0/8, with nothing set behind its prefix.";
            }
        }

        if (server.SerialRing <= TimeSpan.Zero || server.LongestProxiedCall <= TimeSpan.Zero)
        {
            yield return "SerialRing and LongestProxiedCall: must be longer than nothing.";
        }
    }
}
