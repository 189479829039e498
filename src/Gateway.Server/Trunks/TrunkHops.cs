using System.Net;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>The way to a trunk's addresses: asks DNS, opens flows, and names them for people.</summary>
internal static class TrunkHops
{
    /// <summary>Addresses of one look-up that are tried.</summary>
    private const int Most = 8;

    /// <param name="done">On this loop, never inside this call.</param>
    public static void Find(LoopServices services, NextHopQuery query, Guid trunk, Action<NextHops> done)
    {
        if (services.NextHops is { } names)
        {
            names.Find(query, services.Scheduler, found => done(found with { Hops = [.. found.Hops.Take(Most).Select(hop => hop with { Trunk = trunk })] }));
            return;
        }

        var found = IPAddress.TryParse(query.Host, out var address)
            ? new NextHops([new NextHop(query.Transport ?? SipTransport.Udp, new IPEndPoint(address, PortOf(query)), query.Host) { Trunk = trunk }])
            : new NextHops([], $"{query.Host} is a name, and there is no DNS here");
        services.Scheduler.Post(() => done(found));
    }

    /// <summary>The flow to a hop; what comes back by it is the trunk's.</summary>
    public static Flow Open(LoopServices services, NextHop hop)
    {
        var flow = services.Connector?.Open(hop) ?? new Flow(hop.Transport, hop.Remote, 0, 0);
        if (flow.Connection != 0 && hop.Trunk is { } trunk)
        {
            services.TrunkSources.Opened(flow.Connection, trunk);
        }

        return flow;
    }

    /// <summary>What a hop answered is remembered: 503 says that it cannot serve, and for how long (RFC 3261 §21.5.4); anything else says that it is there.</summary>
    public static void Heard(LoopServices services, NextHop hop, SipResponse response)
    {
        if (response.StatusCode != 503)
        {
            services.NextHops?.Answered(hop);
            return;
        }

        services.NextHops?.Failed(hop, response.TryGetNumber(HeaderId.RetryAfter, out var seconds) ? TimeSpan.FromSeconds(seconds) : null);
    }

    /// <summary>192.0.2.1:5060 (UDP).</summary>
    public static string Words(NextHop hop) => $"{hop.Remote} ({NameOf(hop.Transport)})";

    public static string NameOf(SipTransport transport) => transport switch
    {
        SipTransport.Tcp => "TCP",
        SipTransport.Tls => "TLS",
        SipTransport.Ws => "WS",
        SipTransport.Wss => "WSS",
        _ => "UDP",
    };

    /// <summary>Why a hop could not be used.</summary>
    public static string WhyFailed(LoopServices services, NextHop hop, in Flow flow, TransactionFailure failure) => failure switch
    {
        TransactionFailure.Timeout => $"no answer from {Words(hop)}",
        _ when services.Connector?.WhyClosed(flow) is { Length: > 0 } reason =>
            reason.Contains(hop.Remote.ToString(), StringComparison.Ordinal) ? reason : $"{Words(hop)}: {reason}",
        _ => $"{Words(hop)} cannot be reached: the connection or the network refused it",
    };

    private static int PortOf(NextHopQuery query) => query.Port != 0 ? query.Port : query.Transport == SipTransport.Tls ? 5061 : 5060;
}
