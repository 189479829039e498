using System.Net;
using System.Net.Sockets;
using Gateway.Net;
using Gateway.Sip;

namespace Gateway.Web.Setup;

/// <summary>Tries the ports before the start, so that a taken one is named together with the flag that chooses another.</summary>
internal static class PortCheck
{
    public static void Run(GatewaySettings settings)
    {
        List<string> complaints = [];
        foreach (var address in settings.Net.Listen.DefaultIfEmpty(IPAddress.Any))
        {
            Try(address, settings.Web.HttpsPort, SocketType.Stream, "--https-port", complaints);
            Try(address, settings.Net.MediaPort, SocketType.Dgram, "--media-port", complaints);
        }

        foreach (var listen in GatewaySettings.SipListens(settings.Net))
        {
            var flag = settings.Net.Listeners.Count > 0 ? "Gateway:Net:Listeners, with another" : listen.Transport == SipTransport.Tls ? "--sips-port" : "--sip-port";
            Try(listen.Address ?? IPAddress.Any, listen.Port, listen.Transport == SipTransport.Udp ? SocketType.Dgram : SocketType.Stream, flag, complaints);
        }

        if (complaints.Count > 0)
        {
            throw new SettingsException(complaints);
        }
    }

    private static void Try(IPAddress address, int port, SocketType type, string flag, List<string> complaints)
    {
        if (port == 0)
        {
            return;
        }

        var protocol = type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp;
        try
        {
            using var socket = new Socket(address.AddressFamily, type, protocol);
            if (type == SocketType.Stream)
            {
                // What lingers of an earlier run does not count as taken; Kestrel listens in the same way.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            socket.Bind(new IPEndPoint(address, port));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            complaints.Add($"{protocol.ToString().ToUpperInvariant()} port {port} is taken by another program. Stop it, or choose another port: {flag} PORT.");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            complaints.Add($"{protocol.ToString().ToUpperInvariant()} port {port} needs more rights than this user has. Choose one above 1023: {flag} PORT.");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            complaints.Add($"This machine does not have the address {address} (flag --listen).");
        }
    }
}
