using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>All the ways out: picks the listener or connection of a flow, and the name that our Via gives for it. Thread-safe.</summary>
/// <remarks>TCP and TLS connections will stand in the connection table beside the WebSockets, with listeners of their own.</remarks>
internal sealed class SipTransports(ConnectionTable connections, IPAddress? publicAddress) : ISipTransport
{
    private readonly record struct Exit(UdpListener Listener, string Outside, string Inside);

    private ImmutableArray<Exit> _exits = [];
    private string _forConnections = "localhost";

    public void Use(IReadOnlyList<UdpListener> listeners)
    {
        _exits = [.. listeners.Select(listener => new Exit(listener, Outside(listener.Local), listener.Local.ToString()))];
        // Any exit may be named to a connection, which never uses it; the one that most peers could reach is the least odd.
        _forConnections = _exits.FirstOrDefault(exit => !IPAddress.IsLoopback(exit.Listener.Local.Address), _exits.FirstOrDefault()).Outside ?? _forConnections;
    }

    public bool Send(in Flow flow, ReadOnlySpan<byte> message) =>
        flow.Transport == SipTransport.Udp
            ? ListenerOf(flow) is { } exit && exit.Listener.Send(flow.Remote, message)
            : connections.Send(flow, message);

    public string SentBy(in Flow flow)
    {
        if (flow.Transport != SipTransport.Udp || ListenerOf(flow) is not { } exit)
        {
            return _forConnections;
        }

        // A peer on this very host cannot always reach the public address.
        return IPAddress.IsLoopback(flow.Remote.Address) ? exit.Inside : exit.Outside;
    }

    /// <summary>The listener of the flow; one of the same family when a restart changed their order.</summary>
    private Exit? ListenerOf(in Flow flow)
    {
        var exits = _exits;
        if (flow.Listener >= 0 && flow.Listener < exits.Length && exits[flow.Listener].Listener.Local.AddressFamily == flow.Remote.AddressFamily)
        {
            return exits[flow.Listener];
        }

        foreach (var exit in exits)
        {
            if (exit.Listener.Local.AddressFamily == flow.Remote.AddressFamily)
            {
                return exit;
            }
        }

        return null;
    }

    private string Outside(IPEndPoint local)
    {
        var address = publicAddress is { } known && known.AddressFamily == local.AddressFamily && !IPAddress.IsLoopback(local.Address)
            ? known
            : local.Address;
        // A scope id means something on this host only.
        if (address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 })
        {
            address = new IPAddress(address.GetAddressBytes());
        }

        return new IPEndPoint(address, local.Port).ToString();
    }
}
