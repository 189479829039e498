using System.Net;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Testing.Server;

/// <summary>DNS as a table: what stands in it is answered in order, what does not is no such name. Addresses answer for themselves.</summary>
public sealed class FakeNextHops : INextHops
{
    private readonly Dictionary<string, NextHop[]> _names = [];

    public List<NextHopQuery> Asked { get; } = [];

    /// <param name="hops">address:port, over UDP or what stands behind a slash: 192.0.2.5:5060/tcp.</param>
    public void Set(string name, params string[] hops) => _names[name] = [.. hops.Select(hop => Parse(name, hop))];

    public void Find(NextHopQuery query, ILoopScheduler loop, Action<NextHops> done)
    {
        Asked.Add(query);
        var found = _names.TryGetValue(query.Host, out var hops) ? new NextHops([.. hops])
            : IPAddress.TryParse(query.Host, out var address) ? new NextHops([new NextHop(query.Transport ?? SipTransport.Udp, new IPEndPoint(address, query.Port == 0 ? 5060 : query.Port), query.Host)])
            : new NextHops([], $"There is no name {query.Host}");
        loop.Post(() => done(found));
    }

    private static NextHop Parse(string name, string text)
    {
        var parts = text.Split('/');
        return new NextHop(parts.Length > 1 ? Enum.Parse<SipTransport>(parts[1], ignoreCase: true) : SipTransport.Udp, IPEndPoint.Parse(parts[0]), name);
    }
}

/// <summary>Connections that exist because the test says so: each next hop over TCP or TLS gets one number.</summary>
public sealed class FakeConnector : IConnector
{
    private readonly Dictionary<NextHop, Flow> _open = [];
    private long _last = 1000;

    public Dictionary<long, string> Reasons { get; } = [];

    public List<NextHop> Opened { get; } = [];

    public Flow Open(NextHop hop)
    {
        if (hop.Transport == SipTransport.Udp)
        {
            return new Flow(SipTransport.Udp, hop.Remote, 0, 0);
        }

        if (!_open.TryGetValue(hop, out var flow))
        {
            Opened.Add(hop);
            _open[hop] = flow = new Flow(hop.Transport, hop.Remote, -1, ++_last);
        }

        return flow;
    }

    /// <summary>The next question opens another.</summary>
    public void Forget(Flow flow, string reason)
    {
        Reasons[flow.Connection] = reason;
        foreach (var (hop, open) in _open)
        {
            if (open == flow)
            {
                _open.Remove(hop);
            }
        }
    }

    public string? WhyClosed(in Flow flow) => Reasons.GetValueOrDefault(flow.Connection);

    public IPAddress? LocalAddress(in Flow flow) => IPAddress.Parse("192.0.2.1");
}
