using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Net.Sip.Streams;
using Gateway.Net.Tracing;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>All the ways out: picks the listener or connection of a flow, and the name that our Via and Contact give for it. Thread-safe.</summary>
internal sealed class SipTransports(ConnectionTable connections, OutsideNames names, SignallingTrace trace) : ISipTransport
{
    private const int SipPort = 5060;
    private const int SipsPort = 5061;

    private readonly record struct Exit(UdpListener Listener, string Outside, string Inside);

    private ImmutableArray<Exit> _exits = [];
    private ImmutableArray<StreamListener> _streams = [];
    private string _forConnections = "localhost";

    /// <summary>What the paths take; null in tests without.</summary>
    public PathSizes? Sizes { get; init; }

    /// <summary>Opens TCP to the peer of a UDP flow; null in tests without connections.</summary>
    public Connector? Connector { get; set; }

    public void Use(SipListeners listeners) => Use(listeners.Udp, listeners.Streams);

    public void Use(IReadOnlyList<UdpListener> listeners, IReadOnlyList<StreamListener> streams)
    {
        _exits = [.. listeners.Select(listener => new Exit(listener, names.Of(listener.Local, listener.Advertise), names.Inside(listener.Local, listener.Advertise)))];
        _streams = [.. streams];
        // Any exit may be named to a WebSocket, which never uses it; the one that most peers could reach is the least odd.
        _forConnections = _exits.FirstOrDefault(exit => !IPAddress.IsLoopback(exit.Listener.Local.Address), _exits.FirstOrDefault()).Outside
            ?? (_streams.FirstOrDefault() is { } first ? names.Of(first.Local, first.Advertise) : _forConnections);
        Own = [.. _exits.Select(exit => exit.Listener).SelectMany(udp => names.All(SipTransport.Udp, udp.Local, udp.Advertise)).Concat(_streams.SelectMany(stream => names.All(stream.Transport, stream.Local, stream.Advertise)))];
    }

    /// <summary>Every address that we listen on, and what peers are told instead.</summary>
    public ImmutableArray<OwnAddress> Own { get; private set; } = [];

    /// <summary>Keeps what comes and goes.</summary>
    public SignallingTrace Trace => trace;

    public bool Send(in Flow flow, ReadOnlySpan<byte> message)
    {
        // Before it leaves: its answer may be here first.
        trace.Sent(flow, LocalOf(flow), message);
        return flow.Transport == SipTransport.Udp
            ? ListenerOf(flow) is { } exit && exit.Listener.Send(flow.Remote, message)
            : connections.Send(flow, message);
    }

    /// <summary>Sends bytes that are no SIP message over UDP: STUN and keep-alives, which no ladder shows.</summary>
    public bool SendRaw(in Flow flow, ReadOnlySpan<byte> bytes) => ListenerOf(flow) is { } exit && exit.Listener.Send(flow.Remote, bytes);

    /// <summary>Our end of a flow; null where it is not known.</summary>
    public IPEndPoint? LocalOf(in Flow flow) => flow.Transport == SipTransport.Udp ? ListenerOf(flow)?.Listener.Local : connections.LocalOf(flow);

    public string SentBy(in Flow flow)
    {
        if (flow.Transport is SipTransport.Tcp or SipTransport.Tls)
        {
            return connections.Find(flow) is StreamConnection connection
                ? connection.SentBy ??= SentByOf(connection)
                : SentByOf(flow.Transport, null, flow.Remote.Address);
        }

        if (flow.Transport != SipTransport.Udp || ListenerOf(flow) is not { } exit)
        {
            return _forConnections;
        }

        // A peer on this very host cannot always reach the public address.
        return IPAddress.IsLoopback(flow.Remote.Address) ? exit.Inside : exit.Outside;
    }

    public int LargestDatagram(in Flow flow) =>
        Sizes is { } sizes && ListenerOf(flow) is { } exit ? sizes.Largest(flow.Remote.Address, exit.Listener.CardMtu) : SipLimits.DatagramRequest;

    public bool TryReliable(in Flow flow, out Flow reliable)
    {
        reliable = default;
        return Connector is { } connector && connector.TryReliable(flow, out reliable);
    }

    /// <summary>The UDP flow to a remote: from the listener whose address its packets would leave from.</summary>
    public Flow UdpFlow(IPEndPoint remote)
    {
        var exits = _exits;
        var local = LocalToward(remote.Address);
        for (var i = 0; i < exits.Length; i++)
        {
            if (exits[i].Listener.Local.Address.Equals(local))
            {
                return new Flow(SipTransport.Udp, remote, i, 0);
            }
        }

        return new Flow(SipTransport.Udp, remote, -1, 0);
    }

    /// <summary>The listener's address that leads to a remote; null when none of the family does.</summary>
    public IPAddress? LocalToward(IPAddress remote)
    {
        var fitting = _exits.Select(exit => exit.Listener.Local.Address).Where(address => address.AddressFamily == remote.AddressFamily).ToList();
        if (fitting.Count > 1 && StreamSockets.LocalToward(remote) is { } routed && fitting.Contains(routed))
        {
            return routed;
        }

        return fitting.Find(address => IPAddress.IsLoopback(address) == IPAddress.IsLoopback(remote)) ?? (IPAddress.IsLoopback(remote) ? fitting.FirstOrDefault() : null);
    }

    public IPAddress? LocalAddress(in Flow flow) => flow.Transport == SipTransport.Udp
        ? ListenerOf(flow)?.Listener.Local.Address
        : (connections.Find(flow) as StreamConnection)?.Local ?? LocalToward(flow.Remote.Address);

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

    private string SentByOf(StreamConnection connection) => SentByOf(connection.Transport, connection.Local, connection.Remote.Address,
        connection is AcceptedConnection { LocalEndPoint: { } local } ? _streams.FirstOrDefault(listener => listener.Transport == connection.Transport && listener.Local.Equals(local)) : null);

    /// <summary>Where the peer reaches us anew when the connection is gone: the listener of its transport on its address.</summary>
    /// <param name="listener">The one that the peer connected to.</param>
    private string SentByOf(SipTransport transport, IPAddress? local, IPAddress remote, StreamListener? listener = null)
    {
        local ??= LocalToward(remote) ?? _exits.FirstOrDefault().Listener?.Local.Address ?? IPAddress.Loopback;
        listener ??= _streams.FirstOrDefault(one => one.Transport == transport && one.Local.Address.Equals(local))
            ?? _streams.FirstOrDefault(one => one.Transport == transport && one.Local.AddressFamily == local.AddressFamily)
            ?? _streams.FirstOrDefault(one => one.Transport == transport);
        var inside = new IPEndPoint(local, listener?.Local.Port ?? (transport == SipTransport.Tls ? SipsPort : SipPort));
        var advertise = listener?.Advertise ?? "";
        return IPAddress.IsLoopback(remote) ? names.Inside(inside, advertise) : names.Of(inside, advertise);
    }
}
