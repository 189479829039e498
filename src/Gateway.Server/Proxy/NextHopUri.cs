using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>What is asked of DNS for a URI (RFC 3263 §4; RFC 3261 §16.6 step 7).</summary>
internal static class NextHopUri
{
    /// <summary>False for a URI that leads nowhere by itself: a number, or a WebSocket, which only its client opens (RFC 7118).</summary>
    public static bool TryRead(string text, out NextHopQuery query)
    {
        query = null!;
        if (!SipUri.TryParse(Encoding.UTF8.GetBytes(text), out var uri) || uri.Scheme == SipScheme.Tel || uri.Host.Length == 0)
        {
            return false;
        }

        SipTransport? transport = null;
        if (uri.TryGetParameter("transport", out var named))
        {
            if (!Enum.TryParse<SipTransport>(named, ignoreCase: true, out var known) || known is SipTransport.Ws or SipTransport.Wss)
            {
                return false;
            }

            transport = known;
        }

        query = new NextHopQuery(uri.Host, uri.Port ?? 0, transport, uri.Scheme == SipScheme.Sips);
        return true;
    }
}
