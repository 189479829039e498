using Gateway.Server;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Web.Setup;

/// <summary>What can be wrong with the settings of the registrar, in words for whoever wrote them.</summary>
internal static class RegistrarSettings
{
    public static IEnumerable<string> Check(ServerOptions server)
    {
        if (server.Domains.FirstOrDefault(name => Uri.CheckHostName(name) != UriHostNameType.Dns || name.Length > 128) is { } domain)
        {
            yield return $"Domains: '{domain}' is no domain name such as branch.example.org.";
        }

        if (server.ExpirySpread is < 0 or > 50)
        {
            yield return "ExpirySpread: 0 to 50 percent.";
        }

        foreach (var (name, most) in new[] { ("MaxExpiresUdp", server.MaxExpiresUdp), ("MaxExpiresWebSocket", server.MaxExpiresWebSocket) })
        {
            if (most != TimeSpan.Zero && (most < server.MinExpires || most > server.MaxExpires))
            {
                yield return $"{name}: zero, or from MinExpires to MaxExpires.";
            }
        }

        if (server.FlowTimer != TimeSpan.Zero && (server.FlowTimer < TimeSpan.FromSeconds(15) || server.FlowTimer > TimeSpan.FromHours(1)))
        {
            yield return "FlowTimer: 00:00:00 (not told), or 00:00:15 to 01:00:00.";
        }

        if (server.EdgeProxies.FirstOrDefault(text => !TrunkSources.TryParse(text, out _)) is { } network)
        {
            yield return $"EdgeProxies: '{network}' is no address and no network such as 192.0.2.0/28.";
        }

        if (server.ServiceRoute.FirstOrDefault(text => !IsRoute(text)) is { } route)
        {
            yield return $"ServiceRoute: '{route}' is no SIP URI with lr, such as sip:gw.example.org;lr.";
        }
    }

    private static bool IsRoute(string text) => SipUri.TryParse(text, out var uri) && uri.Scheme != SipScheme.Tel && uri.HasParameter("lr");
}
