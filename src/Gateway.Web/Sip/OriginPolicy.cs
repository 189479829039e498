using System.Net;
using System.Net.Sockets;

namespace Gateway.Web.Sip;

/// <summary>
/// Which pages may open a SIP WebSocket: our own, and those that the configuration names. Programs send no Origin; they are
/// let in and must authenticate like anyone (RFC 6455 §10.2 is about browsers only).
/// </summary>
internal sealed class OriginPolicy
{
    private readonly HashSet<string> _allowed = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="ownHosts">Names and addresses of this host; with <paramref name="httpsPort"/> they are our own origins.</param>
    public OriginPolicy(IEnumerable<string> ownHosts, int httpsPort, IEnumerable<string> allowed)
    {
        foreach (var host in ownHosts)
        {
            var name = IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host;
            _allowed.Add(httpsPort == 443 ? $"https://{name}" : $"https://{name}:{httpsPort}");
        }

        _allowed.UnionWith(allowed);
    }

    /// <param name="host">The Host header: a page that was loaded from the same host and port is ours.</param>
    public bool Admits(string? origin, string host) =>
        string.IsNullOrEmpty(origin)
        || _allowed.Contains(origin)
        || string.Equals(origin, "https://" + host, StringComparison.OrdinalIgnoreCase);
}
