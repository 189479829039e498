using System.Net;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Dispatch;

/// <summary>
/// Where a peer is reached when its TCP or TLS connection has closed: by one of ours to where it listens, opened when there is
/// something to say. Without that it has to come back by itself, as every browser and every phone behind a NAT must.
/// </summary>
internal static class WayBack
{
    private const int SipPort = 5060;
    private const int SipsPort = 5061;

    /// <summary>The way to the other side of a dialog: its first proxy, else its remote target.</summary>
    public static Flow? To(LoopServices services, in Flow closed, Dialog dialog, Trunk? trunk)
    {
        var target = dialog.RouteSet is not [var first, ..] ? dialog.RemoteTarget
            : NameAddressView.TryParse(Encoding.UTF8.GetBytes(first), out var route) && SipUri.TryParse(route.UriBytes, out var proxy) ? proxy : null;
        return To(services, closed, target, trunk);
    }

    /// <param name="target">Where the peer says that it listens.</param>
    /// <returns>Null when only the peer can open a connection.</returns>
    public static Flow? To(LoopServices services, in Flow closed, SipUri? target, Trunk? trunk)
    {
        if (services.Connector is not { } connector || closed.Transport is not (SipTransport.Tcp or SipTransport.Tls))
        {
            return null;
        }

        return connector.Again(closed, Listens(closed, target, trunk));
    }

    /// <summary>
    /// Only the address that it came from: nobody has us connect elsewhere, and a NAT in between would be seen. Over TLS only a
    /// trunk has a name that its certificate can be checked for.
    /// </summary>
    private static NextHop? Listens(in Flow closed, SipUri? target, Trunk? trunk)
    {
        if (target is null || !IPAddress.TryParse(target.Host, out var address) || !address.Equals(closed.Remote.Address)
            || (closed.Transport == SipTransport.Tls && trunk is null))
        {
            return null;
        }

        var isSecure = target.Scheme == SipScheme.Sips;
        var transport = target.TryGetParameter("transport", out var named) ? named : isSecure ? "tls" : "udp";
        if (!transport.Equals(closed.Transport.ToString(), StringComparison.OrdinalIgnoreCase) && !(isSecure && closed.Transport == SipTransport.Tls))
        {
            return null;
        }

        var port = target.Port ?? (closed.Transport == SipTransport.Tls ? SipsPort : SipPort);
        return new NextHop(closed.Transport, new IPEndPoint(address, port), trunk?.Host ?? "") { Trunk = trunk?.Id };
    }
}
