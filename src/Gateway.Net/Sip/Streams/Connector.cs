using System.Net;
using System.Net.Sockets;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// Opens ways out. A connection is used again only for the same address, transport, name, trunk and TLS settings that it was
/// made and checked for (RFC 5922 §7, THREATS 41). Remembers for a while why connections ended. Thread-safe.
/// </summary>
internal sealed class Connector(
    StreamHost streams, SipTransports transports, ConnectionAliases aliases, ConfigurationDirectory configuration, NetOptions options, TimeProvider time, ILogger logger) : IConnector
{
    private const int MostRemembered = 4096;

    /// <summary>A datagram that waits for TCP waits no longer than this.</summary>
    private static readonly TimeSpan s_switchTime = TimeSpan.FromSeconds(1);

    /// <summary>A peer that refused TCP is not asked again for so long.</summary>
    private static readonly TimeSpan s_refusalKept = TimeSpan.FromMinutes(10);

    /// <summary>An ICMP error explains failures for so long.</summary>
    private static readonly TimeSpan s_errorKept = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_logEvery = TimeSpan.FromMinutes(1);

    private readonly record struct Key(SipTransport Transport, IPEndPoint Remote, string Name, Guid? Trunk);

    private readonly record struct Note(string Words, bool IsOurs, NextHop? Again);

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, DialledConnection> _open = [];
    private readonly Dictionary<long, Note> _notes = [];
    private readonly Queue<long> _noteOrder = [];
    private readonly Dictionary<IPEndPoint, TimeSpan> _withoutTcp = [];
    private readonly Dictionary<IPEndPoint, (TimeSpan At, string Words)> _undelivered = [];
    private readonly Dictionary<string, TimeSpan> _logged = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Keeps UDP flows open; null in tests without.</summary>
    public FlowKeeper? Keeper { get; set; }

    public Flow Open(NextHop hop)
    {
        if (hop.Transport == SipTransport.Udp)
        {
            return transports.UdpFlow(Plain(hop.Remote));
        }

        if (Aliased(hop) is { } theirs)
        {
            return theirs.Flow;
        }

        var connection = Get(hop, options.ConnectTime);
        connection.Start();
        return connection.Flow;
    }

    public Flow Later(NextHop hop) =>
        hop.Transport == SipTransport.Udp ? transports.UdpFlow(Plain(hop.Remote)) : Aliased(hop)?.Flow ?? Get(hop, options.ConnectTime).Flow;

    public Flow? Again(in Flow closed, NextHop? listens)
    {
        lock (_gate)
        {
            if (_notes.TryGetValue(closed.Connection, out var note) && note.IsOurs)
            {
                listens = note.Again;
            }
        }

        return listens is null ? null : Later(listens);
    }

    public string? WhyClosed(in Flow flow)
    {
        lock (_gate)
        {
            if (flow.Transport == SipTransport.Udp)
            {
                return _undelivered.TryGetValue(flow.Remote, out var last) && streams.Now - last.At < s_errorKept ? last.Words : null;
            }

            return _notes.TryGetValue(flow.Connection, out var note) ? note.Words : null;
        }
    }

    public void Keep(in Flow flow, TimeSpan time)
    {
        if (flow.Transport == SipTransport.Udp)
        {
            Keeper?.Keep(flow, streams.Now + time, streams.Now);
        }
    }

    public IPAddress? LocalAddress(in Flow flow) => transports.LocalAddress(flow);

    /// <summary>A TCP flow to the peer of a UDP flow, for a request that is too large for a datagram (RFC 3261 §18.1.1); false when it has refused TCP.</summary>
    public bool TryReliable(in Flow flow, out Flow reliable)
    {
        reliable = default;
        var remote = Plain(flow.Remote);
        lock (_gate)
        {
            if (_withoutTcp.TryGetValue(remote, out var until))
            {
                if (streams.Now < until)
                {
                    return false;
                }

                _withoutTcp.Remove(remote);
            }
        }

        var connection = Get(new NextHop(SipTransport.Tcp, remote, ""), s_switchTime);
        connection.Start();
        reliable = connection.Flow;
        return true;
    }

    /// <summary>A datagram could not be delivered.</summary>
    public void Undelivered(IPEndPoint remote, SocketError why)
    {
        lock (_gate)
        {
            if (_undelivered.Count >= MostRemembered)
            {
                _undelivered.Clear();
            }

            _undelivered[remote] = (streams.Now, why == SocketError.ConnectionRefused
                ? $"nothing listens on {remote} (UDP)"
                : $"there is no way to {remote} (UDP)");
        }
    }

    /// <summary>Before the loops hear of an end, so that what they open then is new.</summary>
    public void Ended(StreamConnection connection)
    {
        if (connection is not DialledConnection dialled)
        {
            if (connection is AcceptedConnection accepted)
            {
                aliases.Ended(accepted);
            }

            Remember(connection, null);
            return;
        }

        lock (_gate)
        {
            var key = KeyOf(dialled.Hop);
            if (_open.TryGetValue(key, out var known) && known == dialled)
            {
                _open.Remove(key);
            }
        }

        Remember(dialled, dialled.HasStood || dialled.IsUnused ? dialled.Hop : null);
        if (!dialled.HasStood && !dialled.IsUnused)
        {
            Failed(dialled);
        }
    }

    /// <summary>Closes what nobody uses any more.</summary>
    public void Sweep(TimeSpan now)
    {
        foreach (var connection in streams.Open)
        {
            if (connection is not DialledConnection dialled)
            {
                if (connection is AcceptedConnection { Peer: { } peer } && !peer.IsCurrent(configuration.Current))
                {
                    // What its certificate proved was read by other rules: it proves itself anew on the next.
                    connection.Cut(EndKind.Replaced, "the trunk has other settings now");
                }

                continue;
            }

            var quiet = now - dialled.LastMessage;
            if (!IsCurrent(dialled))
            {
                lock (_gate)
                {
                    if (_open.TryGetValue(KeyOf(dialled.Hop), out var known) && known == dialled)
                    {
                        _open.Remove(KeyOf(dialled.Hop));
                    }
                }

                if (quiet > StreamLimits.ReplacedIdle)
                {
                    dialled.Cut(EndKind.Replaced, "the trunk has other settings now");
                }
            }
            else if (quiet > StreamLimits.Idle && (dialled.Hop.Trunk is null || dialled.IsUnused))
            {
                dialled.Cut(EndKind.Idle, "nothing was said for long");
            }
        }
    }

    private static Key KeyOf(NextHop hop) => new(hop.Transport, Plain(hop.Remote), hop.Name.ToLowerInvariant(), hop.Trunk);

    private static IPEndPoint Plain(IPEndPoint remote) =>
        remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : new IPEndPoint(remote.Address, remote.Port);

    /// <summary>The peer's own connection (RFC 5923 §8.2), unless one of ours stands already.</summary>
    private AcceptedConnection? Aliased(NextHop hop)
    {
        if (aliases.Find(hop) is not { } theirs)
        {
            return null;
        }

        lock (_gate)
        {
            return _open.TryGetValue(KeyOf(hop), out var ours) && ours is { End: null, IsUnused: false } && ours.Tls == TlsOf(hop) ? null : theirs;
        }
    }

    private DialledConnection Get(NextHop hop, TimeSpan connectTime)
    {
        hop = hop with { Remote = Plain(hop.Remote) };
        var key = KeyOf(hop);
        var tls = TlsOf(hop);
        lock (_gate)
        {
            // A trunk that was deleted still takes its registration away, by the connection that it had.
            if (hop.Tls is null && _open.TryGetValue(key, out var known) && known.End is null && (known.Tls == tls || IsGone(hop)))
            {
                return known;
            }

            var connection = new DialledConnection(streams, hop, tls, transports.LocalToward(hop.Remote.Address), connectTime, time.GetUtcNow);
            if (hop.Tls is null)
            {
                _open[key] = connection;
            }

            return streams.Add(connection);
        }
    }

    private bool IsCurrent(DialledConnection connection) =>
        connection.Hop.Tls is null && (connection.Hop.Trunk is not { } id || (configuration.Current.Trunk(id) is not null && TlsOf(connection.Hop) == connection.Tls));

    private bool IsGone(NextHop hop) => hop.Trunk is { } id && configuration.Current.Trunk(id) is null;

    /// <summary>What applies to the hop now; nothing of it matters without TLS.</summary>
    private TrunkTls TlsOf(NextHop hop) =>
        hop.Tls ?? (hop.Transport == SipTransport.Tls && hop.Trunk is { } id && configuration.Current.Trunk(id) is { } trunk ? trunk.Tls : s_default);

    private static readonly TrunkTls s_default = new();

    private void Remember(StreamConnection connection, NextHop? again)
    {
        lock (_gate)
        {
            if (_notes.TryAdd(connection.Flow.Connection, new Note(connection.End!.Words, connection is DialledConnection, again)))
            {
                _noteOrder.Enqueue(connection.Flow.Connection);
                if (_noteOrder.Count > MostRemembered)
                {
                    _notes.Remove(_noteOrder.Dequeue());
                }
            }
        }
    }

    private void Failed(DialledConnection connection)
    {
        var now = streams.Now;
        lock (_gate)
        {
            if (connection.Hop is { Transport: SipTransport.Tcp, Name.Length: 0 })
            {
                Bound(_withoutTcp);
                _withoutTcp[connection.Hop.Remote] = now + s_refusalKept;
            }

            if (connection.Hop.Trunk is null || connection.End!.Kind == EndKind.Stopping
                || (_logged.TryGetValue(connection.Hop.Name, out var last) && now - last < s_logEvery))
            {
                return;
            }

            Bound(_logged);
            _logged[connection.Hop.Name] = now;
        }

        NetLog.CannotConnect(logger, connection.Hop.Name, connection.End!.Words);
    }

    private static void Bound<TKey>(Dictionary<TKey, TimeSpan> known) where TKey : notnull
    {
        if (known.Count >= MostRemembered)
        {
            known.Clear();
        }
    }
}
