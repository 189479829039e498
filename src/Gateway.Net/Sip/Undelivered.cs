using System.Net;
using System.Net.Sockets;
using Gateway.Net.Sip.Streams;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>
/// Hands ICMP errors to the loops, whose requests to a dead address then fail at once (RFC 3261 §18.4). Only as many a second
/// as honest peers cause: anybody can send them. Thread-safe.
/// </summary>
internal sealed class Undelivered(SipLoop[] loops, Connector connector, PathSizes sizes, LoopClock clock, NetMetrics metrics)
{
    private const int PerSecond = 200;

    private readonly Lock _gate = new();
    private TimeSpan _second;
    private int _count;

    public void Take(int listener, IPEndPoint remote, ReadOnlySpan<byte> quoted, SocketError why, int mtu)
    {
        if (quoted.StartsWith("SIP/2.0 "u8))
        {
            // Nobody waits for the fate of an answer.
            metrics.Undelivered("answer");
            return;
        }

        if (!MayTell())
        {
            metrics.Undelivered("flood");
            return;
        }

        var flow = new Flow(SipTransport.Udp, remote, listener, 0);
        var beginning = quoted.ToArray();
        if (why == SocketError.MessageSize)
        {
            metrics.Undelivered("size");
            sizes.Learn(remote.Address, mtu);
            foreach (var loop in loops)
            {
                loop.Post(() => loop.Core?.Transactions.TooLarge(flow, beginning, clock.Now));
            }

            return;
        }

        metrics.Undelivered("told");
        connector.Undelivered(remote, why);
        foreach (var loop in loops)
        {
            loop.Post(() => loop.Core?.Unreachable(flow, beginning, clock.Now));
        }
    }

    private bool MayTell()
    {
        lock (_gate)
        {
            var now = clock.Now;
            if (now - _second >= TimeSpan.FromSeconds(1))
            {
                (_second, _count) = (now, 0);
            }

            return ++_count <= PerSecond;
        }
    }
}
