using System.Net;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// The connections that peers opened and that requests to them may go back on (RFC 5923): what their Via calls <c>alias</c>, for
/// the address they came from and the port where they say they listen. Thread-safe.
/// </summary>
/// <remarks>
/// Over TLS only for a peer whose certificate proved whom it speaks for, and only for those names (§9.3, THREATS 41). Over TCP,
/// where nothing is proved, only if the options say so, and for addresses of trunks alone.
/// </remarks>
internal sealed class ConnectionAliases(NetOptions options)
{
    private const int SipPort = 5060;
    private const int SipsPort = 5061;

    private readonly record struct Key(SipTransport Transport, IPEndPoint Listens);

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, List<AcceptedConnection>> _known = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _known.Values.Sum(static all => all.Count);
            }
        }
    }

    /// <summary>A request came on the connection: if its Via offers an alias that may be had, there is one from now on.</summary>
    /// <param name="isTrunk">The peer's address is a trunk's.</param>
    public void Offered(AcceptedConnection connection, SipRequest request, Func<Flow, bool> isTrunk)
    {
        if (connection.Alias is not null || !MayAlias(connection, isTrunk) || !request.TopVia.TryGetParameter("alias"u8, out _))
        {
            return;
        }

        // §8.2: the address it came from, and the port of its sent-by.
        var port = request.TopVia.Port is var said and not 0 ? said : connection.Transport == SipTransport.Tls ? SipsPort : SipPort;
        var listens = new IPEndPoint(Plain(connection.Remote.Address), port);
        lock (_gate)
        {
            connection.Alias = listens;
            if (connection.End is not null)
            {
                return;
            }

            if (!_known.TryGetValue(new Key(connection.Transport, listens), out var all))
            {
                _known[new Key(connection.Transport, listens)] = all = [];
            }

            all.Add(connection);
        }
    }

    /// <summary>The newest connection of the peer that the hop leads to and that may stand for its name.</summary>
    public AcceptedConnection? Find(NextHop hop)
    {
        if (hop.Transport is not (SipTransport.Tcp or SipTransport.Tls) || hop.Tls is not null)
        {
            return null;
        }

        lock (_gate)
        {
            return _known.TryGetValue(new Key(hop.Transport, new IPEndPoint(Plain(hop.Remote.Address), hop.Remote.Port)), out var all)
                ? all.FindLast(connection => connection.End is null && SpeaksFor(connection, hop))
                : null;
        }
    }

    public void Ended(AcceptedConnection connection)
    {
        lock (_gate)
        {
            if (connection.Alias is { } listens && _known.TryGetValue(new Key(connection.Transport, listens), out var all) && all.Remove(connection) && all.Count == 0)
            {
                _known.Remove(new Key(connection.Transport, listens));
            }
        }
    }

    private bool MayAlias(AcceptedConnection connection, Func<Flow, bool> isTrunk) => connection.Transport == SipTransport.Tls
        ? connection.Peer is not null
        : options.AliasTcp && isTrunk(connection.Flow);

    /// <summary>§8.2 condition 2: the name that was resolved is one of the certificate's; whose trunk it is decides which issuer is trusted.</summary>
    private static bool SpeaksFor(AcceptedConnection connection, NextHop hop) => connection.Transport == SipTransport.Tcp
        || (connection.Peer is { } peer
            && peer.Identities.Names(hop.Name.Length > 0 ? hop.Name : hop.Remote.Address.ToString())
            && (hop.Trunk is { } trunk ? peer.Trunks.Any(one => one.Id == trunk) : peer.IsTrusted));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
